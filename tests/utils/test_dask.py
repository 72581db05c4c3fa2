"""TokenIds keep their vectors when Dask sends them, whatever was imported first."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

pytest.importorskip("distributed")

SEND = """
import numpy as np
ids = TokenIds([[2, 3], [3, 0]], WordVectors(["a", "b"], [[1.0], [2.0]]))
for sent in (ids, ids[1], ids[:0], ids[:, ::-1]):
    got = deserialize(*serialize(sent))
    assert type(got) is TokenIds, type(got)
    assert got.vectors.words == ["a", "b"]
    assert got.tolist() == sent.tolist()
    got[...] = 1
plain = deserialize(*serialize(np.arange(3)))
assert type(plain) is np.ndarray and plain.tolist() == [0, 1, 2]
assert not any("sklearn_w2v" in type(finder).__module__ for finder in sys.meta_path)
"""
OURS = "from sklearn_w2v import TokenIds, WordVectors"
THEIRS = "from distributed.protocol import deserialize, serialize"


@pytest.mark.parametrize("first", [OURS, THEIRS])
def test_ids_keep_their_vectors(first):
    code = "\n".join(["import sys", first, OURS, THEIRS, SEND])
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_dask_is_not_imported_for_it():
    code = f"import sys\n{OURS}\nassert not {{'dask', 'distributed'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


HIDE = """
import importlib
module = importlib.import_module("distributed.protocol.serialize")
del module.pickle_dumps, module.pickle_loads
"""


def test_ids_keep_their_vectors_without_the_private_part_of_dask():
    code = "\n".join(["import sys", THEIRS, HIDE, OURS, SEND])
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_a_dask_without_a_registry_does_no_harm(monkeypatch):
    from sklearn_w2v import TokenIds
    from sklearn_w2v.utils import dask as _dask

    other = ModuleType(_dask._SERIALIZE)
    monkeypatch.setitem(sys.modules, _dask._SERIALIZE, other)
    before = list(sys.meta_path)
    _dask.send_whole(TokenIds)
    assert sys.meta_path == before
