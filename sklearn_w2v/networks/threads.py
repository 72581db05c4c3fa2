"""Threads of which each multiplies by itself, as the products of a network are small.

A BLAS shares each product among its threads, which wait for each other at each step of a
document; where other processes want the cores, they wait for milliseconds. So the parts of a
call are shared instead, as many at once as the BLAS has threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

from ..utils.forks import in_forked_processes

Part = TypeVar("Part")


class _Limit:
    """One thread for the BLAS of the process, for as long as anyone asks for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users, self._threads = 0, 1
        self._limiter: Any = None

    def enter(self) -> int:
        """Return the number of threads that the BLAS had."""
        with self._lock:
            if not self._users:
                self._threads = max((one["num_threads"] for one in _blas().info()), default=1)
                self._limiter = _blas().limit(limits=1)
            self._users += 1
            return self._threads

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self.restore()

    def restore(self) -> None:
        """Lift the limit, whichever thread has set it."""
        if self._limiter is not None:
            _let_go()
            self._limiter.restore_original_limits()
            _let_go()
        self._limiter = None


_limit = _Limit()


def _start_anew() -> None:
    """Lift the limit in a forked process, which has none of the threads that asked for it."""
    global _limit
    _limit.restore()
    _limit = _Limit()


in_forked_processes(_start_anew)


@cache
def _blas() -> Any:
    return ThreadpoolController().select(user_api="blas")


def _let_go() -> None:
    """Let any thread set limits: since threadpoolctl 3.8, only the first may that has set one."""
    for library in _blas().lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread(force=True)


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """Let each thread of the process multiply by itself; give the number of threads there were."""
    limit = _limit
    n_threads = limit.enter()
    try:
        yield n_threads
    finally:
        limit.leave()


def in_threads(work: Callable[[Part], None], parts: Sequence[Part]) -> None:
    """Do some work on each part, on as many at once as the BLAS has threads.

    Parameters
    ----------
    work : callable
        What is done with a part; its result goes to a place of its own.
    parts : sequence
        What it is done with.
    """
    with one_blas_thread() as n_threads:
        if n_threads == 1 or len(parts) < 2:
            for part in parts:
                work(part)
            return
        with ThreadPoolExecutor(min(n_threads, len(parts))) as pool:
            for _ in pool.map(work, parts):  # raises what a part raised
                pass
