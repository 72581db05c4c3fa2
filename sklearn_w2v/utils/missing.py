"""What is said where a library is not installed that only training needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needed_for(what: str) -> Iterator[None]:
    """Say what a missing library was needed for, and how it comes.

    Parameters
    ----------
    what : str
        Subject of the message, such as ``"Training a network"``.

    Raises
    ------
    ImportError
        A module is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{what} needs {error.name}, which is not installed here: pip install sklearn-w2v, "
            "with its dependencies.",
            name=error.name,
        ) from error
