"""Rows of word vectors that a network holds, and which words they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.arrays import parts
from ..vectors.word_vectors import FIRST_ID, OOV_ID, PADDING_ID, WordVectors
from .design import RANDOM_DIM, Design

_RANDOM_BLOCK = 256  # ids whose random rows are drawn together
_DENSE = 1 << 22  # ids below which each has a place of its own in a map
_EXACT = 64  # rows up to which a table has no spare ones


class RowMap:
    """A map from ids of the vectors to rows of a small table.

    Rows are in the order in which ids came: rows 0 and 1 are padding and unknown, and
    later ids are appended, so that a table that grows keeps its rows.
    """

    def __init__(self, ids: NDArray[np.int32]) -> None:
        self.ids = ids
        self._order = np.argsort(ids, kind="stable")
        self._sorted = ids[self._order]
        self._dense: NDArray[np.int32] | None = None
        if self._sorted[-1] < _DENSE:  # looking up is ten times as fast as searching
            self._dense = np.full(self._sorted[-1] + 2, -1, np.int32)
            self._dense[ids] = np.arange(len(ids), dtype=np.int32)

    @classmethod
    def of(cls, ids: NDArray[np.int32]) -> RowMap:
        used = np.union1d(np.array([PADDING_ID, OOV_ID], np.int32), distinct(ids))
        return cls(used.astype(np.int32))

    def rows(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the row of each id; -1 where the table has none."""
        if self._dense is not None:  # the last place is that of all larger ids
            return self._dense.take(ids, mode="clip")
        places = np.minimum(np.searchsorted(self._sorted, ids), len(self._sorted) - 1)
        rows = self._order[places].astype(np.int32)
        rows[self._sorted[places] != ids] = -1
        return rows

    def with_more(self, ids: NDArray[np.int32]) -> RowMap:
        new = np.setdiff1d(distinct(ids), self.ids).astype(np.int32)
        return RowMap(np.concatenate([self.ids, new])) if len(new) else self


