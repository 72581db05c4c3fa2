"""Ideas that the recipe does without: residual training, and vectors of the domain.

*Residual*: the network learns on top of the linear branch's out-of-fold logits, instead of
apart from them. *Domain vectors*: word2vec goes on training chiVe on the tokens of the
training documents and of unlabelled text (``Word2VecTrainer(initial_vectors=...)``), which
gives words rows by what is written, not by their lemma. Everything else is the recipe's, on
the same folds. Run as ``python benchmarks/ideas.py --data FOLDER``.
"""

from __future__ import annotations

import argparse
import json
import lzma
import tempfile
import time
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
from _common import ALIASES, CHIVE, machine, markdown, parser, write
from _corpora import CORPORA
from sklearn.metrics import accuracy_score

from sklearn_w2v import JapaneseTokenizer, Word2VecTrainer, WordVectors, make_w2v_pipeline
from sklearn_w2v.classifiers.blend_training import LinearDesign, LinearMembers
from sklearn_w2v.classifiers.inner_folds import inner_folds
from sklearn_w2v.classifiers.keras_training import new_optimizer
from sklearn_w2v.classifiers.training_set import TrainingSet
from sklearn_w2v.classifiers.weigher import Weigher
from sklearn_w2v.exceptions import TruncationWarning
from sklearn_w2v.features.flat_ids import FlatIds
from sklearn_w2v.features.token_ids import right_padded
from sklearn_w2v.networks.output import Output

RECIPE, RESIDUAL = "the recipe", "the recipe, network trained on the residual"
DOMAIN = "the recipe, domain vectors"
PATIENCE = 3


