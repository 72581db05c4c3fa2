"""One measurement of ``speed.py``, in a process of its own: ours or a peer.

``python benchmarks/_speed_peers.py JOB FOLDER '{"option": value}'`` prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

UNITS, BATCH, RATE = 100, 32, 1e-3


def load(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Documents as ids, their labels, and the table: row 0 is padding, row 1 unknown."""
    with np.load(folder / "documents.npz") as saved:
        ids, y, test, test_y = (saved[name] for name in ("ids", "y", "test", "test_y"))
    width = options.get("width") or ids.shape[1]
    n = options.get("n") or len(ids)
    while len(ids) < n:
        ids, y = np.concatenate([ids, ids]), np.concatenate([y, y])
    ids, test = ids[:n, :width], test[:, :width]
    longest = int((ids != 0).sum(axis=1).max())
    return {
        "ids": np.ascontiguousarray(ids[:, :longest]),
        "y": y[:n],
        "test": np.ascontiguousarray(test),
        "test_y": test_y,
        "classes": int(y.max()) + 1,
        "vectors": folder / options.get("vectors", "vectors.bin"),
    }


def table_of(path: Path) -> Any:
    """The whole table, as glue code holds it."""
    from gensim.models import KeyedVectors

    vectors = KeyedVectors.load_word2vec_format(os.fspath(path), binary=True).vectors
    rows = np.zeros((len(vectors) + 2, vectors.shape[1]), np.float32)
    rows[1], rows[2:] = vectors.mean(axis=0), vectors
    return rows


# ------------------------------------------------------------------ the same network, five ways
def ours(data: dict[str, Any], options: dict[str, Any]) -> Any:
    """`W2VLSTMClassifier`."""
    from sklearn_w2v import W2VLSTMClassifier, WordVectors

    clf = W2VLSTMClassifier(
        WordVectors.load(data["vectors"]),
        train_embeddings=options["trained"],
        units=UNITS,
        hidden=None,
        dropout=0.0,
        learning_rate=RATE,
        batch_size=BATCH,
        epochs=options["epochs"],
        random_state=0,
    )
    return clf, lambda: clf.fit(data["ids"], data["y"])


