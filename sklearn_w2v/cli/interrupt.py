"""Ctrl-C during training: the first one asks, the second one ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGINT_STATUS = 130  # what shells give for it


class Stop:
    """Context in which the first Ctrl-C only asks.

    Parameters
    ----------
    say : callable
        Tells the user that it was heard.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._former: Any = None
        self.requested = False

    def __call__(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.requested

    def __enter__(self) -> Stop:
        main = threading.current_thread() is threading.main_thread()
        # where a shell lets a background job ignore it, it stays ignored
        if main and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            self._former = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, *error: object) -> None:
        if self._former is not None:
            signal.signal(signal.SIGINT, self._former)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        text = "Stopping behind this step; what was learnt is kept. Ctrl-C again ends at once."
        # from another thread, as this one may be within the very stream that this goes to
        threading.Timer(0, self._say, [text]).start()
