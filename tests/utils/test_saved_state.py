"""Checks with which a class refuses values of a model file."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_w2v.utils.saved_state import (
    LARGEST_ID,
    check_saved_state,
    expect,
    is_array,
    is_instance,
    is_number,
    is_texts,
    is_whole,
    lies_within,
    unexpected,
)


class Thing:
    def __init__(self, **values):
        vars(self).update(values)

    def _check_saved_state(self):
        expect(self, {"size": is_whole(1)})


def test_an_attribute_that_is_missing_or_wrong_is_named():
    expect(Thing(size=3), {"size": is_whole(0)})
    for thing in (Thing(), Thing(size=-1), Thing(size="x")):
        with pytest.raises(ValueError, match="the Thing in it has size="):
            expect(thing, {"size": is_whole(0)})
    assert len(str(unexpected(Thing(size="x" * 10_000), "size"))) < 100


def test_what_a_class_has_does_not_count():
    class Sized(Thing):
        size = 3

    with pytest.raises(ValueError, match="size"):
        expect(Sized(), {"size": is_whole(0)})


def test_attributes_that_hide_methods_are_refused():
    check_saved_state(Thing(size=1))
    with pytest.raises(ValueError, match="the Thing in it has size=0"):
        check_saved_state(Thing(size=0))
    with pytest.raises(ValueError, match="the Thing in it has _check_saved_state="):
        check_saved_state(Thing(size=1, _check_saved_state=print))


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (is_instance(str, type(None)), ["", None], [3, b""]),
        (is_whole(1, 3), [1, 3, np.int32(2)], [0, 4, 2.0, True, "2", None]),
        (is_whole(0), [LARGEST_ID], [LARGEST_ID + 1, -1]),
        (is_number(0, 1), [0, 0.5, np.float32(1)], [-0.1, 1.1, np.nan, True, "0", None]),
        (is_array(np.float32, None, 2), [np.ones((3, 2), np.float32)], [np.ones((3, 2)), [[1, 2]]]),
        (is_array(None, 2), [np.ones(2), np.ones(2, bool)], [np.ones(3), np.ones((2, 1))]),
        (is_array(None, None), [np.ones(0)], [np.ma.ones(3), 3]),
        (is_texts, [[], ["a"]], [("a",), ["a", b"b"], [np.str_("a")], "a"]),
    ],
)
def test_checks_take_what_they_should(check, good, bad):
    assert all(check(value) for value in good)
    assert not any(check(value) for value in bad)


def test_numbers_lie_from_the_first_bound_to_below_the_second():
    assert lies_within(np.array([0, 2]), 0, 3)
    assert lies_within(np.array([], int), 0, 0)
    assert not lies_within(np.array([0, 3]), 0, 3)
    assert not lies_within(np.array([-1]), 0, 3)
