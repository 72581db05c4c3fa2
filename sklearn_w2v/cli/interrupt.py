"""Ctrl-C during training: the first one requests a stop, the second one ends the process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGINT_STATUS = 130  # exit status of shells after Ctrl-C


class Stop:
    """Context in which the first Ctrl-C only requests a stop.

    Parameters
    ----------
    say : callable
        Writes a message to the user.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._previous: Any = None
        self.requested = False

    def __call__(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.requested

    def __enter__(self) -> Stop:
        main = threading.current_thread() is threading.main_thread()
        # a shell may let a background job ignore SIGINT; then it stays ignored
        if main and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            self._previous = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, *error: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        text = "Stopping after this step; what was learnt is kept. Ctrl-C again ends at once."
        # from another thread, since this one may be writing to the same stream right now
        threading.Timer(0, self._say, [text]).start()
