"""Types and functions that a model file may refer to."""

from __future__ import annotations

from functools import cache

# plain data and estimators beside those on skops' own list; nothing that runs code by itself
_TYPES = [
    "sklearn_w2v.classifiers.blend.Blend",
    "sklearn_w2v.classifiers.linear_branch.Features",
    "sklearn_w2v.classifiers.linear_branch.LinearBranch",
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
def trusted_types() -> tuple[str, ...]:
    """Names as skops has them, with scikit-learn's splitters and the functions of its scorers."""
    from sklearn.metrics import get_scorer, get_scorer_names

    functions = {getattr(get_scorer(name), "_score_func", None) for name in get_scorer_names()}
    return (
        *_TYPES,
        *(f"sklearn.model_selection._split.{name}" for name in _SPLITTERS),
        *(f"{one.__module__}.{one.__name__}" for one in functions if one is not None),
    )
