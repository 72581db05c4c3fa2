"""Types and functions that a model file may refer to."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import is_dataclass
from functools import cache

# plain data and estimators beside those on skops' own list; nothing that runs code by itself
_TYPES = [
    "sklearn_w2v.classifiers.blend.Blend",
    "sklearn_w2v.classifiers.linear_branch.Features",
    "sklearn_w2v.classifiers.linear_branch.LinearBranch",
    "sklearn_w2v.classifiers.mean_vectors.MeanVectors",
    "sklearn_w2v.classifiers.transfer.TransferProbe",
    "sklearn_w2v.classifiers.lstm.W2VLSTMClassifier",
    "sklearn_w2v.classifiers.cnn.W2VCNNClassifier",
    "sklearn_w2v.features.indexer.W2VIndexer",
    "sklearn_w2v.features.ngrams.NgramCounter",
    "sklearn_w2v.persistence.packed_store.PackedStore",
    "sklearn_w2v.pipeline._apply",
    "sklearn_w2v.pipeline._split",
    "sklearn_w2v.vectors.subwords.Subwords",
    "sklearn_w2v.classifiers.targets.Targets",
    "sklearn_w2v.text.tokenizer.JapaneseTokenizer",
    "sklearn_w2v.text.token.Token",
    "sklearn_w2v.vectors.cache.SourceStore",
    "sklearn_w2v.vectors.extension.ExtendedStore",
    "sklearn_w2v.vectors.store.MemoryStore",
    "sklearn_w2v.features.vectorizer.W2VVectorizer",
    "sklearn_w2v.vectors.word_vectors.WordVectors",
    "sklearn_w2v.vectors.trainer.Word2VecTrainer",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.metrics._scorer._CurveScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
]


# of a search's ``cv``
_SPLITTERS = (
    "GroupKFold",
    "GroupShuffleSplit",
    "KFold",
    "LeaveOneGroupOut",
    "PredefinedSplit",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "ShuffleSplit",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
)


@cache
def is_trusted(name: str) -> bool:
    """Whether a model file may refer to a type or function by itself.

    Besides `trusted_types`, these are the classes of this package that check their own saved
    state, and the dataclasses of its networks, which their classifiers check: who adds a
    network need not name it here.
    """
    if name in trusted_types():
        return True
    module, _, kind = name.rpartition(".")
    if not module.startswith("sklearn_w2v."):
        return False
    try:
        there = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the room is not there either
        there = False
    if not there:
        return False
    found = getattr(importlib.import_module(module), kind, None)
    if not isinstance(found, type):
        return False
    is_design = module.startswith("sklearn_w2v.networks.") and is_dataclass(found)
    return is_design or hasattr(found, "_check_saved_state")


@cache
def trusted_types() -> tuple[str, ...]:
    """Return the names of types and functions, scikit-learn's splitters and scorers included."""
    from sklearn.metrics import get_scorer, get_scorer_names

    scorers = [get_scorer(name) for name in get_scorer_names()]
    functions = [one._score_func for one in scorers if hasattr(one, "_score_func")]
    return (
        *_TYPES,
        *(f"sklearn.model_selection._split.{name}" for name in _SPLITTERS),
        *sorted({f"{one.__module__}.{one.__name__}" for one in functions}),
    )
