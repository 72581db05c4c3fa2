"""Rows with the results of the stress scripts; ``report.py`` makes a table of them.

A row is one kind of fault or input, tried `count` times. A failure is anything that must not
happen: a crash, an incomplete file taken for a complete one, a changed prediction.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
_VARIABLE = "SKLEARN_W2V_STRESS_ROWS"


@dataclass
class Row:
    """One line of the table.

    Parameters
    ----------
    area : str
        Heading of the row in the table, such as ``"faults"``.
    what : str
        What was done, in a few words; with `area`, it names the row.
    count : int, default=0
        How many times.
    failures : int, default=0
        How many of them failed.
    seconds : float, default=0.0
        Wall time of all.
    note : str, default=""
        Other measurements, in words.
    date : str, default=""
        Day on which it was measured, as ``2026-11-26``; empty until it is written.
    """

    area: str
    what: str
    count: int = 0
    failures: int = 0
    seconds: float = 0.0
    note: str = ""
    date: str = ""

    def fail(self, why: object) -> None:
        """Count a failure and print it."""
        self.failures += 1
        print(f"FAILURE {self.area} | {self.what}: {why}", flush=True)


def rows_file() -> Path:
    """The file of rows: ``$SKLEARN_W2V_STRESS_ROWS``, or that of the benchmarks' results."""
    return Path(os.environ.get(_VARIABLE) or RESULTS / "reliability.jsonl")


def append(row: Row) -> None:
    """Add a row to the file; the last one of an area and name counts."""
    path = rows_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    now = {"seconds": round(row.seconds, 2), "date": time.strftime("%Y-%m-%d")}
    line = json.dumps({**asdict(row), **now}, ensure_ascii=False)
    with open(path, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(
        f"{row.area} | {row.what}: {row.count}, {row.failures} failures, {row.seconds:.1f} s"
        + (f"; {row.note}" if row.note else ""),
        flush=True,
    )


@contextmanager
def measured(area: str, what: str) -> Iterator[Row]:
    """A row to count in; it is written, with the time, when the block ends without an error.

    Examples
    --------
    >>> with measured("hostile", "model files with a byte changed") as row:  # doctest: +SKIP
    ...     for case in cases:
    ...         row.count += 1
    ...         if not refused(case):
    ...             row.fail(case)
    """
    row = Row(area, what)
    start = time.perf_counter()
    yield row
    row.seconds = time.perf_counter() - start
    append(row)


def read(path: Path | None = None) -> list[Row]:
    """Rows of the file, the last one of each area and name, areas together."""
    path = path or rows_file()
    last: dict[tuple[str, str], Row] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            row = Row(**json.loads(line))
            last[row.area, row.what] = row
    areas = list(dict.fromkeys(row.area for row in last.values()))
    return sorted(last.values(), key=lambda row: areas.index(row.area))
