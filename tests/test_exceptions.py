from __future__ import annotations

import copy
import inspect
import pickle
import warnings

import pytest

from sklearn_w2v import exceptions
from sklearn_w2v.exceptions import CoverageWarning, RowsLeftOutWarning, W2VWarning

CLASSES = [getattr(exceptions, name) for name in exceptions.__all__]


def test_all_classes_are_public():
    defined = [
        kind
        for _, kind in inspect.getmembers(exceptions, inspect.isclass)
        if kind.__module__ == exceptions.__name__
    ]
    assert sorted(kind.__name__ for kind in defined) == exceptions.__all__


@pytest.mark.parametrize("kind", CLASSES)
def test_each_is_a_user_warning_of_this_package(kind):
    assert issubclass(kind, W2VWarning)
    assert issubclass(kind, UserWarning)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("again", [lambda one: pickle.loads(pickle.dumps(one)), copy.copy])
def test_each_survives_a_pickle(kind, again):
    """As it must, to come back from a process of joblib or Dask."""
    warning = again(kind("3 words are unknown.", "Try others."))
    assert type(warning) is kind
    assert (warning.what, warning.way_out) == ("3 words are unknown.", "Try others.")
    assert str(warning) == "3 words are unknown. Try others."


@pytest.mark.parametrize("kind", CLASSES)
def test_a_way_out_may_be_missing(kind):
    warning = kind("3 words are unknown.")
    assert str(warning) == "3 words are unknown."
    assert warning.way_out == ""


def test_a_filter_of_the_base_holds_for_all():
    with warnings.catch_warnings():
        warnings.simplefilter("error", W2VWarning)
        for kind in CLASSES:
            with pytest.raises(kind):
                warnings.warn(kind("x"), stacklevel=1)


def test_rows_that_were_left_out_are_a_matter_of_coverage():
    assert issubclass(RowsLeftOutWarning, CoverageWarning)