def residual(pipeline: Any, tokens: Any, y: Any, test: Any) -> dict[str, Any]:
    """Classes of test documents, with a network that was trained on the branch's residual.

    The branch, the held-out fold, the epochs and how both are weighed are the recipe's; only
    the training loss sees the branch's out-of-fold logits, too.
    """
    ids = pipeline["ids"].fit_transform(tokens)
    clf = pipeline["clf"]
    clf.initialize(ids, y)
    plain, lengths = right_padded(np.asarray(ids), 1)
    places = np.searchsorted(clf.classes_, y)
    documents = TrainingSet(plain, lengths, places, None)
    output = Output("softmax")
    design = LinearDesign("ngrams", clf.bow_C, len(clf.classes_), output, clf._seed, -1)
    members = LinearMembers(design, documents, FlatIds.of(plain, lengths), None, ids.vectors)
    folds = inner_folds(places, clf._seed, members.copies)
    decisions = np.empty((len(y), len(clf.classes_)), np.float32)
    for fold in folds:
        (decisions[fold[1]],) = members.decide([fold])
    offset = Weigher(places, None, output).weigh(decisions).factors[0] * decisions
    train, held = folds[0]
    network = clf._built_network()
    short = documents.cut(network.design.maxlen)
    rows = network.table.rows.rows(short.ids)
    words, more = keras.Input((None,), dtype="int32"), keras.Input((decisions.shape[1],))
    mask = keras.ops.not_equal(words, 0)
    logits = network.head([network.embedding(words), mask]) + more
    model = keras.Model([words, more], logits)
    model.compile(
        new_optimizer(clf),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    weigher = Weigher(places[held], None, output)
    best, weights, last = weigher.weigh(decisions[held]), None, 0
    for epoch in range(clf.epochs):
        model.fit(
            [rows[train], offset[train]],
            places[train],
            batch_size=clf.batch_size,
            verbose=0,
        )
        seen = weigher.weigh(
            decisions[held], clf._inference().logits(short.ids[held], short.lengths[held])
        )
        if seen.loss < best.loss:
            best, weights, last = seen, model.get_weights(), epoch
        elif epoch - last >= PATIENCE:
            break
    scale, *others = best.factors
    weight = others[0] if others else 0.0
    if weights is not None:
        model.set_weights(weights)
    new = pipeline["ids"].transform(test)
    ids_test, lengths_test = right_padded(np.asarray(new), 1)
    (of_test,) = members.decide_new(FlatIds.of(ids_test, lengths_test))
    out = scale * of_test
    if weight:
        cut = TrainingSet(ids_test, lengths_test, lengths_test, None).cut(network.design.maxlen)
        out = out + weight * clf._inference().logits(cut.ids, cut.lengths, new.vectors)
    return {"predicted": clf.classes_[out.argmax(1)], "weight": weight}


def recipe(vectors: Any, seed: int, **params: Any) -> Any:
    """The recipe on token lists."""
    return make_w2v_pipeline(vectors, tokenizer=None, random_state=seed, **params)


def domain_vectors(vectors: WordVectors, texts: list[list[str]], data: Path, n: int) -> WordVectors:
    """ChiVe after more training on token lists and on paragraphs without labels."""
    tokenizer = JapaneseTokenizer(form="surface", pos=None, n_jobs=2)
    with lzma.open(data / "aozora-corpus" / "corpus.txt.xz", "rt", encoding="utf-8") as file:
        paragraphs = [line.strip() for line in islice(file, n)]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as corpus:
        for tokens in tokenizer.transform(paragraphs):
            corpus.write(" ".join(tokens) + "\n")
        corpus.flush()
        trainer = Word2VecTrainer(
            vector_size=vectors.dim,
            initial_vectors=vectors,
            corpus=corpus.name,
            epochs=2,
            min_count=5,
            n_jobs=2,
        )
        return trainer.fit([list(map(str, one)) for one in texts]).vectors_


def run(name: str, args: argparse.Namespace) -> None:
    """Some folds of one corpus."""
    corpus = CORPORA[name][1](args.data)
    vectors = WordVectors.load(args.data / CHIVE, aliases=args.data / ALIASES)
    tokens = np.empty(len(corpus.texts), object)
    tokens[:] = recipe_tokens(vectors, corpus.texts)

    def add(model: str, seed: int, predicted: Any, started: float, weight: float) -> None:
        row = {"corpus": name, "model": model, "seed": seed, "weight": weight}
        row["accuracy"] = float(accuracy_score(corpus.y[test], predicted))
        row["seconds"] = time.perf_counter() - started
        print(json.dumps(row), flush=True)
        with open(args.out / "ideas.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    for seed in args.seeds:
        for train, test in islice(corpus.splits(seed), args.folds):
            y = corpus.y[train]
            started = time.perf_counter()
            pipeline = recipe(vectors, seed).fit(tokens[train], y)
            predicted = pipeline.predict(tokens[test])
            add(RECIPE, seed, predicted, started, pipeline["clf"].bow_weights_[1])
            started = time.perf_counter()
            keras.utils.set_random_seed(seed)  # Model.fit shuffles by the global seed
            got = residual(recipe(vectors, seed), tokens[train], y, tokens[test])
            add(RESIDUAL, seed, got["predicted"], started, got["weight"])
            started = time.perf_counter()
            own = WordVectors.load(args.data / CHIVE)
            learnt = domain_vectors(own, tokens[train].tolist(), args.data, args.paragraphs)
            pipeline = recipe(learnt, seed).fit(tokens[train], y)
            predicted = pipeline.predict(tokens[test])
            add(DOMAIN, seed, predicted, started, pipeline["clf"].bow_weights_[1])


def recipe_tokens(vectors: WordVectors, texts: list[str]) -> list[list[str]]:
    """Tokens as the recipe has them."""
    tokens: list[list[str]] = make_w2v_pipeline(vectors)["tokens"].transform(texts)
    return tokens


def table(args: argparse.Namespace) -> None:
    """Write the table of all rows that are there."""
    lines = (args.out / "ideas.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    cells = []
    for name, (title, *_) in CORPORA.items():
        for model in (RECIPE, RESIDUAL, DOMAIN):
            mine = [row for row in rows if (row["corpus"], row["model"]) == (name, model)]
            if mine:
                accuracy = [row["accuracy"] for row in mine]
                used = sum(row["weight"] > 0 for row in mine)
                cells.append(
                    [
                        title,
                        model,
                        f"{np.mean(accuracy):.3f} ± {np.std(accuracy):.3f}",
                        f"{used} of {len(mine)}",
                        str(len({row["seed"] for row in mine})),
                        f"{np.mean([row['seconds'] for row in mine]):.0f}",
                    ]
                )
    note = (
        "Means and standard deviations over the first folds of each seed. Domain vectors: chiVe "
        "without aliases, 2 epochs over the training documents and "
        f"{args.paragraphs:,} paragraphs of the aozora corpus. Seconds: fit and predict of one "
        "fold, training of the vectors included, on a machine that other work shared.\n\n"
        f"{machine()}"
    )
    header = ["task", "model", "accuracy", "folds with network", "seeds", "seconds a fold"]
    write(
        args.out / "ideas.md", "Ideas that the recipe does without", note, [markdown(header, cells)]
    )


def main() -> None:
    """Run the corpora, and write the table."""
    options = parser(__doc__)
    options.add_argument("--corpora", nargs="+", choices=list(CORPORA), default=["poets", "moral"])
    options.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options.add_argument("--folds", type=int, default=2, help="of each seed")
    options.add_argument("--paragraphs", type=int, default=100_000, help="of unlabelled text")
    args = options.parse_args()
    warnings.simplefilter("ignore", TruncationWarning)
    args.out.mkdir(parents=True, exist_ok=True)
    kept = args.out / "ideas.jsonl"
    if kept.exists():  # rows of these corpora are replaced, others stay
        lines = kept.read_text(encoding="utf-8").splitlines(keepends=True)
        others = [line for line in lines if json.loads(line)["corpus"] not in args.corpora]
        kept.write_text("".join(others), encoding="utf-8")
    for name in args.corpora:
        run(name, args)
        table(args)


if __name__ == "__main__":
    main()
