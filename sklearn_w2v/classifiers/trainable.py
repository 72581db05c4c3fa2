"""The classifiers for those who train them: importing this makes them ones of scikeras."""

from __future__ import annotations

from .cnn import W2VCNNClassifier as W2VCNNClassifier
from .lstm import W2VLSTMClassifier as W2VLSTMClassifier

try:
    from . import scikeras_adapter as scikeras_adapter
except ModuleNotFoundError as error:
    # an environment that predicts alone: `fit` says what is missing
    if error.name not in ("keras", "scikeras", "tensorflow"):
        raise
