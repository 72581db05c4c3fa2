"""Run a function in a forked process, and kill it after a time or at one of its file calls."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# audit events of calls that change files; writes have none and are hit by the clock
_EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod"}


@dataclass
class Done:
    """How a forked process ended.

    Parameters
    ----------
    killed : bool
        Whether SIGKILL ended it.
    error : str
        Its traceback; empty if it succeeded or was killed.
    seconds : float
        Wall time.
    """

    killed: bool
    error: str
    seconds: float


def in_child(
    act: Callable[[], Any],
    after: float | None = None,
    at_event: int | None = None,
    within: Path | None = None,
    timeout: float = 300,
) -> Done:
    """Run a function in a forked process.

    Parameters
    ----------
    act : callable
        What to run.
    after : float or None, default=None
        Seconds after which it is killed.
    at_event : int or None, default=None
        The file call, counted from 0, before which it kills itself.
    within : Path or None, default=None
        Folder whose files count for `at_event`.
    timeout : float, default=300
        Seconds after which it counts as hanging.
    """
    with tempfile.NamedTemporaryFile("r") as said:
        start = time.perf_counter()
        child = os.fork()
        if not child:
            _become(act, said.name, at_event, within)
        killed = _wait(child, start, after, timeout)
        error = said.read()
    return Done(killed, error, time.perf_counter() - start)


def _become(act: Callable[[], Any], said: str, at_event: int | None, within: Path | None) -> None:
    status = 1
    try:
        if at_event is not None:
            _die_at(at_event, str(within))
        act()
        status = 0
    except BaseException:
        Path(said).write_text(traceback.format_exc())
    finally:
        sys.stdout.flush()
        os._exit(status)


def _wait(child: int, start: float, after: float | None, timeout: float) -> bool:
    """Wait for a process and kill it in time; whether it was killed."""
    asked = False
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        passed = time.perf_counter() - start
        if not asked and passed > (timeout if after is None else after):
            os.kill(child, signal.SIGKILL)
            asked = True
            if after is None:
                os.waitpid(child, 0)
                raise TimeoutError(f"hangs for {timeout} seconds")
        time.sleep(0.0005)


def count_events(act: Callable[[], Any], within: Path) -> int:
    """Number of file calls in a folder that a function makes."""
    with tempfile.NamedTemporaryFile("r") as told:

        def counted() -> None:
            seen = []
            sys.addaudithook(
                lambda event, args: seen.append(0) if _is_ours(event, args, str(within)) else None
            )
            act()
            with open(told.name, "w") as file:
                file.write(str(len(seen)))

        done = in_child(counted)
        if done.error:
            raise RuntimeError(done.error)
        return int(told.read())


def _is_ours(event: str, args: Any, within: str) -> bool:
    if event not in _EVENTS or not args or not isinstance(args[0], str | bytes):
        return False
    return os.fsdecode(args[0]).startswith(within)


def _die_at(number: int, within: str) -> None:
    left = number

    def hook(event: str, args: Any) -> None:
        nonlocal left
        if _is_ours(event, args, within):
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    sys.addaudithook(hook)
