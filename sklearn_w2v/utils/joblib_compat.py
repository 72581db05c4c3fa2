"""Everything of joblib's that is private or moves between its releases.

Other modules import it from here, so that a new release of joblib is mended in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def register_for_workers(kind: type, reduce: Callable[[Any], tuple[Any, ...]]) -> bool:
    """Set how objects of a type are pickled for joblib's worker processes alone.

    The table of such functions belongs to loky, which joblib holds as a private copy; there is
    no public way to it. Without that table, workers get what pickle makes of the object, which
    is right but may be large.

    Parameters
    ----------
    kind : type
        Type of the objects.
    reduce : callable
        Takes an object and returns what ``__reduce__`` would.

    Returns
    -------
    bool
        Whether the table was found.
    """
    try:
        from joblib.externals.loky.backend.reduction import register
    except ImportError:
        return False
    register(kind, reduce)
    return True


def runs_on_dask() -> bool:
    """Return whether joblib hands its jobs to Dask here.

    Which backend is active, joblib tells by a function that is not among its public names.
    Without it, the answer is no, and jobs are counted as joblib counts them.
    """
    try:
        from joblib.parallel import get_active_backend
    except ImportError:
        return False
    return type(get_active_backend()[0]).__name__ == "DaskDistributedBackend"
