"""More words after those of a table."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..utils.forks import cached_property
from ..utils.saved_state import (
    expect,
    is_array,
    is_instance,
    is_texts,
    is_whole,
    lies_within,
    unexpected,
)
from .store import Store
from .subwords import Subwords

_DRAWN = 1 << 12  # rows that are drawn at once
_DEEPEST = 50  # extensions of extensions that a model file may hold


class ExtendedStore(Store):
    """A table and added words, whose rows are not stored but made when they are needed.

    Parameters
    ----------
    base : Store
        The table, which may be an extension itself.
    more : list of str
        Words to add.
    seed : int
        Seed of random rows.
    like : ndarray of shape (n_words,), int64, or None
        For each added word, the index of the table's word whose row it copies, or -1.
    held : tuple of ndarray, or None, default=None
        The rows, and whether they were drawn at random, if the table has lost the n-grams
        that they were made of.
    """

    def __init__(
        self,
        base: Store,
        more: list[str],
        seed: int,
        like: NDArray[np.int64] | None,
        held: tuple[NDArray[np.float32], NDArray[np.bool_]] | None = None,
    ) -> None:
        self.base, self.more, self.seed, self.like, self.held = base, more, seed, like, held
        self.path, self.aliases = base.path, base.aliases

    def __reduce__(self) -> tuple[Any, ...]:
        return ExtendedStore, (self.base, self.more, self.seed, self.like, self.held)

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.blake2b(f"{self.base.fingerprint} {self.seed}\n".encode(), digest_size=16)
        for word in self.more:
            name = word.encode("utf-8", "surrogatepass")
            digest.update(b"%d " % len(name) + name)
        if self.like is not None:
            digest.update(b"like" + self.like.tobytes())
        return digest.hexdigest()

    @property
    def is_open(self) -> bool:
        return self.base.is_open

    @property
    def root(self) -> Store:
        return self.base.root

    @property
    def dim(self) -> int:
        return self.base.dim

    @property
    def words(self) -> list[str]:
        return self.base.words + self.more

    def words_at(self, indices: NDArray[np.int64]) -> list[str]:
        size = len(self.base)
        added = indices >= size
        if not added.any():
            return self.base.words_at(indices)
        known = iter(self.base.words_at(indices[~added]))
        return [next(known) if at < size else self.more[at - size] for at in indices.tolist()]

    @property
    def n_rows(self) -> int:
        return self.base.n_rows + len(self.more)

    @property
    def moments(self) -> tuple[NDArray[np.float32], float]:
        return self.base.moments

    @property
    def subwords(self) -> Subwords | None:
        return self.base.subwords

    def __len__(self) -> int:
        return len(self.base) + len(self.more)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.more, len(self.base))}

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        found = self.base.find(words)
        for place in np.flatnonzero(found < 0).tolist():
            found[place] = self._index.get(words[place], -1)
        return found

    def row_of(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        size = len(self.base)
        if not len(indices) or indices.max() < size:
            return self.base.row_of(indices)
        rows = indices - size + self.base.n_rows
        rows[indices < size] = self.base.row_of(indices[indices < size])
        return rows

    def first_words(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        size = self.base.n_rows
        indices = rows - size + len(self.base)
        indices[rows < size] = self.base.first_words(rows[rows < size])
        return indices

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        size = self.base.n_rows
        if not len(rows) or rows.max() < size:
            return self.base.take(rows)
        known = rows < size
        out = np.empty((len(rows), self.dim), np.float32)
        out[known] = self.base.take(rows[known])
        out[~known] = self._own_rows(rows[~known] - size)
        return out

    def holds(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        there = rows >= self.base.n_rows
        there[~there] = self.base.holds(rows[~there])
        return there

    def check_whole(self) -> None:
        self.base.check_whole()

    def expanded(self) -> NDArray[np.float32]:
        whole = np.concatenate([self.base.expanded(), self._own_rows(np.arange(len(self.more)))])
        whole.flags.writeable = False
        return whole

    def _own_rows(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """Make rows of added words: drawn, made of n-grams, or copied.

        Drawn ones are uniform on [-a, a] with the variance of the table's values (Kim 2014,
        section 3.2).
        """
        if self.held is not None:
            return np.asarray(self.held[0][places])
        words = [self.more[place] for place in places.tolist()]
        rows = _drawn_rows(words, self.seed, self.dim)
        rows *= np.float32(np.sqrt(3 * self.moments[1]))
        if self.subwords is not None:
            composed, known = self.subwords.compose(words)
            rows[known] = composed[known]
        if self.like is not None:
            like = self.like[places]
            copied = like >= 0
            rows[copied] = self.base.take(self.base.row_of(like[copied]))
        return rows

    def drawn(self, indices: NDArray[np.int64]) -> NDArray[np.bool_]:
        out = np.zeros(len(indices), bool)
        added = indices >= len(self.base)
        out[~added] = self.base.drawn(indices[~added])
        if added.any():
            out[added] = self._drawn_here(indices[added] - len(self.base))
        return out

    def _drawn_here(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which of the added words have rows that were drawn at random."""
        if self.held is not None:
            return self.held[1][places]
        random = np.ones(len(places), bool)
        if self.subwords is not None:
            random = ~self.subwords.compose([self.more[place] for place in places.tolist()])[1]
        if self.like is not None:
            like = self.like[places]
            copied = like >= 0
            random[copied] = self.base.drawn(like[copied])
        return random

    def copied(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        out = np.full(len(indices), -1, np.int64)
        added = indices >= len(self.base)
        out[~added] = self.base.copied(indices[~added])
        if self.like is not None:
            out[added] = self.like[indices[added] - len(self.base)]
        return out

    def continues(self, other: Store) -> bool:
        if super().continues(other) or self.base.continues(other):
            return True
        if isinstance(other, ExtendedStore) and self.base.fingerprint == other.base.fingerprint:
            size = len(other.more)
            return (
                self.seed == other.seed
                and self.more[:size] == other.more
                and np.array_equal(
                    _filled(self.like, len(self.more))[:size], _filled(other.like, size)
                )
            )
        return False

    def _check_saved_state(self) -> None:
        store: Store = self
        for _ in range(_DEEPEST):
            if not isinstance(store, ExtendedStore):
                break
            store._check_own_state()
            store = store.base
        if isinstance(store, ExtendedStore):
            raise ValueError("word vectors in it are extended too often")
        store._check_saved_state()

    def _check_own_state(self) -> None:
        """Refuse what `extended` cannot have made, leaving aside the table that is extended."""
        expect(
            self,
            {
                "base": is_instance(Store),
                "more": is_texts,
                "seed": is_whole(0, float("inf")),
                "like": lambda like: like is None or is_array(np.int64, len(self.more))(like),
                "held": lambda held: held is None or (type(held) is tuple and len(held) == 2),
            },
        )

    def _check_opened_state(self) -> None:
        size, dim = len(self.more), self.dim
        if self.like is not None and not lies_within(self.like, -1, len(self.base)):
            raise unexpected(self, "like")
        if self.held is not None:
            rows, random = self.held
            if not (is_array(np.float32, size, dim)(rows) and is_array(bool, size)(random)):
                raise unexpected(self, "held")
        self.base._check_opened_state()


def _drawn_rows(words: Sequence[str], seed: int, dim: int) -> NDArray[np.float32]:
    """Draw a row on [-1, 1) for each word, which depends on the word and the seed alone.

    So a word has the same row in every fold and process, and whatever other words there are.
    """
    start = hashlib.shake_128(b"%d " % seed)
    rows = np.empty((len(words), dim), np.float32)
    for first in range(0, len(words), _DRAWN):
        part = words[first : first + _DRAWN]
        bits = []
        for word in part:
            stream = start.copy()
            stream.update(word.encode("utf-8", "surrogatepass"))
            bits.append(stream.digest(4 * dim))
        numbers = np.frombuffer(b"".join(bits), "<u4").reshape(len(part), dim)
        # 24 bits are what float32 holds exactly
        rows[first : first + _DRAWN] = (numbers >> 8).astype(np.float32) * np.float32(2**-23) - 1
    return rows


def _filled(like: NDArray[np.int64] | None, size: int) -> NDArray[np.int64]:
    return np.full(size, -1, np.int64) if like is None else like


def check_extension(
    store: Store, words: Sequence[str], seed: int, like: ArrayLike | None
) -> tuple[list[str], NDArray[np.int64] | None]:
    """Check words to add and the rows that they copy, and return what `ExtendedStore` takes.

    Raises
    ------
    TypeError
        A word is not a str.
    ValueError
        Words repeat or are known, the seed is not valid, or `like` does not fit.
    """
    if not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"Got seed={seed!r} but expected a whole number of at least 0.")
    words = checked_words(words)
    known = store.find(words) >= 0
    if known.any():
        raise ValueError(
            f"Got the word {words[int(known.argmax())]!r}, which these vectors have, but expected "
            "words that they lack."
        )
    if like is None:
        return words, None
    given = np.asarray(like)
    if given.shape != (len(words),) or (given.size and given.dtype.kind not in "iu"):
        raise ValueError(
            f"Got like of shape {given.shape} and dtype {given.dtype} but expected an integer "
            f"for each of {len(words)} words."
        )
    if given.size and (given.min() < -1 or given.max() >= len(store)):
        raise ValueError(
            f"Got like from {given.min()} to {given.max()} but expected -1 to {len(store) - 1}: "
            f"these vectors have {len(store)} words."
        )
    rows = given.astype(np.int64)
    return words, rows if (rows >= 0).any() else None


def checked_words(words: Sequence[str]) -> list[str]:
    """Return words as plain str, after a check that they are distinct.

    Raises
    ------
    TypeError
        A word is not a str.
    ValueError
        Words repeat.
    """
    words = list(words)
    odd = next((word for word in words if not isinstance(word, str)), None)
    if odd is not None:
        raise TypeError(
            f"Got the word {odd!r} of type {type(odd).__name__} but expected words of type str."
        )
    words = list(map(str, words))
    if len(set(words)) != len(words):
        raise ValueError("Got words that repeat but expected distinct ones.")
    return words
