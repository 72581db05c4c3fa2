"""What Dask would get wrong: arrays with more to them, and jobs within jobs.

It sends a subclass of an array as the plain array, unless it is told how. It can be told
only once it is imported, which may be after this package, or never.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from joblib import effective_n_jobs, parallel_config
from joblib.parallel import get_active_backend

_SERIALIZE = "distributed.protocol.serialize"


def send_whole(array_type: type) -> None:
    """Let Dask pickle the arrays of a type, now or as soon as it is imported.

    Parameters
    ----------
    array_type : type
        Subclass of ndarray.
    """
    module = sys.modules.get(_SERIALIZE)
    if module is not None and hasattr(module, "pickle_loads"):  # and not just being imported
        _register(module, array_type)
    else:
        sys.meta_path.insert(0, _Watcher(array_type))


def _register(module: Any, array_type: type) -> None:
    try:
        module.dask_serialize.register(array_type, module.pickle_dumps)
        module.dask_deserialize.register(array_type, module.pickle_loads)
    except AttributeError:  # another version of Dask: arrays arrive without their vectors
        pass


def local_jobs(n_jobs: int | None) -> int:
    """How many processes or threads of this machine ``n_jobs`` means.

    Within ``parallel_config("dask")``, and so in each task of a search there, joblib would
    count the cores of the cluster: a fold would hand its texts to all other workers.

    Parameters
    ----------
    n_jobs : int or None
        None means 1 on Dask, else what joblib makes of it.
    """
    backend, _ = get_active_backend()
    if type(backend).__name__ != "DaskDistributedBackend":
        return int(effective_n_jobs(n_jobs))
    if n_jobs is None:
        return 1
    with parallel_config(backend="threading"):
        return int(effective_n_jobs(n_jobs))


class _Watcher(MetaPathFinder):
    """Registers a type behind the import of Dask's module; finds nothing by itself."""

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
