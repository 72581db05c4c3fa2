"""What a fit that breaks off leaves behind."""

from __future__ import annotations

import pytest

from sklearn_w2v.utils.estimators import restore_on_error


class Thing:
    def __init__(self):
        self.width, self.learnt = 3, [1]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_all_attributes_are_as_before(error):
    thing = Thing()
    learnt = thing.learnt
    with pytest.raises(error), restore_on_error(thing):  # noqa: PT012
        thing.width, thing.learnt, thing.new = 4, [2], 5
        raise error
    assert vars(thing) == {"width": 3, "learnt": [1]}
    assert thing.learnt is learnt


def test_of_named_attributes_the_others_stay_changed():
    thing = Thing()
    with pytest.raises(ValueError, match="bad"), restore_on_error(thing, "width", "new"):  # noqa: PT012
        thing.width, thing.learnt, thing.new = 4, [2], 5
        raise ValueError("bad")
    assert vars(thing) == {"width": 3, "learnt": [2]}


def test_without_an_error_all_stays_changed():
    thing = Thing()
    with restore_on_error(thing):
        thing.width = 4
    assert thing.width == 4
