"""Progress of long steps, reported to a listener, which may ask a step to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, int, int, str], bool]

_listener: ContextVar[Listener | None] = ContextVar("sklearn_w2v_progress", default=None)


def report_progress(what: str, done: int, total: int, note: str = "") -> bool:
    """Report how far a step is; this costs nothing if nobody listens.

    Parameters
    ----------
    what : str
        Name of the step.
    done, total : int
        Number of parts that are done, and of all parts; a total of 0 means that it is not
        known.
    note : str, default=""
        More about it, such as ``"epoch 3 of 15"``.

    Returns
    -------
    bool
        Whether the step should stop as soon as it can.
    """
    listener = _listener.get()
    return listener is not None and listener(what, done, total, note)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have all steps within the block, in this thread, reported to a listener.

    Parameters
    ----------
    listener : callable
        Called with the arguments of `report_progress`, which returns what it returns.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
