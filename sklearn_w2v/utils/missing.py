"""What is said where a library is not installed that only some of the work needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needed_for(what: str, extra: str | None = None) -> Iterator[None]:
    """Say what a missing library was needed for, and how it comes.

    Parameters
    ----------
    what : str
        Subject of the message, such as ``"Training a network"``.
    extra : str or None, default=None
        Extra of this package that brings it; None where it is one of its dependencies.

    Raises
    ------
    ImportError
        A module is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        way_out = (
            "sklearn-w2v, with its dependencies." if extra is None else f"'sklearn-w2v[{extra}]'"
        )
        raise ImportError(
            f"{what} needs {error.name}, which is not installed here: pip install {way_out}",
            name=error.name,
        ) from error
