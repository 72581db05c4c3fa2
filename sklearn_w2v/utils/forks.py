"""Locks that a forked process finds open, whatever its parent's threads held."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Value = TypeVar("Value")
_lazy: list[Any] = []


def in_forked_processes(act: Callable[[], None]) -> None:
    """Let each process call a function as soon as it was forked; Windows forks none."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=act)


class Lock:
    """A lock for ``with``, which a thread may take again, and which no fork leaves locked."""

    def __init__(self) -> None:
        self._start_anew()
        in_forked_processes(self._start_anew)

    def _start_anew(self) -> None:
        self._own = threading.RLock()

    def __enter__(self) -> None:
        self._own.acquire()

    def __exit__(self, *error: object) -> None:
        self._own.release()


class cached_property(functools.cached_property[Value]):  # noqa: N801  (as functools' own)
    """functools' own, whose lock of Python 3.11 is open in a forked process."""

    def __init__(self, func: Callable[[Any], Value]) -> None:
        super().__init__(func)
        if hasattr(self, "lock"):
            _lazy.append(self)


def _open_locks() -> None:
    for one in _lazy:
        one.lock = threading.RLock()


in_forked_processes(_open_locks)
