"""Transfer learning from word2vec into Keras text classifiers, for scikit-learn."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import datasets, distributed
    from ._attribution import TokenAttribution, explain
    from ._attribution_display import TokenAttributionDisplay
    from ._classifier import W2VLSTMClassifier
    from ._cnn_classifier import W2VCNNClassifier
    from ._coverage_display import CoverageDisplay
    from ._displays import TrainingHistoryDisplay
    from ._indexer import W2VIndexer
    from ._persistence import load, read_card, save
    from ._pipeline import make_w2v_pipeline
    from ._report import write_report
    from ._stream import predict_iter
    from ._token_ids import TokenIds
    from ._tokenizer import JapaneseTokenizer
    from ._tokens import Token
    from ._vectorizer import W2VVectorizer
    from ._vectors import WordVectors
    from ._word2vec import Word2VecTrainer
    from ._word_shift import word_shift
    from ._word_shift_display import WordShiftDisplay

_HOMES = {
    "CoverageDisplay": "_coverage_display",
    "JapaneseTokenizer": "_tokenizer",
    "Token": "_tokens",
    "TokenAttribution": "_attribution",
    "TokenAttributionDisplay": "_attribution_display",
    "TokenIds": "_token_ids",
    "TrainingHistoryDisplay": "_displays",
    "W2VCNNClassifier": "_cnn_classifier",
    "W2VIndexer": "_indexer",
    "W2VLSTMClassifier": "_classifier",
    "W2VVectorizer": "_vectorizer",
    "Word2VecTrainer": "_word2vec",
    "WordShiftDisplay": "_word_shift_display",
    "WordVectors": "_vectors",
    "explain": "_attribution",
    "load": "_persistence",
    "make_w2v_pipeline": "_pipeline",
    "predict_iter": "_stream",
    "read_card": "_persistence",
    "save": "_persistence",
    "word_shift": "_word_shift",
    "write_report": "_report",
}

__all__ = [
    "CoverageDisplay",
    "JapaneseTokenizer",
    "Token",
    "TokenAttribution",
    "TokenAttributionDisplay",
    "TokenIds",
    "TrainingHistoryDisplay",
    "W2VCNNClassifier",
    "W2VIndexer",
    "W2VLSTMClassifier",
    "W2VVectorizer",
    "Word2VecTrainer",
    "WordShiftDisplay",
    "WordVectors",
    "datasets",
    "distributed",
    "explain",
    "load",
    "make_w2v_pipeline",
    "predict_iter",
    "read_card",
    "save",
    "word_shift",
    "write_report",
]


def __getattr__(name: str) -> Any:
    # names are imported when first used: tokenizing needs neither Keras nor gensim
    if name in ("datasets", "distributed"):
        return importlib.import_module(f".{name}", __name__)
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
