"""Words and rows as a model file holds them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..exceptions import RowsLeftOutWarning
from ..utils.files import file_name
from ..utils.forks import cached_property
from ..vectors.store import Store, TableStore
from ..vectors.subwords import Subwords

WHOLE = "vectors='all' or vectors='reference' in sklearn_w2v.save keeps them"


class PackedStore(TableStore):
    """All words of a table, and all or some of its rows, as plain arrays.

    Words keep their places and rows their numbers, so ids mean here what they mean in the
    table. A row that is not held reads as that of an unknown word, and a warning says so.

    Parameters
    ----------
    name : str
        What the table was called, for messages.
    fingerprint : str
        That of the table.
    text : ndarray of shape (n_bytes,), uint8
        The words' UTF-8, one after the other.
    sizes : ndarray of shape (n_words,), int32
        Number of bytes of each word.
    rows : int
        Number of rows of the table.
    kept : ndarray of shape (n_kept,), int64, or None
        Numbers of the rows that are held, in order; None holds all.
    matrix : ndarray of shape (n_kept, dim), float32
        These rows.
    shared : ndarray of shape (n_words,), int32, or None
        Row of each word; None where each has its own.
    moments : tuple of (ndarray of shape (dim,), float)
        Mean row and variance of the table.
    ngrams : tuple of (ndarray, int, int) or None
        Of the table's subwords.

    Raises
    ------
    ValueError
        The parts do not fit each other.
    """

    def __init__(
        self,
        name: str,
        fingerprint: str,
        text: NDArray[np.uint8],
        sizes: NDArray[np.int32],
        rows: int,
        kept: NDArray[np.int64] | None,
        matrix: NDArray[np.float32],
        shared: NDArray[np.int32] | None,
        moments: tuple[NDArray[np.float32], float],
        ngrams: tuple[NDArray[np.float32], int, int] | None,
    ) -> None:
        self._args = (name, fingerprint, text, sizes, rows, kept, matrix, shared, moments, ngrams)
        super().__init__(matrix, shared, None if ngrams is None else Subwords(*ngrams))
        self.name, self.kept, self._rows = name, kept, rows
        self._fingerprint, self._moments = fingerprint, moments
        self._text, self._sizes = text, sizes
        self._warned = False
        self._check()
        self.matrix.flags.writeable = False

    @classmethod
    def of(cls, store: Store, kept: NDArray[np.int64] | None) -> PackedStore:
        """Pack a table.

        Parameters
        ----------
        store : Store
            The table.
        kept : ndarray of shape (n_kept,), int64, or None
            Numbers of the rows to hold, in order; None holds all, and the n-grams, too.
        """
        words = [word.encode("utf-8", "surrogatepass") for word in store.words]
        shared = None
        if len(words) != store.n_rows:
            shared = store.row_of(np.arange(len(words))).astype(np.int32)
        grams = store.subwords if kept is None else None
        return cls(
            file_name(store.path or ""),
            store.fingerprint,
            np.frombuffer(b"".join(words), np.uint8),
            np.fromiter(map(len, words), np.int32, len(words)),
            store.n_rows,
            kept,
            store.take(np.arange(store.n_rows) if kept is None else kept),
            shared,
            store.moments,
            None if grams is None else (np.array(grams.ngrams), grams.min_n, grams.max_n),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return PackedStore, self._args

    def _check(self) -> None:
        """Refuse parts that do not fit: a file may hold anything in their places."""
        name, fingerprint, text, sizes, rows, kept, matrix, shared, moments, _ = self._args
        if not (
            isinstance(name, str)
            and isinstance(fingerprint, str)
            and _is_array(text, np.uint8, 1)
            and _is_array(sizes, np.int32, 1)
            and isinstance(rows, int)
            and (kept is None or _is_array(kept, np.int64, 1))
            and _is_array(matrix, np.float32, 2)
            and (shared is None or _is_array(shared, np.int32, 1))
            and len(moments) == 2
            and _is_array(moments[0], np.float32, 1)
            and np.isfinite(moments[1])
            and self._fits()
        ):
            raise ValueError("word vectors whose parts do not fit each other")

    def _fits(self) -> bool:
        """Whether shapes and numbers agree."""
        rows = self._rows if self.kept is None else len(self.kept)
        places = self._sizes[:0] if self.shared is None else self.shared
        words = self._rows if self.shared is None else len(places)
        return bool(
            self.dim
            and len(self.matrix) == rows
            and 0 < self._rows <= words == len(self._sizes)
            and len(self._moments[0]) == self.dim
            and (self._sizes >= 0).all()
            and int(self._sizes.sum(dtype=np.int64)) == len(self._text)
            and (not len(places) or 0 <= places.min() <= places.max() < self._rows)
            and (self.kept is None or _increases(self.kept, self._rows))
            and _is_text(self._text, self._sizes)
        )

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def n_rows(self) -> int:
        return self._rows

    @property
    def moments(self) -> tuple[NDArray[np.float32], float]:
        return self._moments

    def __len__(self) -> int:
        return len(self._sizes)

    @property
    def words(self) -> list[str]:
        text, ends = self._text.tobytes(), accumulate(self._sizes.tolist(), initial=0)
        return [text[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)]

    def words_at(self, indices: NDArray[np.int64]) -> list[str]:
        ends = self._ends[indices]
        text, starts = self._text.data, ends - self._sizes[indices]
        return [
            str(text[start:end], "utf-8", "surrogatepass")
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        return np.cumsum(self._sizes, dtype=np.int64)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words)}

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        get = self._index.get
        return np.fromiter((get(word, -1) for word in words), np.int64, len(words))

    def holds(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        if self.kept is None:
            return super().holds(rows)
        if not len(self.kept):
            return np.zeros(len(rows), bool)
        places = np.searchsorted(self.kept, rows)  # unlike `isin`, reads no more than it must
        return np.asarray(self.kept[np.minimum(places, len(self.kept) - 1)] == rows)

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        if self.kept is None:
            return super().take(rows)
        there = self.holds(rows)
        out = np.tile(self._moments[0], (len(rows), 1))
        out[there] = self.matrix[np.searchsorted(self.kept, rows[there])]
        if not self._warned and not there.all():
            self._warned = True
            warnings.warn(
                RowsLeftOutWarning(
                    f"{len(np.unique(rows[~there]))} words are known to the vectors {self.name!r}, "
                    "but this model was saved with only the rows that training used, so they "
                    "count as unknown here.",
                    f"{WHOLE}.",
                ),
                stacklevel=2,
            )
        return out

    def check_whole(self) -> None:
        if self.kept is not None and len(self.kept) < self._rows:
            raise ValueError(
                f"This model was saved with {len(self.kept)} of the {self._rows} rows of the "
                f"vectors {self.name!r}; {WHOLE}."
            )

    def expanded(self) -> NDArray[np.float32]:
        self.check_whole()
        return super().expanded()


def _increases(kept: NDArray[np.int64], rows: int) -> bool:
    if not len(kept):
        return True
    return bool(kept[0] >= 0 and kept[-1] < rows and (np.diff(kept) > 0).all())


def _is_array(value: Any, dtype: Any, ndim: int) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == dtype and value.ndim == ndim


def _is_text(text: NDArray[np.uint8], sizes: NDArray[np.int32]) -> bool:
    """Whether bytes are UTF-8 and each word begins with a character's first byte."""
    try:
        text.tobytes().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    starts = np.cumsum(sizes, dtype=np.int64)[:-1]
    return not ((text[starts[starts < len(text)]] & 0xC0) == 0x80).any()
