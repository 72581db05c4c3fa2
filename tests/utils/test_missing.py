from __future__ import annotations

import importlib

import pytest

from sklearn_w2v.utils.missing import needed_for


def test_what_is_missing_is_named_with_the_way_out():
    with (
        pytest.raises(ImportError, match=r"^Flying needs no_such_module, .* pip install") as raised,
        needed_for("Flying"),
    ):
        importlib.import_module("no_such_module")
    assert raised.value.name == "no_such_module"


def test_other_errors_pass():
    with pytest.raises(ImportError, match=r"^cannot import name"), needed_for("Flying"):
        from math import no_such_name  # noqa: F401
