"""WordVectors: words and their vectors, behind a handle that costs bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from multiprocessing import parent_process
from typing import Any

import numpy as np
from joblib.externals.loky.backend.reduction import register as _register_for_workers
from numpy.typing import ArrayLike, NDArray

from ._vector_files import write_file
from ._vector_store import FolderStore, MemoryStore, Store, open_file, open_folder

PADDING_ID = 0
OOV_ID = 1
FIRST_ID = 2  # id of row 0: a word2vec table has no row to spare for padding

_SAMPLE = 10_000  # rows that the table's mean and variance are estimated from
_BLOCK = 1 << 15


class WordVectors:
    """Words and a float32 matrix of their vectors; immutable.

    Vectors of a file are mapped, not loaded: processes of one machine share one copy,
    and pickling or copying the object costs bytes, since it holds the file's path and a
    fingerprint of its content. Vectors made in memory travel with their pickle.

    Parameters
    ----------
    words : sequence of str
        Distinct words.
    vectors : array-like of shape (n_words, dim)
        Their vectors; copied as float32.

    Attributes
    ----------
    words : list of str
        All words, in the order of the rows.
    dim : int
        Number of dimensions.
    vectors : ndarray of shape (n_words, dim), float32, read-only
        The matrix.
    path : str or None
        The file behind it.
    fingerprint : str
        Hash of the content.

    Raises
    ------
    TypeError
        A word is no str.
    ValueError
        Words repeat, or the shapes do not fit, or a value is not finite.

    See Also
    --------
    Word2VecTrainer : Learns word vectors from token lists.
    W2VIndexer : Turns token lists into ids of word vectors.

    Examples
    --------
    >>> from sklearn_w2v import WordVectors
    >>> vectors = WordVectors(["雨", "雪", "夏"], [[1, 0.1], [1, 0.2], [-1, 0.5]])
    >>> len(vectors), vectors.dim, "雪" in vectors
    (3, 2, True)
    >>> vectors.most_similar("雨", topn=1)[0][0]
    '雪'
    """

    def __init__(self, words: Sequence[str], vectors: ArrayLike) -> None:
        matrix = np.array(vectors, np.float32, order="C")
        words = list(words)
        if matrix.ndim != 2 or not matrix.shape[1] or len(matrix) != len(words):
            raise ValueError(
                f"Got {len(words)} words and vectors of shape {matrix.shape} but expected "
                "one row for each word."
            )
        if not words:
            raise ValueError("Got no words but expected at least one.")
        odd = next((word for word in words if not isinstance(word, str)), None)
        if odd is not None:
            raise TypeError(
                f"Got the word {odd!r} of type {type(odd).__name__} but expected words of type str."
            )
        if len(set(words)) != len(words):
            raise ValueError("Got words that repeat but expected distinct ones.")
        if not np.isfinite(matrix).all():
            raise ValueError("Got vectors with values that are not finite.")
        self._set(MemoryStore(words, matrix))

    def _set(
        self, store: Store | None, path: str | None = None, expected: str | None = None
    ) -> None:
        self._opened = store
        self.path = path
        self._expected = expected  # fingerprint that the file must have
        self._extra: tuple[list[str], int] = ([], 0)

    @classmethod
    def _from(cls, *args: Any, extra: tuple[list[str], int] | None = None) -> WordVectors:
        new = cls.__new__(cls)
        new._set(*args)
        if extra is not None:
            new._extra = extra
        return new

    # ------------------------------------------------------------------ making
    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> WordVectors:
        """Open a vectors file.

        Parameters
        ----------
        path : str or path
            word2vec binary or text, or GloVe text without header; plain or compressed
            with gzip, bzip2 or xz. The format is known by its content. The first
            opening converts the file into a form that is mapped from then on, in
            ``$SKLEARN_W2V_CACHE`` or the user's cache folder.

        Returns
        -------
        WordVectors
            A handle to the file.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ValueError
            The file is in no known format, or broken; the message names it.
        """
        name = os.path.abspath(os.fspath(path))
        return cls._from(open_file(name), name)

    @classmethod
    def from_gensim(cls, model: Any) -> WordVectors:
        """Copy gensim's vectors.

        Parameters
        ----------
        model : gensim.models.KeyedVectors or gensim.models.Word2Vec
            The vectors, or a model that has them as ``wv``.

        Returns
        -------
        WordVectors
            Vectors in memory. Where they come from a file, `load` is cheaper.
        """
        keyed = getattr(model, "wv", model)
        if not hasattr(keyed, "index_to_key"):
            raise TypeError(f"Got {type(model).__name__} but expected gensim's KeyedVectors.")
        return cls(keyed.index_to_key, keyed.vectors)

    def to_gensim(self) -> Any:
        """Copy into gensim's ``KeyedVectors``.

        Returns
        -------
        gensim.models.KeyedVectors
            With the same words in the same order.
        """
        from gensim.models import KeyedVectors

        keyed = KeyedVectors(self.dim)  # with a count, gensim adds behind that many empty rows
        keyed.add_vectors(self.words, np.array(self.vectors))
        return keyed

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write word2vec binary (``.bin``) or text (``.txt``, ``.vec``), plain or ``.gz``.

        Parameters
        ----------
        path : str or path
            Target; it is written beside and renamed, so that a former file stays whole.
        """
        write_file(
            os.fspath(path),
            self.words,
            lambda start, stop: self._rows(np.arange(start, min(stop, len(self)))),
            self.dim,
        )

    def get_keras_embedding(self, train_embeddings: bool = False) -> Any:
        """Keras ``Embedding`` layer with these vectors, as gensim 3 had it.

        Row 0 is padding (masked), row 1 stands for unknown words, and word ``i`` has
        row ``i + 2``: the ids that `W2VIndexer` makes.

        Parameters
        ----------
        train_embeddings : bool, default=False
            Whether training may change the vectors.

        Returns
        -------
        keras.layers.Embedding
            Built, with its weights set. The matrix is no part of its config, so that a
            model which holds it can be saved and loaded.
        """
        from ._networks import embedding_layer

        return embedding_layer(
            self.take(np.arange(len(self) + FIRST_ID)), train_embeddings, mask_zero=True
        )

    # ----------------------------------------------------------------- reading
    @property
    def _store(self) -> Store:
        if self._opened is None:
            assert self.path is not None
            try:
                store = open_file(self.path)
            except FileNotFoundError as error:
                raise FileNotFoundError(
                    f"These word vectors stand in {self.path!r}, which is not there any more; "
                    "put the file back."
                ) from error
            if store.fingerprint != self._expected:
                raise ValueError(
                    f"The vectors file {self.path!r} has changed: its fingerprint is "
                    f"{store.fingerprint} but {self._expected} was expected. Put the former "
                    "file back, or fit again."
                )
            self._opened = store
        return self._opened

    @property
    def dim(self) -> int:
        return int(self._store.matrix.shape[1])

    @cached_property
    def words(self) -> list[str]:
        return self._store.words + self._extra[0]

    @property
    def vectors(self) -> NDArray[np.float32]:
        if not self._extra[0]:
            return self._store.matrix
        matrix = np.concatenate([self._store.matrix, self._extra_rows])
        matrix.flags.writeable = False
        return matrix

    @property
    def fingerprint(self) -> str:
        base = self._expected or self._store.fingerprint
        words, seed = self._extra
        if not words:
            return base
        text = "\0".join([base, str(seed), *words])
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def __len__(self) -> int:
        return len(self._store.matrix) + len(self._extra[0])

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(self.find([word])[0] >= 0)

    def __getitem__(self, word: str) -> NDArray[np.float32]:
        row = self.find([word])[0]
        if row < 0:
            raise KeyError(f"{word!r} is not among the {len(self)} words of these vectors")
        vector: NDArray[np.float32] = self._rows(np.array([row]))[0]
        return vector

    def __repr__(self) -> str:
        if self._opened is None:
            return f"WordVectors(path={self.path!r})"
        place = "in memory" if self.path is None else f"path={self.path!r}"
        return f"WordVectors({len(self)} words, dim={self.dim}, {place})"

    @cached_property
    def _extra_index(self) -> dict[str, int]:
        start = len(self._store.matrix)
        return {word: row for row, word in enumerate(self._extra[0], start)}

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Rows of words.

        Parameters
        ----------
        words : sequence of str
            Words to look up.

        Returns
        -------
        ndarray of shape (n_words,), int64
            Their rows; -1 where a word is not known.
        """
        rows = self._store.find(words)
        if self._extra[0]:
            for place in np.flatnonzero(rows < 0).tolist():
                rows[place] = self._extra_index.get(words[place], -1)
        return rows

    def most_similar(
        self, positive: str | Iterable[str], negative: Iterable[str] = (), topn: int = 10
    ) -> list[tuple[str, float]]:
        """Words nearest to a word, or to the sum and difference of some, by cosine.

        Parameters
        ----------
        positive : str or iterable of str
            Words whose unit vectors are added.
        negative : iterable of str, default=()
            Words whose unit vectors are subtracted.
        topn : int, default=10
            How many come out.

        Returns
        -------
        list of (str, float)
            Words and cosines, best first, without the words that were given.

        Raises
        ------
        KeyError
            A word is not known.
        """
        added = [positive] if isinstance(positive, str) else list(positive)
        taken = [*added, *negative]
        if not taken:
            raise ValueError("Got no words but expected at least one.")
        signs = np.array([1.0] * len(added) + [-1.0] * (len(taken) - len(added)), np.float32)
        units = np.stack([self[word] for word in taken])
        units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), 1e-12)
        query = signs @ units
        query /= max(float(np.linalg.norm(query)), 1e-12)
        cosines = np.empty(len(self), np.float32)
        for start in range(0, len(self), _BLOCK):  # never the whole matrix in memory
            stop = min(start + _BLOCK, len(self))
            rows = self._rows(np.arange(start, stop))
            cosines[start:stop] = (rows @ query) / np.maximum(np.linalg.norm(rows, axis=1), 1e-12)
        cosines[self.find(taken)] = -np.inf
        best = np.argsort(-cosines, kind="stable")[: max(0, min(topn, len(self) - len(set(taken))))]
        return [(self.words[row], float(cosines[row])) for row in best.tolist()]

    # --------------------------------------------------------------- ids, rows
    @cached_property
    def _moments(self) -> tuple[NDArray[np.float32], float]:
        """Mean row and variance of the values, from rows spread over the whole table."""
        matrix = self._store.matrix
        places = np.linspace(0, len(matrix) - 1, min(len(matrix), _SAMPLE)).astype(np.int64)
        sample = np.asarray(matrix[places], np.float64)
        return sample.mean(axis=0).astype(np.float32), float(sample.var())

    @cached_property
    def _extra_rows(self) -> NDArray[np.float32]:
        """Rows of extra words: drawn again from the seed wherever they are needed.

        Uniform on [-a, a] with the variance of the table's values (Kim 2014, section 3.2).
        """
        words, seed = self._extra
        bound = np.float32(np.sqrt(3 * self._moments[1]))
        rows = np.random.default_rng(seed).random((len(words), self.dim), np.float32)
        rows *= 2 * bound
        rows -= bound
        return rows

    def _rows(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        size = len(self._store.matrix)
        if not self._extra[0] or not len(rows) or rows.max() < size:
            return np.asarray(self._store.matrix[rows])
        known = rows < size
        out = np.empty((len(rows), self.dim), np.float32)
        out[known] = self._store.matrix[rows[known]]
        out[~known] = self._extra_rows[rows[~known] - size]
        return out

    def take(self, ids: NDArray[Any]) -> NDArray[np.float32]:
        """Vectors of ids: zeros for 0 (padding), the table's mean for 1 (unknown).

        Parameters
        ----------
        ids : ndarray of shape (n,), integer
            Ids as `W2VIndexer` makes them; 2 is the first word.

        Returns
        -------
        ndarray of shape (n, dim), float32
            A copy of the rows.

        Raises
        ------
        ValueError
            An id lies outside the table.
        """
        ids = np.asarray(ids, np.int64)
        if len(ids) and (ids.min() < 0 or ids.max() >= len(self) + FIRST_ID):
            raise ValueError(
                f"Got ids from {ids.min()} to {ids.max()} but expected 0 to "
                f"{len(self) + FIRST_ID - 1}: these vectors have {len(self)} words."
            )
        out = np.zeros((len(ids), self.dim), np.float32)
        words = ids >= FIRST_ID
        out[words] = self._rows(ids[words] - FIRST_ID)
        if (ids == OOV_ID).any():
            out[ids == OOV_ID] = self._moments[0]
        return out

    def extended(self, words: Sequence[str], seed: int) -> WordVectors:
        """These vectors and random rows for further words.

        Parameters
        ----------
        words : sequence of str
            Words that are not among these, distinct.
        seed : int
            Where the rows come from; the rows themselves are never stored.

        Returns
        -------
        WordVectors
            Sharing the table with this one.
        """
        if self._extra[0]:
            raise ValueError("These vectors were extended before.")
        return self._from(self._opened, self.path, self._expected, extra=(list(words), seed))

    # ------------------------------------------------------------ travelling
    def __copy__(self) -> WordVectors:
        return self

    def __deepcopy__(self, memo: Any) -> WordVectors:
        return self  # immutable: a clone shares it

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WordVectors):
            return NotImplemented
        return self is other or self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.path is not None:
            return _from_file, (self.path, self._expected or self._store.fingerprint, self._extra)
        return _from_store, (self._store, self._extra)  # pickle writes a shared store once


def _from_file(path: str, fingerprint: str, extra: tuple[list[str], int]) -> WordVectors:
    return WordVectors._from(None, path, fingerprint, extra=extra)


def _from_store(store: Store, extra: tuple[list[str], int]) -> WordVectors:
    return WordVectors._from(store, extra=extra)


def _from_folder(folder: str, extra: tuple[list[str], int]) -> WordVectors:
    return WordVectors._from(open_folder(folder), extra=extra)


def _reduce_for_workers(vectors: WordVectors) -> tuple[Any, ...]:
    """Worker processes of joblib map what this process holds in memory."""
    if vectors.path is not None:
        return vectors.__reduce__()
    store = vectors._store
    if isinstance(store, FolderStore):
        if (store.folder / "meta.json").exists():  # not if its process has let it go
            return _from_folder, (str(store.folder), vectors._extra)
    elif parent_process() is None:  # a worker's folder would be gone before its result is read
        return _from_folder, (store.spilled, vectors._extra)
    return vectors.__reduce__()


_register_for_workers(WordVectors, _reduce_for_workers)


def as_word_vectors(vectors: Any) -> WordVectors:
    """WordVectors of what a ``vectors`` parameter may hold, a trainer excepted."""
    if isinstance(vectors, WordVectors):
        return vectors
    if isinstance(vectors, str | os.PathLike):
        return WordVectors.load(vectors)
    if hasattr(getattr(vectors, "wv", vectors), "index_to_key"):
        return WordVectors.from_gensim(vectors)
    raise TypeError(
        f"Got vectors of type {type(vectors).__name__} but expected a path, WordVectors, "
        "gensim's KeyedVectors or a Word2VecTrainer."
    )
