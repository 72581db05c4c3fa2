"""What a fit that breaks off leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def former_on_error(estimator: Any, *names: str) -> Iterator[None]:
    """Where the block breaks off (an error, Ctrl-C), an estimator is as it was before.

    Parameters
    ----------
    estimator : estimator
        Its attributes are assigned in the block, not changed.
    *names : str
        The attributes in question; none means all of them, which are kept for that long.
    """
    own = vars(estimator)
    former = {name: own[name] for name in names or own if name in own}
    try:
        yield
    except BaseException:
        if names:
            former = {**{k: v for k, v in vars(estimator).items() if k not in names}, **former}
        estimator.__dict__ = former  # at once: Ctrl-C may come again
        raise
