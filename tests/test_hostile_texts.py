"""Files, texts and labels from elsewhere, through whole pipelines; in the form that ends soon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from _texts import CASES, TEXTS, try_case

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("bow", ["ngrams", None])
@pytest.mark.parametrize("network", ["lstm", "cnn"])
@pytest.mark.parametrize("case", CASES)
def test_documents_and_labels_that_no_corpus_should_have(case, network, bow):
    try_case(case, network, bow)


@pytest.mark.parametrize("kind", [kind for kind in TEXTS if kind != "sets"])
def test_texts_that_no_corpus_should_have(kind):
    row = TEXTS[kind](quick=True)
    assert row.count >= 3
    assert row.failures == 0


def test_the_script_of_hostile_files_in_short(tmp_path):
    # with a table of another path, in a process whose memory hostile files cannot harm
    rows = tmp_path / "rows.jsonl"
    done = subprocess.run(
        [sys.executable, str(ROOT / "stress" / "hostile.py"), "--quick", "--parts", "vectors"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "SKLEARN_W2V_STRESS_ROWS": str(rows)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = list(map(json.loads, rows.read_text().splitlines()))
    assert [row["what"] for row in seen] == [
        "vector files cut",
        "vector files with bits flipped",
        "vector files shuffled",
    ]
    assert [row["failures"] for row in seen] == [0, 0, 0], done.stdout
    assert all(row["count"] == 140 for row in seen)