def keras_model(table: Any, classes: int, trained: bool) -> Any:
    """The network as Keras' documentation builds it."""
    import keras

    embedding = keras.layers.Embedding(*table.shape, mask_zero=True, trainable=trained)
    embedding.build(None)
    embedding.set_weights([table])
    ids = keras.Input((None,), dtype="int32")
    layers = [ids, embedding, keras.layers.LSTM(UNITS), keras.layers.Dense(classes, "softmax")]
    model = keras.Sequential(layers)
    optimizer = keras.optimizers.Adam(RATE)
    model.compile(
        optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    return model


class Keras:
    """Glue code done right: one table, documents padded to the longest, a mask."""

    def __init__(self, data: dict[str, Any], options: dict[str, Any]) -> None:
        self.data, self.options = data, options

    def fit(self) -> None:
        """Build and train."""
        data, options = self.data, self.options
        self.model = keras_model(data["table"], data["classes"], options["trained"])
        self.model.fit(
            data["ids"], data["y"], batch_size=BATCH, epochs=options["epochs"], verbose=0
        )

    def predict(self, X: Any) -> Any:
        """Most probable classes."""
        return self.model.predict(X, batch_size=BATCH, verbose=0).argmax(axis=1)


def glue(data: dict[str, Any], options: dict[str, Any]) -> Any:
    """Keras by hand."""
    import keras

    keras.utils.set_random_seed(0)
    data["table"] = table_of(data["vectors"])
    model = Keras(data, options)
    return model, model.fit


def scikeras(data: dict[str, Any], options: dict[str, Any]) -> Any:
    """The same model in scikeras' classifier."""
    from scikeras.wrappers import KerasClassifier

    table = table_of(data["vectors"])
    clf = KerasClassifier(
        model=lambda: keras_model(table, data["classes"], options["trained"]),
        epochs=options["epochs"],
        batch_size=BATCH,
        random_state=0,
        verbose=0,
    )
    return clf, lambda: clf.fit(data["ids"], data["y"])


def skorch(data: dict[str, Any], options: dict[str, Any]) -> Any:
    """The same network in PyTorch, with packed sequences."""
    import torch
    from skorch import NeuralNetClassifier

    torch.manual_seed(0)
    table = torch.from_numpy(table_of(data["vectors"]))

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding.from_pretrained(
                table, freeze=not options["trained"], padding_idx=0
            )
            self.lstm = torch.nn.LSTM(table.shape[1], UNITS, batch_first=True)
            self.output = torch.nn.Linear(UNITS, data["classes"])

        def forward(self, ids: Any) -> Any:
            lengths = (ids != 0).sum(dim=1).clamp(min=1)
            vectors = self.embedding(ids[:, : int(lengths.max())])
            packed = torch.nn.utils.rnn.pack_padded_sequence(
                vectors, lengths, batch_first=True, enforce_sorted=False
            )
            return self.output(self.lstm(packed)[1][0][-1])

    net = NeuralNetClassifier(
        Network,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=RATE,
        batch_size=BATCH,
        max_epochs=options["epochs"],
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    data["test"] = data["test"].astype(np.int64)
    return net, lambda: net.fit(data["ids"].astype(np.int64), data["y"].astype(np.int64))


# ------------------------------------------------------------------------------- for the scale
def words_of(folder: Path, options: dict[str, Any]) -> tuple[list[list[str]], list[list[str]]]:
    """Token lists of training and test documents."""
    train, test = json.loads((folder / "tokens.json").read_text(encoding="utf-8"))
    width = options.get("width")
    return [words[:width] for words in train], [words[:width] for words in test]


def fasttext(folder: Path, data: dict[str, Any], options: dict[str, Any]) -> Any:
    """fastText, supervised, from the same vectors' size on."""
    import fasttext as library

    train, test = words_of(folder, options)
    lines = [
        f"__label__{label} {' '.join(words)}".replace("\n", " ")
        for label, words in zip(data["y"], train, strict=True)
    ]
    path = folder / "fasttext.txt"
    path.write_text("\n".join(lines), encoding="utf-8")

    class Model:
        def fit(self) -> None:
            self.model = library.train_supervised(
                os.fspath(path), dim=300, epoch=options["epochs"], thread=2, verbose=0, lr=0.5
            )

        def predict(self, X: Any) -> Any:
            found = [self.model.f.predict(" ".join(words) + "\n", 1, 0.0, "") for words in test]
            return np.array([int(pairs[0][1].removeprefix("__label__")) for pairs in found])

    model = Model()
    return model, model.fit


def tfidf(folder: Path, data: dict[str, Any], options: dict[str, Any]) -> Any:
    """TF-IDF + LinearSVC."""
    from _common import tfidf as pipeline

    train, test = words_of(folder, options)
    model = pipeline()
    data["test"] = test
    return model, lambda: model.fit(train, data["y"])


def fit(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Seconds of a fit, and accuracy on held-out documents."""
    data = load(folder, options)
    peer = options["peer"]
    if peer in ("fastText", "TF-IDF + LinearSVC"):
        make = {"fastText": fasttext, "TF-IDF + LinearSVC": tfidf}[peer]
        model, run = make(folder, data, options)
    else:
        same = {"ours": ours, "Keras": glue, "scikeras": scikeras, "skorch": skorch}
        model, run = same[peer](data, options)
    started = time.perf_counter()
    run()
    seconds = time.perf_counter() - started
    if options.get("again"):  # what a second fit of the same architecture costs
        started = time.perf_counter()
        run()
        seconds = time.perf_counter() - started
    if not options.get("predict", True):
        return {"seconds": seconds, "n": len(data["ids"])}
    started = time.perf_counter()
    predicted = np.asarray(model.predict(data["test"]))
    return {
        "seconds": seconds,
        "predict": time.perf_counter() - started,
        "accuracy": float(np.mean(predicted == data["test_y"])),
        "n": len(data["ids"]),
    }


def shortcut(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Accuracy with and without what makes a fit faster."""
    from sklearn_w2v.networks import batches, projected_lstm
    from sklearn_w2v.networks.network import Network
    from sklearn_w2v.networks.training_loop import KerasSteps

    peer = options["peer"]
    if peer == "batches of any lengths":

        def plain(lengths: Any, size: int, random: Any) -> Any:
            order = random.permutation(len(lengths))
            return [order[start : start + size] for start in range(0, len(order), size)]

        batches.shuffled_batches = plain
    elif peer == "Keras' steps, dense Adam":
        Network.steps = lambda self: KerasSteps(self.model)  # type: ignore[method-assign]
    elif peer == "Keras' LSTM":
        import keras

        @keras.saving.register_keras_serializable("benchmark")
        class Plain(keras.layers.LSTM):
            def __init__(self, *args: Any, **params: Any) -> None:
                params.pop("right_padded", None)
                super().__init__(*args, **params)

        projected_lstm.ProjectedLSTM = Plain  # type: ignore[misc]
    data = load(folder, options)
    clf, run = ours(data, options)
    clf.set_params(random_state=options["seed"])
    started = time.perf_counter()
    run()
    seconds = time.perf_counter() - started
    predicted = clf.predict(data["test"])
    return {"seconds": seconds, "accuracy": float(np.mean(predicted == data["test_y"]))}


# -------------------------------------------------------------------------------------- search
def search(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """``GridSearchCV`` over trainability, three folds, two processes."""
    from sklearn.model_selection import GridSearchCV

    data = load(folder, options)
    if options["peer"] == "ours":
        clf, _ = ours(data, {**options, "trained": True})
        grid = {"train_embeddings": [True, False]}
    else:
        from scikeras.wrappers import KerasClassifier

        clf = KerasClassifier(
            model=keras_model,
            model__table=table_of(data["vectors"]),
            model__classes=data["classes"],
            model__trained=True,
            epochs=options["epochs"],
            batch_size=BATCH,
            random_state=0,
            verbose=0,
        )
        grid = {"model__trained": [True, False]}
    started = time.perf_counter()
    found = GridSearchCV(clf, grid, cv=3, n_jobs=2, error_score="raise").fit(data["ids"], data["y"])
    return {"seconds": time.perf_counter() - started, "accuracy": float(found.best_score_)}


# ------------------------------------------------------------------------- vectors and tokenizer
def vectors(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Seconds until a vectors file can be asked for a word."""
    path = folder / options["vectors"]
    started = time.perf_counter()
    if options["peer"] == "gensim":
        from gensim.models import KeyedVectors

        started = time.perf_counter()
        binary = path.suffix == ".bin"
        loaded: Any = KeyedVectors.load_word2vec_format(os.fspath(path), binary=binary)
    else:
        from sklearn_w2v import WordVectors

        started = time.perf_counter()
        loaded = WordVectors.load(path)
    assert loaded[options["word"]] is not None
    return {"seconds": time.perf_counter() - started}


def tokenizers() -> dict[str, Callable[[list[str]], Any]]:
    """Ways to cut texts into words."""
    import fugashi
    import unidic_lite

    from sklearn_w2v import JapaneseTokenizer

    def mecab(texts: list[str]) -> Any:
        tagger = fugashi.GenericTagger(f'-r /dev/null -d "{unidic_lite.DICDIR}" -Owakati')
        return [tagger.parse(text).split() for text in texts]

    def nodes(texts: list[str]) -> Any:
        tagger = fugashi.Tagger(f'-d "{unidic_lite.DICDIR}"')
        return [
            [
                node.feature.orthBase or node.surface
                for node in tagger(text)
                if node.feature.pos1 in ("名詞", "動詞", "形容詞", "副詞")
            ]
            for text in texts
        ]

    def sudachi(texts: list[str]) -> Any:
        from sudachipy import Dictionary

        tokenizer = Dictionary().create()
        # it takes 49,149 bytes at most
        return [[word.surface() for word in tokenizer.tokenize(text[:16_000])] for text in texts]

    def janome(texts: list[str]) -> Any:
        from janome.tokenizer import Tokenizer

        tokenizer = Tokenizer()
        return [list(tokenizer.tokenize(text, wakati=True)) for text in texts]

    def own(n_jobs: int | None = None, **params: Any) -> Callable[[list[str]], Any]:
        return lambda texts: JapaneseTokenizer(n_jobs=n_jobs, **params).transform(texts)

    return {
        "MeCab, -Owakati": mecab,
        "ours, surfaces": own(form="surface", pos=None),
        "ours, base forms of content words": own(),
        "ours, base forms of content words, n_jobs=2": own(n_jobs=2),
        "MeCab's nodes, base forms of content words": nodes,
        "SudachiPy, surfaces": sudachi,
        "Janome, surfaces": janome,
    }


def tokenizer(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Seconds for texts, all started processes and dictionaries warm."""
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))[: options["n"]]
    run = tokenizers()[options["peer"]]
    run(texts[: 2500 if "n_jobs" in options["peer"] else 3])
    started = time.perf_counter()
    run(texts)
    return {"seconds": time.perf_counter() - started, "n": len(texts)}


# ---------------------------------------------------------------------------------- prediction
def predict(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Latency of one short text through the whole loaded pipeline, and documents a second."""
    import pickle

    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))[:300]
    short = [text[:60] for text in texts]
    data = load(folder, {**options, "width": 400})
    if options["peer"] == "ours":
        from sklearn.pipeline import make_pipeline

        from sklearn_w2v import JapaneseTokenizer, W2VIndexer

        clf, run = ours(data, {**options, "trained": False, "epochs": 1})
        run()
        ids = W2VIndexer(clf.vectors, maxlen=400, match="exact").fit([["の"]])
        model = pickle.loads(pickle.dumps(make_pipeline(JapaneseTokenizer(), ids, clf)))
        one: Callable[[str], Any] = lambda text: model.predict([text])  # noqa: E731
    else:
        import fugashi

        clf, run = glue(data, {**options, "trained": False, "epochs": 1})
        run()
        tagger = fugashi.Tagger()
        from gensim.models import KeyedVectors

        index = KeyedVectors.load_word2vec_format(
            os.fspath(data["vectors"]), binary=True
        ).key_to_index

        def one(text: str) -> Any:
            row = [index.get(n.feature.orthBase or n.surface, -1) + 2 for n in tagger(text)]
            padded = np.zeros((1, 400), np.int32)
            padded[0, : len(row)] = np.maximum(row, 1)
            return clf.predict(padded)

    for text in short[:10]:
        one(text)
    times = []
    for text in short:
        started = time.perf_counter()
        one(text)
        times.append(time.perf_counter() - started)
    many = np.tile(data["ids"], (options["copies"], 1))
    started = time.perf_counter()
    clf.predict(many)
    rate = len(many) / (time.perf_counter() - started)
    return {
        "seconds": float(np.percentile(times, 50)),
        "p99": float(np.percentile(times, 99)),
        "rate": rate,
    }


def product(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """FLOP a second of one large product: a bound for any network."""
    import tensorflow as tf

    size = 2048
    matrix = tf.random.normal([size, size])
    multiply = tf.function(lambda a: tf.matmul(a, a))
    multiply(matrix)
    times = []
    for _ in range(20):
        started = time.perf_counter()
        multiply(matrix).numpy()
        times.append(time.perf_counter() - started)
    return {"seconds": float(np.median(times)), "flops": 2 * size**3 / float(np.median(times))}


JOBS = {
    "fit": fit,
    "shortcut": shortcut,
    "search": search,
    "vectors": vectors,
    "tokenizer": tokenizer,
    "predict": predict,
    "product": product,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    print(json.dumps(JOBS[sys.argv[1]](Path(sys.argv[2]), json.loads(sys.argv[3]))))
