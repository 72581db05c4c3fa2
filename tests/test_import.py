"""What importing costs, and what it says, in a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )


def test_the_package_imports_neither_tensorflow_nor_keras_nor_gensim():
    heavy = "{'tensorflow', 'keras', 'gensim', 'scikeras', 'sklearn', 'fugashi'}"
    done = run(f"import sys, sklearn_w2v; print({heavy} & set(sys.modules))")
    assert done.stdout.strip() == "set()"


def test_tokenizing_and_indexing_need_no_keras():
    done = run(
        "import sys\n"
        "from sklearn_w2v import JapaneseTokenizer, W2VIndexer, WordVectors\n"
        "tokens = JapaneseTokenizer().fit_transform(['雨が降る'])\n"
        "W2VIndexer(WordVectors(['雨'], [[1.0]])).fit_transform(tokens)\n"
        "print({'tensorflow', 'keras', 'gensim'} & set(sys.modules))"
    )
    assert done.stdout.strip() == "set()"


def test_every_public_name_is_there():
    import sklearn_w2v

    for name in sklearn_w2v.__all__:
        assert getattr(sklearn_w2v, name) is not None
        assert name in dir(sklearn_w2v)
    with pytest.raises(AttributeError, match="nonsense"):
        sklearn_w2v.nonsense  # noqa: B018


def test_no_chatter_reaches_the_user_from_import_to_prediction():
    done = run(
        "import warnings; warnings.simplefilter('ignore')\n"
        "from sklearn_w2v import W2VLSTMClassifier, WordVectors, TokenIds\n"
        "X = TokenIds([[2, 3], [3, 2]] * 8, WordVectors(['a', 'b'], [[1.0], [0.0]]))\n"
        "for pooling in ('last', 'max', 'attention'):\n"
        "    for width in (1, 2):\n"
        "        clf = W2VLSTMClassifier(pooling=pooling, units=2, epochs=2)\n"
        "        clf.fit(X[:, :width], [0, 1] * 8).predict(X[:, :width])\n"
    )
    assert done.stdout == ""
    assert done.stderr == ""


def test_errors_while_keras_is_imported_are_not_swallowed():
    done = subprocess.run(
        [sys.executable, "-c", "import sklearn_w2v.networks.backend"],
        capture_output=True,
        text=True,
        env={"KERAS_BACKEND": "nonsense", "PATH": ""},
        check=False,
    )
    assert done.returncode
    assert "nonsense" in done.stderr
