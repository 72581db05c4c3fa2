"""Predict where nothing that trains is imported, or even installed: python prediction.py FOLDER.

The folder has models (``*.w2v``), what they predicted when they were trained (``*.npy``), and
``texts.csv`` with the columns text and label. It needs no pytest.
"""

from __future__ import annotations

import io
import multiprocessing
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

HEAVY = "gensim", "keras", "scikeras", "tensorflow"


def command(*arguments: Any, stdin: str = "") -> str:
    """Run ``sklearn-w2v`` in this process; return its output."""
    from sklearn_w2v.cli.app import main

    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    before = sys.argv, sys.stdin, sys.stdout
    sys.argv = ["sklearn-w2v", *map(str, arguments)]
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin.encode())), "utf-8")
    sys.stdout = out
    try:
        main()
    except SystemExit as left:
        if left.code:
            raise RuntimeError(f"{arguments} ended with {left.code}") from left
    finally:
        sys.argv, sys.stdin, sys.stdout = before
    out.flush()
    return out.buffer.getvalue().decode()


def check_python(path: Path, texts: list[str]) -> Any:
    """Load, predict, explain and look at a model, as a user does."""
    from sklearn.base import clone, is_classifier

    from sklearn_w2v import explain, load, predict_iter, read_card

    model = load(path)
    expected = np.load(path.with_suffix(".npy"))
    assert np.array_equal(model.predict_proba(texts), expected), path
    assert list(predict_iter(model, texts)) == model.predict(texts).tolist()
    for method in ("integrated_gradients", "occlusion"):
        for one in explain(model, texts[:2], method=method):
            assert abs(one.residual) < 0.1 * max(1.0, abs(one.score)) or method == "occlusion"
    assert read_card(path).startswith("#")
    clf = model[-1]
    assert is_classifier(clf)
    assert is_classifier(model)
    assert clone(clf).get_params() == clf.get_params()
    assert type(clf).__name__ in repr(clf)
    assert "classes_" in model._repr_html_()
    assert isinstance(clf.history_, dict)
    assert clf.bow_weights_ is None or len(clf.bow_weights_) == 2
    assert len(clf.word_vectors_) > 0
    return model


def check_forks(model: Any, texts: list[str], expected: np.ndarray) -> None:
    """Predict in processes that are forked after the first prediction."""
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: of threads and forks
        with context.Pool(2) as pool:
            for one in pool.map(model.predict_proba, [texts] * 4):
                assert np.array_equal(one, expected)


def check_commands(path: Path, folder: Path, texts: list[str]) -> None:
    """Run what the command line does with a model."""
    table = folder / "texts.csv"
    assert len(command("predict", path, stdin="\n".join(texts)).splitlines()) == len(texts) + 1
    assert "accuracy" in command("evaluate", path, table, "--json")
    assert command("explain", path, texts[0], "--json")
    assert command("tokenize", stdin=texts[0])
    vectors = folder / "vectors.txt"
    vectors.write_text("雨 1 0\n雪 1 0.5\n夏 -1 0\n", encoding="utf-8")
    assert "3" in command("vectors", "info", vectors)
    assert "雪" in command("vectors", "neighbors", vectors, "雨")


def check_training(model: Any, texts: list[str]) -> None:
    """See what is said where nothing that trains is installed."""
    ids, labels = model[:-1].transform(texts), ["wet", "dry"] * (len(texts) // 2)
    for one, documents in ((model, texts), (model[-1], ids)):
        try:
            one.fit(documents, labels)
        except ImportError as error:
            said = str(error)
        else:
            said = f"{type(one).__name__} was fitted"
        assert "pip install sklearn-w2v" in said, said
    from sklearn_w2v import W2VLSTMClassifier

    W2VLSTMClassifier(units=3)


def main(folder: Path) -> None:
    """Check all models of a folder."""
    lines = (folder / "texts.csv").read_text(encoding="utf-8").splitlines()[1:]
    texts = [line.split(",")[0] for line in lines]
    paths = sorted(folder.glob("*.w2v"))
    assert len(paths) >= 3, paths
    for path in paths:
        model = check_python(path, texts)
        check_commands(path, folder, texts)
    if "fork" in multiprocessing.get_all_start_methods():
        check_forks(model, texts, np.load(path.with_suffix(".npy")))
    imported = {name.partition(".")[0] for name in sys.modules} & set(HEAVY)
    assert not imported, f"prediction has imported {imported}"
    if find_spec("keras") is None:
        check_training(model, texts)
    print(f"{len(paths)} models predict; no {', '.join(HEAVY)} was imported")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
