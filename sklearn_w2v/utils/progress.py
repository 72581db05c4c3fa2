"""How far a long step is: told to whoever listens, who may ask it to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, int, int, str], bool]

_listener: ContextVar[Listener | None] = ContextVar("sklearn_w2v_progress", default=None)


def report_progress(what: str, done: int, total: int, note: str = "") -> bool:
    """Tell how far a step is; costs nothing where nobody listens.

    Parameters
    ----------
    what : str
        Name of the step.
    done, total : int
        Parts of it that are done, and all of them; a total of 0 means that nobody knows.
    note : str, default=""
        What else there is to say: ``"epoch 3 of 15"``.

    Returns
    -------
    bool
        Whether the step shall stop where it can.
    """
    listener = _listener.get()
    return listener is not None and listener(what, done, total, note)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let a listener hear of all steps within the block, in this thread.

    Parameters
    ----------
    listener : callable
        Called as `report_progress` is; what it returns is what `report_progress` returns.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
