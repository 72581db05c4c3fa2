"""What is private of joblib, and what happens without it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sklearn_w2v.utils.dask import local_jobs
from sklearn_w2v.utils.joblib_compat import register_for_workers, runs_on_dask

HIDDEN = "joblib.externals.loky.backend.reduction"


class Thing:
    pass


def test_a_type_is_registered_for_workers():
    reduction = pytest.importorskip(HIDDEN)
    assert register_for_workers(Thing, lambda thing: (Thing, ()))
    assert isinstance(reduction.loads(reduction.dumps(Thing())), Thing)


def test_without_the_private_part_nothing_is_registered(monkeypatch):
    monkeypatch.setitem(sys.modules, HIDDEN, None)  # an import of it fails now
    assert not register_for_workers(Thing, lambda thing: (Thing, ()))


def test_vectors_travel_to_workers_without_the_private_part():
    """They are pickled as usual: larger, but the same."""
    code = """
import pickle
import sys

import joblib.externals.loky.backend as backend
import numpy as np

reduction = sys.modules.pop("joblib.externals.loky.backend.reduction")
del backend.reduction
sys.modules["joblib.externals.loky.backend.reduction"] = None
from sklearn_w2v import WordVectors

sys.modules["joblib.externals.loky.backend.reduction"] = reduction
vectors = WordVectors([f"w{n}" for n in range(5000)], np.ones((5000, 50)))
sent = reduction.dumps(vectors)
assert len(sent) > vectors.vectors.nbytes, len(sent)
assert pickle.loads(sent) == vectors
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_joblib_runs_on_threads_or_processes_unless_it_is_told_otherwise(monkeypatch):
    assert not runs_on_dask()
    monkeypatch.setitem(sys.modules, "joblib.parallel", None)
    assert not runs_on_dask()
    assert local_jobs(2) == 2
