"""Work that is killed: conversion, save, training, search; and checks of the files it leaves."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import joblib
import numpy as np
from _kills import in_child

_WORDS, _DIM = 5_000, 50


class Scene:
    """One kind of work on files in a folder; done as often as asked.

    Parameters
    ----------
    folder : Path
        Folder for all of its files; empty at first.
    """

    name = ""
    imports: tuple[str, ...] = ("sklearn_w2v.vectors.word_vectors",)  # imported before all forks

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        for module in self.imports:
            import_module(module)
        self.prepare()

    def prepare(self) -> None:
        """Write what the work needs, once."""

    def reset(self) -> None:
        """Prepare a run: results of earlier runs are removed or put back to the old ones."""

    def act(self) -> None:
        """Do the work."""

    def check(self) -> None:
        """Check the files after a kill; raises if they are not valid."""

    def run(self) -> None:
        """Do the work with temporary files in this folder; for a forked process."""
        import tempfile

        tempfile.tempdir = str(self.temporary)
        os.environ["SKLEARN_W2V_CACHE"] = str(self.folder / "cache")
        self.act()

    def leftovers(self) -> list[str]:
        """Names of temporary files and folders."""
        names = [path for path in self.folder.rglob("*") if path.name.startswith((".tmp-", "tmp-"))]
        return [str(path) for path in [*names, *self.temporary.iterdir()]]

    def age(self) -> None:
        """Let all temporary files be an hour old."""
        hour = time.time() - 3_600
        for name in self.leftovers():
            for path in [*Path(name).rglob("*"), Path(name)]:
                with contextlib.suppress(FileNotFoundError):
                    os.utime(path, (hour, hour))


def write_vectors(path: Path, seed: int, words: int = _WORDS, dim: int = _DIM) -> None:
    """Write random vectors as word2vec binary."""
    rows = np.random.default_rng(seed).normal(size=(words, dim)).astype("<f4")
    with open(path, "wb") as file:
        file.write(f"{words} {dim}\n".encode())
        for number, row in enumerate(rows):
            file.write(f"w{number} ".encode() + row.tobytes())


class Conversion(Scene):
    """The first opening of a vectors file, with an earlier form of it in the cache."""

    name = "conversion of vectors"

    def prepare(self) -> None:
        write_vectors(self.folder / "v.bin", 1)
        rows = np.random.default_rng(1).normal(size=(_WORDS, _DIM)).astype("<f4")
        self.expected = hashlib.sha256(rows.tobytes()).hexdigest()

    def reset(self) -> None:
        shutil.rmtree(self.folder / "cache" / "vectors", ignore_errors=True)

    def act(self) -> None:
        from sklearn_w2v import WordVectors

        vectors = WordVectors.load(self.folder / "v.bin")
        assert hashlib.sha256(vectors.vectors.tobytes()).hexdigest() == self.expected
        assert vectors.find(["w7", "nothing"]).tolist() == [7, -1]
        assert len(vectors) == _WORDS

    def check(self) -> None:
        for form in (self.folder / "cache" / "vectors").glob("[!t]*"):  # not tmp-
            from sklearn_w2v.vectors.folder import FolderStore

            store = FolderStore(form)
            assert hashlib.sha256(store.matrix.tobytes()).hexdigest() == self.expected


class Save(Scene):
    """A model file that replaces an older one."""

    name = "save over a former model"
    imports = ("sklearn_w2v.classifiers.lstm", "sklearn_w2v.persistence.model_file", "skops.io")

    _files: ClassVar[dict[str, bytes]] = {}  # fitted once for all scenes

    def prepare(self) -> None:
        if not Save._files:
            done = in_child(self._fit)
            if done.error:
                raise RuntimeError(done.error)
            Save._files.update(
                (kind, (self.folder / f"{kind}.w2v").read_bytes()) for kind in ("old", "new")
            )
        for kind, model in Save._files.items():
            (self.folder / f"{kind}.w2v").write_bytes(model)
        from sklearn_w2v import load

        self.old = (self.folder / "old.w2v").read_bytes()
        self.model = load(self.folder / "new.w2v")
        self.weights = _weights(load(self.folder / "old.w2v")), _weights(self.model)

    def _fit(self) -> None:
        from sklearn_w2v import make_w2v_pipeline, save

        for kind, seed in (("old", 0), ("new", 1)):
            model = make_w2v_pipeline(tokenizer=None, random_state=seed, epochs=1, units=8)
            model.fit(_TEXTS, _LABELS)
            save(model, self.folder / f"{kind}.w2v")

    def reset(self) -> None:
        (self.folder / "model.w2v").write_bytes(self.old)

    def act(self) -> None:
        from sklearn_w2v import save

        save(self.model, self.folder / "model.w2v")

    def check(self) -> None:
        from sklearn_w2v import load

        found = _weights(load(self.folder / "model.w2v"))
        assert found in self.weights, "neither the old model nor the new one"


def _weights(model: Any) -> str:
    """Hash of everything that a model has learnt; the model is loaded and not used yet."""
    classifier = model.named_steps["clf"]
    learnt = classifier._network, classifier._blend.branch.__dict__, model.named_steps["ids"]._used
    return str(joblib.hash(learnt))


class Training(Scene):
    """``sklearn-w2v vectors train`` onto an existing vectors file."""

    name = "vectors train over a former file"
    imports = ("sklearn_w2v.cli.app", "sklearn_w2v.cli.vector_training", "gensim.models")

    def prepare(self) -> None:
        random = np.random.default_rng(0)
        lines = [" ".join(f"w{n}" for n in random.zipf(1.5, 20) % 200) for _ in range(400)]
        (self.folder / "text.txt").write_text("\n".join(lines))
        self.target = self.folder / "out.bin"
        self.old = b"1 2\na " + np.zeros(2, "<f4").tobytes()
        done = in_child(self.run)
        if done.error:
            raise RuntimeError(done.error)
        self.new = self.target.read_bytes()

    def reset(self) -> None:
        self.target.write_bytes(self.old)

    def act(self) -> None:
        from sklearn_w2v.cli.app import main

        sys.argv = ["sklearn-w2v", "vectors", "train", str(self.folder / "text.txt")]
        sys.argv += [
            "--out",
            str(self.target),
            "--tokenizer",
            "blanks",
            "--size",
            "20",
            "--epochs",
            "2",
        ]
        sys.argv += ["--seed", "0", "--quiet"]
        with contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                main()
            except SystemExit as error:
                if error.code:
                    raise RuntimeError(said.getvalue()) from error

    def check(self) -> None:
        assert self.target.read_bytes() in (self.old, self.new), (
            "neither the old file nor the new one"
        )


class Search(Scene):
    """A grid search whose pipeline keeps its first steps in a folder."""

    name = "search with memory"
    imports = ("sklearn.linear_model", "sklearn.model_selection", "sklearn_w2v.features.vectorizer")

    def prepare(self) -> None:
        write_vectors(self.folder / "v.bin", 2, words=300, dim=10)
        done = in_child(self.run)
        if done.error:
            raise RuntimeError(done.error)
        self.expected = np.load(self.folder / "scores.npy")

    def reset(self) -> None:
        shutil.rmtree(self.folder / "memory", ignore_errors=True)
        (self.folder / "scores.npy").unlink(missing_ok=True)

    def act(self) -> None:
        scores = self.search().cv_results_["mean_test_score"]
        expected = getattr(self, "expected", scores)
        np.testing.assert_array_equal(scores, expected)
        np.save(self.folder / "scores.npy", scores)

    def search(self) -> Any:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV
        from sklearn.pipeline import Pipeline

        from sklearn_w2v import W2VIndexer, W2VVectorizer

        steps = [
            ("ids", W2VIndexer(str(self.folder / "v.bin"), maxlen=8, random_state=0)),
            ("rows", W2VVectorizer()),
            ("clf", LogisticRegression()),
        ]
        pipeline = Pipeline(steps, memory=str(self.folder / "memory"))
        grid = {"ids__min_count": [1, 2], "rows__pooling": ["mean", "max"], "clf__C": [1, 10]}
        return GridSearchCV(pipeline, grid, cv=2).fit(_TEXTS, _LABELS)


class NetworkSearch(Search):
    """The same with a network, which takes seconds."""

    name = "search of a network with memory"
    imports = (*Search.imports, "sklearn_w2v.classifiers.keras_training")

    def search(self) -> Any:
        from sklearn.model_selection import GridSearchCV

        from sklearn_w2v import make_w2v_pipeline

        pipeline = make_w2v_pipeline(
            str(self.folder / "v.bin"),
            tokenizer=None,
            memory=str(self.folder / "memory"),
            random_state=0,
            epochs=1,
            units=4,
            bow=None,
        )
        return GridSearchCV(pipeline, {"ids__min_count": [1, 2]}, cv=2).fit(_TEXTS, _LABELS)


_RANDOM = np.random.default_rng(0)
_LABELS = [number % 2 for number in range(60)]
_TEXTS = [
    " ".join(f"w{n}" for n in _RANDOM.integers(150 * label, 150 * label + 250, 8) % 300)
    for label in _LABELS
]
SCENES = {
    "conversion": Conversion,
    "save": Save,
    "training": Training,
    "search": Search,
    "network-search": NetworkSearch,
}
