"""The words of a batch, each distinct one once, for layers that project single words.

A batch holds most of its words more than once. What an LSTM adds to its gates depends on the
word alone, so that a product for each distinct word will do, in training as in prediction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

Tensor = Any


@dataclass(frozen=True)
class DistinctWords:
    """Vectors of a batch, and what they are made of.

    Parameters
    ----------
    vectors : tensor of shape (batch, steps, dim)
        Of each word of each document.
    rows : tensor of shape (n_words, dim)
        Of each distinct word.
    places : tensor of shape (batch, steps), int32
        Which row each word has.
    """

    vectors: Tensor
    rows: Tensor
    places: Tensor


_traced: ContextVar[DistinctWords | None] = ContextVar("_traced", default=None)


@contextmanager
def known_words(rows: Tensor, places: Tensor) -> Iterator[Tensor]:
    """Give the vectors of a batch, of which layers may know within the block what they are made of.

    Parameters
    ----------
    rows, places : tensor
        As of `DistinctWords`.
    """
    import tensorflow as tf

    words = DistinctWords(tf.gather(rows, places), rows, places)
    token = _traced.set(words)
    try:
        yield words.vectors
    finally:
        _traced.reset(token)


def distinct_words(vectors: Tensor) -> DistinctWords | None:
    """Return the words of a batch; None for a tensor that is anything else than their vectors."""
    words = _traced.get()
    return words if words is not None and words.vectors is vectors else None
