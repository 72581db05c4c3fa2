"""Primitives with which a class checks its own state after a model file was read.

The types in a model file are known to be safe before; their values are not. Ids beyond a
table, weights of other shapes or a text in place of an array would end somewhere within
NumPy or TensorFlow, or ask for memory that the file does not account for. Each class of this
package that a model file may hold has a method ``_check_saved_state``, which refuses what no
``fit`` can have made.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, cast

import numpy as np

Check = Callable[[Any], bool]

LARGEST_ID = 2**31 - 1


def unexpected(one: Any, attribute: str) -> ValueError:
    """Return the error that names an object's attribute and what it holds."""
    shown = repr(vars(one).get(attribute))[:60]
    return ValueError(f"the {type(one).__name__} in it has {attribute}={shown}")


def check_saved_state(one: Any) -> None:
    """Refuse attributes that hide methods; have an object check its own state if it can.

    Raises
    ------
    ValueError
        The message names the object and the attribute.
    """
    for attribute in vars(one) if hasattr(one, "__dict__") else ():
        if callable(getattr(type(one), attribute, None)):
            raise unexpected(one, attribute)
    if hasattr(type(one), "_check_saved_state"):  # not what a file calls so
        one._check_saved_state()


def expect(one: Any, checks: dict[str, Check]) -> None:
    """Refuse an object whose attributes do not pass their checks.

    Parameters
    ----------
    one : object
        What a model file gave.
    checks : dict of str to callable
        For each attribute a function of its value.

    Raises
    ------
    ValueError
        An attribute is missing, or its value does not pass.
    """
    for attribute, fits in checks.items():
        if attribute not in vars(one) or not fits(vars(one)[attribute]):
            raise unexpected(one, attribute)


def is_instance(*kinds: type) -> Check:
    """Return a check for one of some types."""
    return lambda value: isinstance(value, kinds)


def is_whole(least: float, most: float = LARGEST_ID) -> Check:
    """Return a check for whole numbers within bounds, both included."""
    return lambda value: (
        isinstance(value, Integral)
        and not isinstance(value, bool)
        and least <= cast(int, value) <= most
    )


def is_number(least: float, most: float = 1e12) -> Check:
    """Return a check for numbers within bounds, both included."""
    return lambda value: (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and least <= cast(float, value) <= most
    )


def is_array(dtype: Any, *shape: int | None) -> Check:
    """Return a check for arrays of a type (None: any) and a shape (None: any length)."""
    return lambda value: (
        type(value) is np.ndarray
        and value.ndim == len(shape)
        and (dtype is None or value.dtype == dtype)
        and all(n in (None, m) for n, m in zip(shape, value.shape, strict=True))
    )


def is_texts(value: Any) -> bool:
    """Whether a value is a list of str."""
    return type(value) is list and all(type(one) is str for one in value)


def lies_within(values: Any, least: int, below: int) -> bool:
    """Whether whole numbers lie from `least` to below `below`."""
    return not len(values) or bool(least <= values.min() and values.max() < below)
