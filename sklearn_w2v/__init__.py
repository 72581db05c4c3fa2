"""Transfer learning from word2vec into Keras text classifiers, for scikit-learn."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import datasets, distributed
    from .classifiers.cnn import W2VCNNClassifier
    from .classifiers.lstm import W2VLSTMClassifier
    from .features.indexer import W2VIndexer
    from .features.token_ids import TokenIds
    from .features.vectorizer import W2VVectorizer
    from .inspection.attribution import TokenAttribution, explain
    from .inspection.displays.attribution import TokenAttributionDisplay
    from .inspection.displays.coverage import CoverageDisplay
    from .inspection.displays.training_history import TrainingHistoryDisplay
    from .inspection.displays.word_shift import WordShiftDisplay
    from .inspection.report.page import write_report
    from .inspection.word_shift import word_shift
    from .persistence.model_file import load, read_card, save
    from .pipeline import make_w2v_pipeline
    from .stream import predict_iter
    from .text.token import Token
    from .text.tokenizer import JapaneseTokenizer
    from .vectors.trainer import Word2VecTrainer
    from .vectors.word_vectors import WordVectors

_HOMES = {
    "CoverageDisplay": "inspection.displays.coverage",
    "JapaneseTokenizer": "text.tokenizer",
    "Token": "text.token",
    "TokenAttribution": "inspection.attribution",
    "TokenAttributionDisplay": "inspection.displays.attribution",
    "TokenIds": "features.token_ids",
    "TrainingHistoryDisplay": "inspection.displays.training_history",
    "W2VCNNClassifier": "classifiers.cnn",
    "W2VIndexer": "features.indexer",
    "W2VLSTMClassifier": "classifiers.lstm",
    "W2VVectorizer": "features.vectorizer",
    "Word2VecTrainer": "vectors.trainer",
    "WordShiftDisplay": "inspection.displays.word_shift",
    "WordVectors": "vectors.word_vectors",
    "explain": "inspection.attribution",
    "load": "persistence.model_file",
    "make_w2v_pipeline": "pipeline",
    "predict_iter": "stream",
    "read_card": "persistence.model_file",
    "save": "persistence.model_file",
    "word_shift": "inspection.word_shift",
    "write_report": "inspection.report.page",
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
