"""Whatever a model file may hold of this package checks what it was given."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
from sklearn.base import BaseEstimator

from sklearn_w2v import JapaneseTokenizer
from sklearn_w2v.persistence.state_checks import check_estimators
from sklearn_w2v.persistence.trusted_types import _named_types, is_trusted, trusted_types
from sklearn_w2v.utils.saved_state import check_saved_state

OURS = sorted(name for name in _named_types() if name.startswith("sklearn_w2v."))
# what has no check of its own, and why
ELSEWHERE = {
    "Targets": "checked by the classifier, whose classes they repeat",
    "Token": "a str with a tuple of forms, which `__new__` checks",
    "_apply": "a function",
    "_split": "a function",
}


def resolved(name):
    module, _, kind = name.rpartition(".")
    return getattr(importlib.import_module(module), kind)


@pytest.mark.parametrize("name", _named_types())
def test_every_trusted_name_is_there(name):
    assert callable(resolved(name))


@pytest.mark.parametrize("name", OURS)
def test_every_class_of_ours_checks_its_state(name):
    found = resolved(name)
    has_check = callable(getattr(found, "_check_saved_state", None))
    assert has_check != (name.rpartition(".")[2] in ELSEWHERE)


@pytest.mark.parametrize(
    ("name", "trusted"),
    [
        ("sklearn_w2v.networks.lstm.LSTM", True),
        ("sklearn_w2v.networks.design.NetworkWeights", True),
        ("sklearn_w2v.classifiers.lstm.W2VLSTMClassifier", True),
        ("sklearn_w2v.classifiers.held_out.HeldOut", False),
        ("sklearn_w2v.networks.network.Network", False),
        ("sklearn_w2v.persistence.model_file.load", False),
        ("sklearn_w2v.nothing.Nothing", False),
        ("sklearn_w2v.nothing.at.all.Nothing", False),
        ("sklearn_w2v.networks.lstm.dense_shapes", False),
        ("sklearn_w2v", False),
        ("os.system", False),
        ("sklearn_w2v_other.networks.lstm.LSTM", False),
    ],
)
def test_what_is_trusted(name, trusted):
    assert is_trusted(name) is trusted


def test_attributes_that_hide_methods_are_refused_in_every_class():
    tokenizer = JapaneseTokenizer()
    tokenizer.transform = "hidden"
    for check in (check_estimators, check_saved_state):
        with pytest.raises(ValueError, match="JapaneseTokenizer in it has transform='hidden'"):
            check(tokenizer)


def test_no_attribute_of_a_file_is_called():
    tokenizer = JapaneseTokenizer()
    called = []
    tokenizer._check_saved_state = lambda: called.append(1)
    with pytest.raises(ValueError, match="JapaneseTokenizer in it has _check_saved_state="):
        check_estimators(tokenizer)
    assert not called


def test_parts_within_arrays_of_objects_are_checked():
    import numpy as np

    class Holder(BaseEstimator):
        pass

    tokenizer = JapaneseTokenizer()
    tokenizer.fit = None
    holder = Holder()
    holder.inner = np.array([None, tokenizer], dtype=object)
    with pytest.raises(ValueError, match="fit=None"):
        check_estimators(holder)


def test_types_for_skops_are_all_that_load_trusts_of_this_package():
    names = trusted_types()
    assert names == sorted(set(names))
    assert {
        "sklearn_w2v.networks.cnn.CNN",
        "sklearn_w2v.networks.design.Design",
        "sklearn_w2v.networks.design.NetworkWeights",
        "sklearn_w2v.networks.lstm.LSTM",
        "sklearn_w2v.networks.output.Output",
        *OURS,
    } <= set(names)
    assert all(map(is_trusted, (name for name in names if not name.startswith("pathlib."))))


def test_types_for_skops_are_told_without_keras():
    code = "import sys; from sklearn_w2v import trusted_types; trusted_types()"
    code += "; print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
