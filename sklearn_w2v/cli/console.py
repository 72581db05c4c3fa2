"""Output of the commands: results on stdout; notes, warnings and progress bars on stderr."""

from __future__ import annotations

import json
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from ..exceptions import CoverageWarning, RowsLeftOutWarning, TruncationWarning, W2VWarning
from ..utils.progress import listening

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 2.0  # seconds before a bar appears
# these replace `way_out` of the warnings, which is in terms of Python; subclasses inherit them
_WAYS_OUT: dict[type[W2VWarning], str] = {
    CoverageWarning: "Try other --vectors; without --vectors, fit learns them from the texts.",
    RowsLeftOutWarning: "fit with --keep all or --keep reference keeps them.",
    TruncationWarning: "fit with a larger --maxlen keeps them whole.",
}
_TOTAL = "fits"  # name of the bar that stays while those of single steps come and go


class CommandOutput:
    """Where a command writes its results, notes and warnings.

    Parameters
    ----------
    quiet : bool, default=False
        Whether notes, warnings and progress bars are left out.

    Attributes
    ----------
    stdout, stderr : rich.console.Console
        They do not fold lines, except within tables.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.stdout = Console(soft_wrap=True, highlight=False)
        self.stderr = Console(stderr=True, soft_wrap=True, highlight=False)

    def note(self, text: str) -> None:
        """Write a remark to stderr."""
        if not self.quiet:
            self.stderr.print(Text(text))

    def notes(self, texts: Iterable[str]) -> None:
        """Write remarks to stderr."""
        for text in texts:
            self.note(text)

    def warn(self, text: str) -> None:
        """Write a warning to stderr."""
        if not self.quiet:
            self.stderr.print(Text.assemble(("Warning: ", "bold yellow"), one_line(text)))

    def json(self, result: Any) -> None:
        """Write a result as JSON to stdout."""
        print(json.dumps(result, ensure_ascii=False, default=_plain), flush=True)

    @contextmanager
    def progress_bars(self, stop: Callable[[], bool] = lambda: False) -> Iterator[ProgressBars]:
        """Show the progress of all steps within the block.

        Parameters
        ----------
        stop : callable
            Returns whether the steps should stop.
        """
        with ProgressBars(self.stderr, not self.quiet and self.stderr.is_terminal, stop) as bars:
            yield bars

    def catch_warnings(self) -> ExitStack:
        """Context that writes Python's warnings by `warn`.

        Warnings that differ only in their numbers are written once, since each chunk of a
        stream may warn again.
        """
        stack = ExitStack()
        stack.enter_context(warnings.catch_warnings())
        if not sys.warnoptions:  # else the user has chosen which warnings to see
            warnings.simplefilter("ignore")
            warnings.filterwarnings("default", category=UserWarning)
        seen: set[tuple[type, str]] = set()

        def show(message: Warning | str, *args: Any, **kwargs: Any) -> None:
            what = message.what if isinstance(message, W2VWarning) else str(message)
            kind = type(message), re.sub(r"\d+", "", what)
            if kind not in seen:
                seen.add(kind)
                self.warn(_in_terms_of_options(message))

        warnings.showwarning = show
        return stack


def _in_terms_of_options(message: Warning | str) -> str:
    """Text of a warning, with a way out that the command line offers."""
    if isinstance(message, W2VWarning):
        for kind in type(message).__mro__:
            if kind in _WAYS_OUT:
                return f"{message.what} {_WAYS_OUT[kind]}"
    return str(message)


def one_line(text: str) -> str:
    """Join the lines of a message."""
    return " ".join(text.split())


def _plain(value: Any) -> Any:
    """Convert NumPy's numbers and arrays to those of JSON, and anything else to text."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


class ProgressBars:
    """Progress bars with the remaining time; they appear after two seconds.

    Parameters
    ----------
    console : rich.console.Console
        Where they are drawn.
    shown : bool
        Whether anything is drawn.
    stop : callable
        Returns whether the steps should stop.
    """

    def __init__(self, console: Console, shown: bool, stop: Callable[[], bool]) -> None:
        self._console, self._shown, self._stop = console, shown, stop
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._timer: threading.Timer | None = None
        self._stack = ExitStack()

    def __enter__(self) -> ProgressBars:
        if self._shown:
            self._progress = _progress(self._console)
            self._stack.callback(self._progress.stop)
            self._timer = threading.Timer(_PATIENCE, self._progress.start)
            self._timer.daemon = True
            self._timer.start()
        self._stack.enter_context(listening(self.update))
        return self

    def __exit__(self, *error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        self._stack.close()

    def update(self, what: str, done: int, total: int, note: str = "") -> bool:
        """Move the bar of a step; called for all steps within the block.

        Returns whether the step should stop.
        """
        progress = self._progress
        if progress is not None:
            if what not in self._tasks:
                self._tasks[what] = progress.add_task(what, total=total or None)
            for name, task in self._tasks.items():
                if name not in (what, _TOTAL):
                    progress.update(task, visible=False)
            task = self._tasks[what]
            if done < progress.tasks[progress.task_ids.index(task)].completed:
                progress.reset(task, total=total or None)  # the next run of this step
            progress.update(
                task,
                completed=done,
                total=total or None,
                description=note or what,
                visible=not total or done < total,
            )
        return self._stop()

    def set_stop(self, stop: Callable[[], bool]) -> None:
        """Set the callable that returns whether the steps should stop."""
        self._stop = stop

    def update_total(self, done: int, total: int, note: str) -> bool:
        """Move the bar that stays while those of single steps come and go."""
        return self.update(_TOTAL, done, total, note)

    def track(self, what: str, items: Any, total: int) -> Iterator[Any]:
        """Iterate over items and move a bar."""
        for done, item in enumerate(items):
            self.update(what, done, total)
            yield item
        self.update(what, total, total)


def _progress(console: Console) -> Progress:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    return RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,  # keep results on stdout
    )
