"""What Dask does not do by itself: arrays of our own types, and jobs within its tasks.

Dask sends a subclass of an array as a plain array, unless a function for its type is
registered. That is possible only after Dask was imported, which may happen after this package
is imported, or never. So a watcher waits for the import.
"""

from __future__ import annotations

import importlib.util
import pickle
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from joblib import effective_n_jobs, parallel_config

from .joblib_compat import runs_on_dask

_SERIALIZE = "distributed.protocol.serialize"


def send_whole(array_type: type) -> None:
    """Have Dask pickle the arrays of a type, now or as soon as it is imported.

    Parameters
    ----------
    array_type : type
        Subclass of ndarray.
    """
    module = sys.modules.get(_SERIALIZE)
    # another thread may be just importing it
    if module is None or getattr(module.__spec__, "_initializing", False):
        sys.meta_path.insert(0, _Watcher(array_type))
    else:
        _register(module, array_type)


def _register(module: Any, array_type: type) -> None:
    """Register functions for a type.

    Dask's own ones, which send the data without a copy, are private: without them, arrays are
    pickled as usual. Without the registry, which is public, nothing can be done: arrays arrive
    without their vectors.
    """
    dumps = getattr(module, "pickle_dumps", None)
    loads = getattr(module, "pickle_loads", None)
    if dumps is None or loads is None:
        dumps, loads = _dumps, _loads
    try:
        module.dask_serialize.register(array_type, dumps)
        module.dask_deserialize.register(array_type, loads)
    except AttributeError:
        pass


def _dumps(array: Any) -> tuple[dict[str, Any], list[bytes]]:
    return {}, [pickle.dumps(array)]


def _loads(header: dict[str, Any], frames: list[Any]) -> Any:
    return pickle.loads(b"".join(frames))  # of this session's own cluster


def local_jobs(n_jobs: int | None) -> int:
    """Return how many processes or threads of this machine ``n_jobs`` means.

    Within ``parallel_config("dask")``, and so in each task of a search there, joblib would
    count the cores of the cluster, and a fold would send its texts to all other workers.

    Parameters
    ----------
    n_jobs : int or None
        None means 1 on Dask, else what joblib makes of it.
    """
    if not runs_on_dask():
        return int(effective_n_jobs(n_jobs))
    if n_jobs is None:
        return 1
    with parallel_config(backend="threading"):
        return int(effective_n_jobs(n_jobs))


class _Watcher(MetaPathFinder):
    """Registers a type after the import of Dask's module; finds no module by itself."""

    def __init__(self, array_type: type) -> None:
        self._type = array_type

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _SERIALIZE:
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        plain, array_type = spec.loader.exec_module, self._type

        def exec_module(module: ModuleType) -> None:
            plain(module)
            _register(module, array_type)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
