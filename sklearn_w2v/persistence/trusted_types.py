"""Types and functions that a model file may refer to."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path

_NETWORKS = "sklearn_w2v.networks"
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
    "sklearn.calibration._TemperatureScaling",
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
    "TimeSeriesSplit",
)


def trusted_types() -> list[str]:
    """Return the types and functions that `load` trusts, for skops and what builds on it.

    skops asks for the names of all types that it does not know. These are the ones of this
    package, and of scikit-learn the splitters, scorers and what they are made of, that models
    of this package may refer to; none of them runs code of a file's own.

    Returns
    -------
    list of str
        Their full names, sorted.

    See Also
    --------
    save : Writes the same types into a file that ``load`` opens without any list.

    Examples
    --------
    >>> from sklearn_w2v import trusted_types
    >>> "sklearn_w2v.features.indexer.W2VIndexer" in trusted_types()
    True
    """
    path = type(Path())  # of vectors in a file
    return sorted({*_named_types(), *_designs(), f"{path.__module__}.{path.__name__}"})


@cache
def is_trusted(name: str) -> bool:
    """Whether a model file may refer to a type or function by itself.

    Besides named ones, these are the classes of this package that check their own saved
    state, and the dataclasses of its networks, which their classifiers check: who adds a
    network need not name it here.
    """
    if name in _named_types():
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
    is_design = module.startswith(f"{_NETWORKS}.") and is_dataclass(found)
    return is_design or hasattr(found, "_check_saved_state")


@cache
def _named_types() -> tuple[str, ...]:
    """Return the names of types and functions, scikit-learn's splitters and scorers included."""
    from sklearn.metrics import get_scorer, get_scorer_names

    scorers = [get_scorer(name) for name in get_scorer_names()]
    functions = [one._score_func for one in scorers if hasattr(one, "_score_func")]
    return (
        *_TYPES,
        *(f"sklearn.model_selection._split.{name}" for name in _SPLITTERS),
        *sorted({f"{one.__module__}.{one.__name__}" for one in functions}),
    )


def _designs() -> Iterator[str]:
    """Yield the names of the networks' dataclasses, without importing what needs Keras."""
    folder = Path(__file__).parents[1] / "networks"
    for file in sorted(folder.glob("*.py")):
        source = file.read_text(encoding="utf-8")
        if "\n@dataclass" not in source or "\nfrom .backend" in source:
            continue
        module = importlib.import_module(f"{_NETWORKS}.{file.stem}")
        for name, one in vars(module).items():
            if isinstance(one, type) and is_dataclass(one) and one.__module__ == module.__name__:
                yield f"{module.__name__}.{name}"
