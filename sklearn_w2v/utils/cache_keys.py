"""Make the cache of ``Pipeline(memory=)`` notice what parameters only name: files and functions.

joblib's key is a hash of the pickle of an unfitted step, and so of its parameters. A path in
them stays the same when the file is replaced, and a function's name when its code changes.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

from ..version import __version__
from .saved_state import expect
from .sklearn_compat import is_fitted


def source_of(function: Any) -> str:
    """Return the source of a function, or of the class of a callable object.

    Parameters
    ----------
    function : callable
        Without a source, such as one that was typed in, its compiled code stands for it.
    """
    while isinstance(function, functools.partial):
        function = function.func
    if not isinstance(function, type | FunctionType | MethodType | BuiltinFunctionType):
        function = type(function)
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return "" if code is None else _text_of(code)


def _text_of(code: CodeType) -> str:
    """Return a text that changes with compiled code, and is the same in every process."""
    constants = [
        _text_of(one)
        if isinstance(one, CodeType)
        else repr(sorted(map(repr, one)) if isinstance(one, frozenset) else one)
        for one in code.co_consts
    ]
    return f"{code.co_code.hex()} {code.co_names} {constants}"


class FilesInKey:
    """Mixin of estimators whose parameters name files.

    The pickle of an unfitted one has the state of these files and the version of this package,
    which unpickling ignores.
    """

    def _stamps(self) -> Iterable[str]:
        """Yield a text for each file that a parameter names; must not raise."""
        raise NotImplementedError

    def __reduce_ex__(self, protocol: Any) -> Any:
        reduced = super().__reduce_ex__(protocol)
        if is_fitted(self) or not isinstance(reduced, tuple):
            return reduced
        stamp = "\n".join([__version__, *self._stamps()])
        return _new, (type(self), stamp), *reduced[2:]


def _new(kind: Any, stamp: str) -> Any:
    return kind.__new__(kind)


class SourceInKey:
    """A function whose pickle has its source, too.

    Parameters
    ----------
    function : callable
        What a call calls.
    """

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    def __repr__(self) -> str:
        return repr(self.function)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _function_of, (self.function, f"{__version__}\n{source_of(self.function)}")

    def _check_saved_state(self) -> None:
        """Refuse what is not a function; which one it is, the reader of the file has agreed to."""
        expect(self, {"function": callable})


def _function_of(function: Any, source: str) -> SourceInKey:
    return SourceInKey(function)
