"""WordVectors: a small, immutable handle to words and their vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..utils.forks import cached_property
from ..utils.saved_state import check_saved_state, expect, is_instance
from . import worker_copies  # noqa: F401  (joblib asks it how to send vectors)
from .cache import SourceStore
from .extension import ExtendedStore, check_extension, checked_words
from .formats.fasttext import subwords_of
from .formats.spacy import PREFIX
from .formats.word2vec import write_file
from .nearest import nearest
from .store import MemoryStore, Store

__all__ = ["FIRST_ID", "OOV_ID", "PADDING_ID", "WordVectors", "as_word_vectors"]

PADDING_ID = 0
OOV_ID = 1
FIRST_ID = 2  # id of row 0, since a word2vec table has no row for padding


class WordVectors:
    """Words and a float32 matrix of their vectors; immutable.

    Vectors of a file are mapped, not loaded: the processes of a machine share one copy, and a
    pickle or copy of the object takes only bytes, since it holds the file's path and a
    fingerprint of its content. The pickle of vectors made in memory holds the vectors.

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
        The matrix, with a row for each word. It is mapped or shared, unless words share rows
        (aliases) or were added (`extended`): then each access copies the whole matrix, which
        `take` and `most_similar` never need.
    path : str or None
        The file that it was loaded from, or ``"spacy:NAME"``.
    fingerprint : str
        Hash of the content.
    has_subwords : bool
        Whether `compose` can make vectors of words that are not among these.

    Raises
    ------
    TypeError
        A word is not a str.
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
        words = checked_words(words)
        if not np.isfinite(matrix).all():
            raise ValueError("Got vectors with values that are not finite.")
        self._store: Store = MemoryStore(words, matrix)

    @classmethod
    def _of(cls, store: Store) -> WordVectors:
        new = cls.__new__(cls)
        new._store = store
        return new

    # --------------------------------------------------------------- looking up
    @property
    def path(self) -> str | None:
        return self._store.path

    @property
    def dim(self) -> int:
        return self._store.dim

    @cached_property
    def words(self) -> list[str]:
        return list(self._store.words)  # a caller may change the list

    @property
    def vectors(self) -> NDArray[np.float32]:
        return self._store.expanded()

    @property
    def fingerprint(self) -> str:
        return self._store.fingerprint

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(self.find([word])[0] >= 0)

    def __getitem__(self, word: str) -> NDArray[np.float32]:
        row = self.find([word])[0]
        if row < 0:
            raise KeyError(f"{word!r} is not among the {len(self)} words of these vectors")
        vector: NDArray[np.float32] = self._take(np.array([row]))[0]
        return vector

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Look up the rows of words.

        Parameters
        ----------
        words : sequence of str
            Words to look up.

        Returns
        -------
        ndarray of shape (n_words,), int64
            Their rows, or -1 for a word that is not known.
        """
        return self._store.find(words)

    @property
    def has_subwords(self) -> bool:
        return self._store.subwords is not None

    def compose(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Make vectors of any words from their character n-grams, as fastText does.

        Parameters
        ----------
        words : sequence of str
            Words, usually those that these vectors lack. For words that they have, too, the
            result is made of n-grams and is not their row.

        Returns
        -------
        rows : ndarray of shape (n_words, dim), float32
            Mean of the vectors of a word's n-grams; zeros where `known` is False.
        known : ndarray of shape (n_words,), bool
            False for a word that is too short to have n-grams, and for every word if
            `has_subwords` is False.
        """
        words = list(words)
        subwords = self._store.subwords
        if subwords is None:
            return np.zeros((len(words), self.dim), np.float32), np.zeros(len(words), bool)
        return subwords.compose(words)

    def most_similar(
        self, positive: str | Iterable[str], negative: str | Iterable[str] = (), topn: int = 10
    ) -> list[tuple[str, float]]:
        """Find the words nearest, by cosine, to a word or to a sum and difference of words.

        Parameters
        ----------
        positive : str or iterable of str
            Words whose unit vectors are added.
        negative : str or iterable of str, default=()
            Words whose unit vectors are subtracted.
        topn : int, default=10
            How many words are returned.

        Returns
        -------
        list of (str, float)
            Words and cosines, best first, without the words that were given. Of words that
            share a row, only the first one is returned.

        Raises
        ------
        KeyError
            A word is not known.
        """
        added = [positive] if isinstance(positive, str) else list(positive)
        taken = [*added, *([negative] if isinstance(negative, str) else negative)]
        if not taken:
            raise ValueError("Got no words but expected at least one.")
        signs = np.array([1.0] * len(added) + [-1.0] * (len(taken) - len(added)), np.float32)
        units = np.stack([self[word] for word in taken])
        units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), 1e-12)
        store = self._store
        rows = np.arange(store.n_rows)
        given = store.row_of(self.find(taken))
        ((best, cosines),) = nearest(
            (signs @ units)[None], rows[store.holds(rows)], store.take, topn, given[None]
        )
        names = store.words_at(store.first_words(best))
        return list(zip(names, cosines.tolist(), strict=True))

    def _take(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._store.take(self._store.row_of(indices))

    def take(self, ids: NDArray[Any]) -> NDArray[np.float32]:
        """Return the vectors of ids: zeros for 0 (padding), the table's mean for 1 (unknown).

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
            An id is outside the table.
        """
        ids = np.asarray(ids, np.int64)
        if len(ids) and (ids.min() < 0 or ids.max() >= len(self) + FIRST_ID):
            raise ValueError(
                f"Got ids from {ids.min()} to {ids.max()} but expected 0 to "
                f"{len(self) + FIRST_ID - 1}: these vectors have {len(self)} words."
            )
        out = np.zeros((len(ids), self.dim), np.float32)
        words = ids >= FIRST_ID
        out[words] = self._take(ids[words] - FIRST_ID)
        if (ids == OOV_ID).any():
            out[ids == OOV_ID] = self._store.moments[0]
        return out

    # ------------------------------------------------------------------ making
    @classmethod
    def load(
        cls, path: str | os.PathLike[str], aliases: str | os.PathLike[str] | None = None
    ) -> WordVectors:
        """Open the vectors of a file or of an installed spaCy model.

        Parameters
        ----------
        path : str or path
            word2vec binary or text, GloVe text without header, or a Facebook fastText
            model (``.bin``, with subwords); plain or compressed with gzip, bzip2 or xz.
            The content tells the format, not the name. Or ``"spacy:NAME"``, as in
            ``"spacy:ja_ginza"``: the vectors of an installed spaCy model with every word
            of its table; the model's pipeline is not loaded. When they are opened for the
            first time, the vectors are converted into a form that is mapped from then on, in
            ``$SKLEARN_W2V_CACHE`` or the user's cache folder.
        aliases : str or path or None, default=None
            A file of more words that share rows: lines of an alias, a tab and a word of the
            vectors, in UTF-8, plain or compressed. The aliases come after the vectors' own
            words.

        Returns
        -------
        WordVectors
            A handle to the files; its pickle holds their paths and a fingerprint.

        Raises
        ------
        FileNotFoundError
            A file does not exist.
        ImportError
            The spaCy model is not installed, or spaCy itself; the message says how to install
            them.
        ValueError
            The file is not in a known format, or broken; the message names it. A line of
            `aliases` is broken, or names a word that has no vector. The spaCy model has no
            vectors, or no words (floret mode).

        Warns
        -----
        UserWarning
            Words or aliases repeat; the first one is kept. The message has their number.

        Notes
        -----
        To convert a fastText model, gensim reads it into memory; from then on its words and
        n-grams are mapped, too. Strings that were pruned from a spaCy model are not among
        the words.
        """
        name = os.fspath(path)
        if not (isinstance(path, str) and name.startswith(PREFIX)):
            name = os.path.abspath(name)
        further = None if aliases is None else os.path.abspath(os.fspath(aliases))
        return cls._of(SourceStore(name, further))

    @classmethod
    def from_gensim(cls, model: Any) -> WordVectors:
        """Make word vectors of a copy of gensim's.

        Parameters
        ----------
        model : gensim.models.KeyedVectors or gensim.models.Word2Vec
            The vectors, or a model that has them as ``wv``.

        Returns
        -------
        WordVectors
            Vectors in memory, with the n-grams of fastText's. For vectors of a file, `load` is
            cheaper.
        """
        keyed = getattr(model, "wv", model)
        if not hasattr(keyed, "index_to_key"):
            raise TypeError(f"Got {type(model).__name__} but expected gensim's KeyedVectors.")
        new = cls(keyed.index_to_key, keyed.vectors)
        subwords = subwords_of(keyed)
        if subwords is not None:
            new._store = MemoryStore(list(new._store.words), np.array(new.vectors), None, subwords)
        return new

    def to_gensim(self) -> Any:
        """Copy into gensim's ``KeyedVectors``.

        Returns
        -------
        gensim.models.KeyedVectors
            With the same words in the same order.
        """
        from gensim.models import KeyedVectors

        keyed = KeyedVectors(self.dim)  # given a count, gensim would add to that many empty rows
        keyed.add_vectors(list(self._store.words), np.array(self.vectors))
        return keyed

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write word2vec binary (``.bin``) or text (``.txt``, ``.vec``), plain or ``.gz``.

        Parameters
        ----------
        path : str or path
            Target. The file is written under another name and renamed, so that a former file
            stays whole until the end.

        Notes
        -----
        These formats cannot hold blanks within words. A line break, as `JapaneseTokenizer` gives it
        with ``line_breaks=True``, is written as ``</s>``, word2vec's own name for it.
        """
        self._store.check_whole()
        words = list(self._store.words)
        if "</s>" not in self:
            words = ["</s>" if word == "\n" else word for word in words]
        write_file(
            os.fspath(path),
            words,
            lambda start, stop: self._take(np.arange(start, min(stop, len(self)))),
            self.dim,
        )

    def get_keras_embedding(self, train_embeddings: bool = False) -> Any:
        """Make a Keras ``Embedding`` layer with these vectors, as gensim 3 did.

        Row 0 is padding (masked), row 1 stands for unknown words, and word ``i`` has
        row ``i + 2``: the ids that `W2VIndexer` makes.

        Parameters
        ----------
        train_embeddings : bool, default=False
            Whether training may change the vectors.

        Returns
        -------
        keras.layers.Embedding
            Built, with its weights set. The matrix is not part of its config, so that a model
            with this layer can be saved and loaded.
        """
        from ..networks.layers import embedding_layer

        self._store.check_whole()
        return embedding_layer(
            self.take(np.arange(len(self) + FIRST_ID)), train_embeddings, mask_zero=True
        )

    # ------------------------------------------------------- more or other words
    def extended(
        self, words: Sequence[str], seed: int, like: ArrayLike | None = None
    ) -> WordVectors:
        """Return these vectors with rows for more words.

        Parameters
        ----------
        words : sequence of str
            Distinct words that are not among these.
        seed : int
            Seed of random rows, each of which depends on it and the word alone; the rows
            themselves are never stored.
        like : array-like of shape (n_words,), integer, or None, default=None
            For each word, the row of these vectors, as `find` returns it, that is copied for
            it, such as the row of another form of the word. -1, or None for all words, means a
            new row: made of the word's n-grams if the vectors have them, else drawn at random
            with the variance of the table's values.

        Returns
        -------
        WordVectors
            Vectors that share the table with these; they can be extended again.

        Raises
        ------
        TypeError
            A word is not a str.
        ValueError
            Words repeat or are among these, `seed` is not a whole number of at least 0, or
            `like` does not fit.

        Examples
        --------
        >>> from sklearn_w2v import WordVectors
        >>> vectors = WordVectors(["行く", "雨"], [[1, 2], [3, 4]])
        >>> more = vectors.extended(["行っ", "嵐"], seed=0, like=[0, -1])
        >>> more.words, more["行っ"].tolist()
        (['行く', '雨', '行っ', '嵐'], [1.0, 2.0])
        >>> more.is_extension_of(vectors), vectors.is_extension_of(more)
        (True, False)
        """
        further, rows = check_extension(self._store, words, seed, like)
        if not further:
            return self
        return self._of(ExtendedStore(self._store, further, int(seed), rows))

    def replaced(self, ids: ArrayLike, rows: ArrayLike) -> WordVectors:
        """Return vectors of the same words in which some words have other rows.

        Parameters
        ----------
        ids : array-like of shape (n,), integer
            Ids of words, as `W2VIndexer` makes them; 2 is the first word.
        rows : array-like of shape (n, dim)
            Their new rows.

        Returns
        -------
        WordVectors
            Vectors in memory, with a row for each word and without n-grams.

        Raises
        ------
        ValueError
            An id is not one of a word, the shapes do not fit, or a value is not finite.

        Examples
        --------
        >>> from sklearn_w2v import WordVectors
        >>> vectors = WordVectors(["雨", "雪"], [[1, 2], [3, 4]])
        >>> vectors.replaced([3], [[5, 6]]).vectors.tolist()
        [[1.0, 2.0], [5.0, 6.0]]
        """
        self._store.check_whole()
        numbers = np.asarray(ids, np.int64)
        new = np.asarray(rows, np.float32)
        if new.shape != (len(numbers), self.dim):
            raise ValueError(
                f"Got rows of shape {new.shape} but expected ({len(numbers)}, {self.dim})."
            )
        if len(numbers) and (numbers.min() < FIRST_ID or numbers.max() >= len(self) + FIRST_ID):
            raise ValueError(
                f"Got ids from {numbers.min()} to {numbers.max()} but expected {FIRST_ID} to "
                f"{len(self) + FIRST_ID - 1}: these vectors have {len(self)} words."
            )
        if not np.isfinite(new).all():
            raise ValueError("Got rows with values that are not finite.")
        matrix = self._take(np.arange(len(self)))
        matrix[numbers - FIRST_ID] = new
        return self._of(MemoryStore(list(self._store.words), matrix))

    def is_extension_of(self, other: object) -> bool:
        """Return whether every id of other vectors means the same word and row here.

        Parameters
        ----------
        other : WordVectors
            Vectors to compare with.

        Returns
        -------
        bool
            True if both are equal, or if these are the other ones and more words after them.
            Fingerprints and added words are compared, not matrices.
        """
        if not isinstance(other, WordVectors):
            return False
        return self._store.continues(other._store)

    # ---------------------------------------------- comparing, copying, pickling
    def __repr__(self) -> str:
        if not self._store.is_open:
            return f"WordVectors(path={self.path!r})"
        place = "in memory" if self.path is None else f"path={self.path!r}"
        return f"WordVectors({len(self)} words, dim={self.dim}, {place})"

    def __copy__(self) -> WordVectors:
        return self

    def __deepcopy__(self, memo: Any) -> WordVectors:
        return self  # a clone shares it, as it is immutable

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WordVectors):
            return NotImplemented
        return self is other or self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[Any, ...]:
        return WordVectors._of, (self._store,)  # a store that several share is pickled once

    def _check_saved_state(self) -> None:
        """Refuse values that `save` cannot have written; this opens no file."""
        vars(self).pop("words", None)  # made again from the store
        expect(self, {"_store": is_instance(Store)})
        check_saved_state(self._store)

    def _check_opened_state(self) -> None:
        """Refuse values that do not fit the table, which this opens."""
        self._store._check_opened_state()


def as_word_vectors(vectors: Any) -> WordVectors:
    """Return the WordVectors of a ``vectors`` parameter's value, unless that is a trainer."""
    if isinstance(vectors, WordVectors):
        return vectors
    if isinstance(vectors, str | os.PathLike):
        return WordVectors.load(vectors)
    if hasattr(getattr(vectors, "wv", vectors), "index_to_key"):
        return WordVectors.from_gensim(vectors)
    raise TypeError(
        f'Got vectors of type {type(vectors).__name__} but expected a path, "spacy:NAME", '
        "WordVectors, gensim's KeyedVectors or a Word2VecTrainer."
    )


def words_of(vectors: WordVectors, ids: NDArray[np.integer]) -> list[str]:
    """Return the words of ids, from 2; unlike `WordVectors.words`, this copies no others."""
    return vectors._store.words_at(np.asarray(ids, np.int64) - FIRST_ID)


def copied_words(vectors: WordVectors, ids: NDArray[np.integer]) -> list[str]:
    """Return the word whose row `WordVectors.extended` copied for each id's word, or ``""``."""
    like = vectors._store.copied(np.asarray(ids, np.int64) - FIRST_ID)
    out = [""] * len(like)
    places = np.flatnonzero(like >= 0)
    for place, word in zip(places.tolist(), vectors._store.words_at(like[places]), strict=True):
        out[place] = word
    return out


def has_random_row(vectors: WordVectors, ids: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return which words have random rows, which say nothing before they are trained.

    Parameters
    ----------
    vectors : WordVectors
        The vectors.
    ids : ndarray of shape (n_words,), integer
        Ids of words, from 2.

    Returns
    -------
    ndarray of shape (n_words,), bool
        True where `WordVectors.extended` drew the row at random. Copies of another word's row,
        and rows made of n-grams, are not random.
    """
    return vectors._store.drawn(np.asarray(ids, np.int64) - FIRST_ID)