def distinct(ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return sorted distinct ids, without sorting them all."""
    if not ids.size:
        return ids.ravel()
    there = np.zeros(int(ids.max()) + 1, bool)
    for part in parts(ids):
        there[ids[part]] = True
    return np.flatnonzero(there).astype(np.int32)


def random_rows(ids: NDArray[np.int32], dim: int, seed: int) -> NDArray[np.float32]:
    """Draw rows that depend on their id and the seed alone: a table that grows keeps its own.

    Uniform on [-0.25, 0.25]; padding has zeros.
    """
    out = np.zeros((len(ids), dim), np.float32)
    blocks = ids // _RANDOM_BLOCK
    for block in distinct(blocks).tolist():
        draw = np.random.default_rng([seed, block]).random((_RANDOM_BLOCK, dim), np.float32)
        here = np.flatnonzero((blocks == block) & (ids != PADDING_ID))
        out[here] = draw[ids[here] % _RANDOM_BLOCK] / 2 - 0.25
    return out


def padded_size(n_rows: int) -> int:
    """Round a number of rows up to an eighth of a power of two, so that folds have one size.

    TensorFlow prepares a graph anew for each shape of a variable, and keeps all of them.
    """
    if n_rows <= _EXACT:
        return n_rows
    step = 1 << ((n_rows - 1).bit_length() - 4)
    return -(-n_rows // step) * step


class Table:
    """The rows of word vectors that a network holds, and where other rows come from.

    After the rows come spare ones, zeros that nothing reads (`padded_size`).

    Parameters
    ----------
    rows : RowMap
        Ids of the rows.
    vectors : WordVectors or None
        What the ids index; None where the table is random.
    values : ndarray of shape (n_rows, dim) or None
        The rows; None takes them from the vectors.
    seed : int
        Of random rows, used without vectors.
    dim : int, default=RANDOM_DIM
        Size of random rows.
    double : bool, default=False
        Whether a frozen copy of the first values is a second channel, which is added.
    """

    def __init__(
        self,
        rows: RowMap,
        vectors: WordVectors | None,
        values: NDArray[np.float32] | None,
        seed: int,
        dim: int = RANDOM_DIM,
        double: bool = False,
    ) -> None:
        self.rows, self.vectors, self.seed = rows, vectors, seed
        self._random_dim, self.double = dim, double
        size = padded_size(len(rows.ids))
        if values is None or double:
            spare = np.full(size - len(rows.ids), PADDING_ID, np.int32)
            first = self.initial(np.concatenate([rows.ids, spare]), vectors)
        if values is not None and len(values) < size:
            spare_rows = np.zeros((size - len(values), values.shape[1]), np.float32)
            values = np.concatenate([values, spare_rows])
        self._values: Any = first if values is None else values
        self._frozen: Any = first if double else None

    @classmethod
    def of_design(
        cls,
        design: Design,
        vectors: WordVectors | None,
        rows: RowMap,
        values: NDArray[np.float32] | None = None,
    ) -> Table:
        """Return the table of a design, whose channels say where the rows come from."""
        source = None if design.channels == "rand" else vectors
        architecture = design.architecture
        double = design.channels == "multichannel"
        return cls(rows, source, values, architecture.seed, architecture.dim, double)

    @property
    def dim(self) -> int:
        return int(self._values.shape[1])

    @property
    def values(self) -> NDArray[np.float32]:
        """The rows as they are now; a copy, once a layer has them."""
        return np.asarray(self._values)[: len(self.rows.ids)]

    @values.setter
    def values(self, values: NDArray[np.float32]) -> None:
        padded = np.zeros((padded_size(len(values)), values.shape[1]), np.float32)
        padded[: len(values)] = values
        if isinstance(self._values, np.ndarray):
            self._values = padded
        else:
            self._values.assign(padded)

    @property
    def frozen(self) -> NDArray[np.float32] | None:
        """The rows of the frozen copy."""
        return np.asarray(self._frozen)[: len(self.rows.ids)] if self.double else None

    def channels(self) -> list[NDArray[np.float32]]:
        """Return the rows and those of the frozen copy, with the spare ones, for layers."""
        return [np.asarray(one) for one in (self._values, self._frozen) if one is not None]

    def hand_over(self, values: Any, frozen: Any = None) -> None:
        """Let layers hold the rows from now on (`KerasRows`): there is one copy of them."""
        self._values, self._frozen = values, frozen

    def initial(self, ids: NDArray[np.int32], vectors: WordVectors | None) -> NDArray[np.float32]:
        """Return what the rows of ids hold before training."""
        if vectors is not None:
            return vectors.take(ids)
        return random_rows(ids, self._random_dim, self.seed)

    def embed(
        self, ids: NDArray[np.int32], vectors: WordVectors | None = None
    ) -> NDArray[np.float32]:
        """Return the sum of the channels' vectors of ids.

        Ids that the table lacks take the row of `vectors`, an extension of the table's own
        vectors, untouched.
        """
        rows = self.rows.rows(ids)
        unseen = rows < 0
        rows[unseen] = OOV_ID
        out: NDArray[np.float32] = self._values[rows]
        if self.double:
            out += self._frozen[rows]
        if self.vectors is not None and unseen.any():
            new, inverse = np.unique(ids[unseen], return_inverse=True)
            more = (vectors or self.vectors).take(new)
            out[unseen] = (2 * more if self.double else more)[inverse]
        return out

    def grown(self, ids: NDArray[np.int32]) -> Table:
        """Return this table with rows for more ids."""
        rows = self.rows.with_more(ids)
        if rows is self.rows:
            return self
        values = self.values
        more = rows.ids[len(values) :]
        spare = np.full(padded_size(len(rows.ids)) - len(rows.ids), PADDING_ID, np.int32)
        more_rows = self.initial(np.concatenate([more, spare]), self.vectors)
        values = np.concatenate([values, more_rows])
        return Table(rows, self.vectors, values, self.seed, self._random_dim, self.double)

    def word_vectors(self, vectors: WordVectors) -> WordVectors:
        """Return all word vectors, those of this table with its rows.

        Raises
        ------
        ValueError
            A row is not finite, or not there.
        """
        words = self.rows.ids >= FIRST_ID
        values = self.values
        if not np.isfinite(values).all():
            raise ValueError("Training gave word vectors that are not finite; lower learning_rate.")
        return vectors.replaced(self.rows.ids[words], values[words])

    def is_untouched(self) -> bool:
        """Whether the rows are still those of the vectors."""
        if self.vectors is None:
            return False
        return np.array_equal(self.values, self.initial(self.rows.ids, self.vectors))
