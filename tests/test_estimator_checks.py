"""scikit-learn's own checks, over every estimator."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from sklearn.utils.estimator_checks import (
    check_positive_only_tag_during_fit,
    parametrize_with_checks,
)

from sklearn_w2v import (
    JapaneseTokenizer,
    W2VCNNClassifier,
    W2VIndexer,
    W2VLSTMClassifier,
    W2VVectorizer,
    Word2VecTrainer,
    WordVectors,
)

_FLOATS = (
    "feeds float features where ids of words belong; equal checks with ids are in test_keras "
    "and test_cnn"
)
_NETWORK = {
    "check_sample_weight_equivalence_on_dense_data": _FLOATS,
    "check_classifiers_one_label_sample_weights": _FLOATS,
    "check_class_weight_classifiers": _FLOATS,
    "check_estimator_tags_renamed": "scikeras' BaseWrapper still defines _more_tags; the tags "
    "come from __sklearn_tags__",
    "check_do_not_raise_errors_in_init_or_set_params": "takes **routed for a parameter of that "
    "name; unknown keywords are refused as in any Python function",
}
EXPECTED_FAILURES = {"W2VCNNClassifier": _NETWORK, "W2VLSTMClassifier": _NETWORK}
# the ids that the checks make must be words of some vectors
VECTORS = WordVectors(
    [f"word{i}" for i in range(1000)], np.random.default_rng(0).normal(size=(1000, 5))
)
ESTIMATORS = [
    JapaneseTokenizer(),
    W2VIndexer(),
    Word2VecTrainer(),
    W2VLSTMClassifier(epochs=5, units=8, hidden=None, learning_rate=0.05),
    W2VCNNClassifier(epochs=5, filters=8, kernel_sizes=(1, 2), learning_rate=0.05),
    *(W2VVectorizer(VECTORS, pooling=p) for p in ("mean", "max", "mean_max", "sif", "tfidf")),
]


def expected_failures(estimator):
    """Return the checks that an estimator fails, and why."""
    expected = dict(EXPECTED_FAILURES.get(type(estimator).__name__, {}))
    takes_ids = estimator.__sklearn_tags__().input_tags.categorical
    if takes_ids and "astype" not in inspect.getsource(check_positive_only_tag_during_fit):
        reason = "subtracts floats from whole numbers, in older releases of scikit-learn"
        expected["check_positive_only_tag_during_fit"] = reason
    return expected


def test_no_more_than_five_failures_are_expected_of_an_estimator():
    assert max(map(len, EXPECTED_FAILURES.values())) <= 5
    assert set(EXPECTED_FAILURES) <= {type(estimator).__name__ for estimator in ESTIMATORS}


@pytest.mark.filterwarnings("ignore:X brings no word vectors:UserWarning")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_estimator_checks(estimator, check):
    check(estimator)
