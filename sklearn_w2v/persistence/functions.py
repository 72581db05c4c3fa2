"""Functions and classes that a model file refers to by name: whether load will find them."""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any

from sklearn.base import BaseEstimator

from ..exceptions import NotSavedWarning
from ..utils.cache_keys import SourceInKey
from .packing import parts


def check_functions(estimator: Any, untrusted: Iterable[str]) -> None:
    """Refuse what no `load` can find by its name; warn of what other programs cannot.

    Parameters
    ----------
    estimator : estimator
        As it goes into the file.
    untrusted : iterable of str
        Names of types and functions in the file which this package does not know.

    Raises
    ------
    TypeError
        A function or class is a lambda, or defined in a function.
    """
    names = dict.fromkeys(untrusted, "")
    for one in parts(estimator):
        if not isinstance(one, BaseEstimator):
            continue
        for parameter, value in (
            (name, value) for name, held in vars(one).items() for value in _functions(held)
        ):
            where = f" as {parameter} of {type(one).__name__}"
            name = f"{value.__module__}.{value.__name__}"
            if name in names:
                names[name] = where
            if _find(name) is not value:
                raise TypeError(_message(f"{value.__module__}.{value.__qualname__}", where))
    for name, where in names.items():
        if _find(name) is None:
            raise TypeError(_message(name, where))
        if name.startswith("__main__."):
            warnings.warn(
                NotSavedWarning(
                    f"The model file refers to {name}{where}, which only this script defines: "
                    "other programs cannot load the file.",
                    "Move it into a module that they can import.",
                ),
                stacklevel=3,
            )


def _functions(value: Any) -> Iterator[Any]:
    """Yield functions and classes that a parameter holds."""
    if isinstance(value, functools.partial):
        yield from _functions(value.func)
    elif isinstance(value, SourceInKey):
        yield from _functions(value.function)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _functions(one)
    elif isinstance(value, FunctionType | type):
        yield value


def _find(name: str) -> Any:
    """Return the object of a name as `load` looks it up; None if there is none."""
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except (ImportError, ValueError):
        return None


def _message(name: str, where: str) -> str:
    return (
        f"Got {name}{where}, which a model file cannot refer to by name: lambdas and what is "
        "defined in a function cannot be found again. Define it at the top of a module, under "
        "its own name (or use joblib with cloudpickle)."
    )
