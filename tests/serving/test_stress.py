"""The short form of the stress script, so that the long one still runs when somebody asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot fork")
def test_the_service_stands_what_the_stress_script_does(tmp_path):
    rows = tmp_path / "rows.jsonl"
    done = subprocess.run(
        [sys.executable, str(ROOT / "stress" / "serving.py"), "--quick"],
        env={**os.environ, "SKLEARN_W2V_STRESS_ROWS": str(rows), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    assert len(found) == 7
    assert [(row["what"], row["failures"]) for row in found if row["failures"]] == [], done.stdout
