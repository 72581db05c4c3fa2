"""Write benchmarks/results/reliability.md from the rows of the stress scripts."""

from __future__ import annotations

import platform
from importlib.metadata import version
from itertools import groupby

from _rows import RESULTS, Row, read
from joblib import cpu_count

_PACKAGES = ("scikit-learn", "keras", "tensorflow", "gensim", "skops", "numpy")
_NOTES = """\
What `make stress` saw. A failure is whatever must not happen: a crash, a half file taken for a
whole one, a hang, or other predictions than before, in silence. `make stress ONLY=faults` renews
the rows of one script; each row has its own day."""


def table(rows: list[Row]) -> str:
    """Table in Markdown."""
    lines = ["| what | times | failures | seconds | | day |", "|---|---:|---:|---:|---|---|"]
    lines += [
        f"| {row.what} | {row.count:,} | {row.failures:,} | {row.seconds:,.0f} | {row.note} "
        f"| {row.date} |"
        for row in rows
    ]
    return "\n".join(lines)


def machine() -> str:
    """One line about versions and the machine of the last run, of all rows or of some."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"Python {platform.python_version()}, {versions}; {platform.system()} "
        f"{platform.machine()}, {cpu_count()} cores"
    )


def main() -> int:
    """Write the table; returns 1 if something failed."""
    rows = read()
    parts = ["# Reliability", _NOTES, machine()]
    for area, its in groupby(rows, key=lambda row: row.area):
        parts += [f"## {area.capitalize()}", table(list(its))]
    path = RESULTS / "reliability.md"
    work = path.with_suffix(".tmp")
    work.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    work.replace(path)
    print(path)
    return int(any(row.failures for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
