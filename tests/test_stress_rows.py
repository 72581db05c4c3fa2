"""The table of the stress scripts, whose rows may be of different days."""

from __future__ import annotations

import json

import report
from _rows import Row, append, read


def test_rows_keep_their_own_day_when_a_part_is_renewed(tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    monkeypatch.setenv("SKLEARN_W2V_STRESS_ROWS", str(path))
    old = [{"area": "a", "what": name, "count": 1, "date": "2020-01-02"} for name in ("x", "y")]
    path.write_text("".join(json.dumps(row) + "\n" for row in old))
    monkeypatch.setattr("_rows.time.strftime", lambda form: "2021-03-04")
    append(Row("a", "x", count=7))
    rows = read()
    assert [(row.what, row.count, row.date) for row in rows] == [
        ("x", 7, "2021-03-04"),
        ("y", 1, "2020-01-02"),
    ]
    lines = report.table(rows).splitlines()
    assert lines[2:] == ["| x | 7 | 0 | 0 |  | 2021-03-04 |", "| y | 1 | 0 | 0 |  | 2020-01-02 |"]
