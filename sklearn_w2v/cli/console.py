"""What the command says: results on standard output; notes, bars and errors beside them."""

from __future__ import annotations

import json
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from ..exceptions import RowsLeftOutWarning, TruncationWarning, W2VWarning
from ..utils.progress import listening

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 2.0  # seconds before a bar shows
# in place of the ways out that warnings name in terms of Python
_WAYS_OUT: dict[type[W2VWarning], str] = {
    RowsLeftOutWarning: "fit with --keep all or --keep reference keeps them.",
    TruncationWarning: "fit with a larger --maxlen keeps them whole.",
}
OUTER = "fits"  # the one bar that stays while those of single steps come and go


class Ui:
    """Where the command writes to.

    Parameters
    ----------
    quiet : bool, default=False
        Whether notes, warnings and bars are left out.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        # lines are not folded, except within tables
        self.out = Console(soft_wrap=True, highlight=False)
        self.err = Console(stderr=True, soft_wrap=True, highlight=False)

    def note(self, text: str) -> None:
        """Say something on the error output that is no result."""
        if not self.quiet:
            self.err.print(Text(text))

    def warn(self, text: str) -> None:
        """Say that something needs the user's eye."""
        if not self.quiet:
            self.err.print(Text.assemble(("Warning: ", "bold yellow"), one_line(text)))

    def json(self, result: Any) -> None:
        """Write a result for machines."""
        print(json.dumps(result, ensure_ascii=False, default=_plain), flush=True)

    @contextmanager
    def bars(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Bars]:
        """Bars of all steps within the block.

        Parameters
        ----------
        stop : callable
            Whether the steps shall stop.
        """
        with Bars(self.err, not self.quiet and self.err.is_terminal, stop) as bars:
            yield bars

    def catch_warnings(self) -> ExitStack:
        """Context in which warnings are lines of `warn`.

        Each comes once, whatever the numbers in it: a stream has many chunks.
        """
        stack = ExitStack()
        stack.enter_context(warnings.catch_warnings())
        if not sys.warnoptions:  # else the user has said what is to be shown
            warnings.simplefilter("ignore")
            warnings.filterwarnings("default", category=UserWarning)

        shown: set[str] = set()

        def show(message: Warning | str, *args: Any, **kwargs: Any) -> None:
            kind = re.sub(r"\d+", "", str(message))
            if kind not in shown:
                shown.add(kind)
                text = str(message)
                if isinstance(message, W2VWarning) and type(message) in _WAYS_OUT:
                    text = f"{message.what} {_WAYS_OUT[type(message)]}"
                self.warn(text)

        warnings.showwarning = show
        return stack


def one_line(text: str) -> str:
    """A message of many lines as one."""
    return " ".join(text.split())


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as JSON has them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


class Bars:
    """Progress bars with the time left, which show after two seconds.

    Parameters
    ----------
    console : rich.console.Console
        Of the error output.
    shown : bool
        Whether there are bars at all.
    stop : callable
        Whether the steps shall stop.
    """

    def __init__(self, console: Console, shown: bool, stop: Callable[[], bool]) -> None:
        self._console, self._shown, self._stop = console, shown, stop
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._timer: threading.Timer | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Bars:
        if self._shown:
            self._progress = _progress(self._console)
            self._stack.callback(self._progress.stop)
            self._timer = threading.Timer(_PATIENCE, self._progress.start)
            self._timer.daemon = True
            self._timer.start()
        self._stack.enter_context(listening(self.tell))
        return self

    def __exit__(self, *error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        self._stack.close()

    def report_progress(self, what: str, done: int, total: int, note: str = "") -> bool:
        """Move the bar of a step; hears of all steps within the block."""
        progress = self._progress
        if progress is not None:
            if what not in self._tasks:
                self._tasks[what] = progress.add_task(what, total=total or None)
            for name, task in self._tasks.items():
                if name not in (what, OUTER):
                    progress.update(task, visible=False)
            task = self._tasks[what]
            if done < progress.tasks[progress.task_ids.index(task)].completed:
                progress.reset(task, total=total or None)  # the next one, with its own time left
            progress.update(
                task,
                completed=done,
                total=total or None,
                description=note or what,
                visible=not total or done < total,
            )
        return self._stop()

    def asks(self, stop: Callable[[], bool]) -> None:
        """Let another one say whether the steps shall stop."""
        self._stop = stop

    def outer(self, done: int, total: int, note: str) -> bool:
        """Move the bar that stays above those of single steps."""
        return self.tell(OUTER, done, total, note)

    def walk(self, what: str, items: Any, total: int) -> Iterator[Any]:
        """Go through items, and tell how far it is."""
        for done, item in enumerate(items):
            self.tell(what, done, total)
            yield item
        self.tell(what, total, total)


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
        redirect_stdout=False,  # results must not land on the error output
    )
