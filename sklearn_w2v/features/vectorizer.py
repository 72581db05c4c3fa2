"""W2VVectorizer turns the ids of a document's words into one vector."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import svd_flip
from sklearn.utils.validation import check_is_fitted

from ..exceptions import CoverageWarning
from ..utils.cache_keys import FilesInKey
from ..utils.estimators import restore_on_error
from ..utils.saved_state import expect, is_array, is_instance, is_number, is_whole
from ..utils.sklearn_compat import Interval, StrOptions, with_row_labels
from ..vectors.sources import stamp_of_source
from ..vectors.word_vectors import FIRST_ID, WordVectors
from .token_ids import check_ids, check_vectors, whole_documents
from .word_counts import WordCounts, summing_to_one

POOLINGS = {"mean", "max", "mean_max", "sif", "tfidf"}


class W2VVectorizer(FilesInKey, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Turn ids of words into one vector for each document.

    A mean or maximum of the word vectors of a document, for scikit-learn's own
    classifiers, clustering and neighbours. It needs neither Keras nor labels.

    Parameters
    ----------
    vectors : path, WordVectors, gensim.models.KeyedVectors or None, default=None
        What the ids of `X` index. None: the vectors that `TokenIds` carry.
    pooling : {"mean", "max", "mean_max", "sif", "tfidf"}, default="mean"
        How the vectors of a document's words become one:

        - ``"mean"``: their mean; a word that comes twice counts twice.
        - ``"max"``: the maximum of each dimension.
        - ``"mean_max"``: both, one after the other.
        - ``"sif"``: smooth inverse frequency (Arora, Liang, Ma 2017): a mean with the
          weights ``sif_a / (sif_a + p(word))``, from which the directions that all
          documents share are then removed. ``p(word)`` is the word's share of the words
          in ``fit``.
        - ``"tfidf"``: a mean with the weights of scikit-learn's
          ``TfidfTransformer(sublinear_tf=True)``, which sum to 1.
    sif_a : float, default=1e-3
        Smoothing of ``"sif"``: the smaller, the less frequent words count.
    remove_components : int, default=1
        How many directions ``"sif"`` removes: the first right singular vectors of the
        documents of ``fit``, not centred. 0 removes none.
    norm : {"l2"} or None, default=None
        ``"l2"`` divides each document's vector by its length.

    Attributes
    ----------
    vectors_ : WordVectors
        What the ids index.
    components_ : ndarray of shape (n_removed, dim), float32
        Directions that ``"sif"`` removes; none with another `pooling`.
    n_features_in_ : int
        Width of `X` in ``fit``.
    feature_names_in_ : ndarray of str
        Names of the columns of `X`, where it had names that are all strings.

    Raises
    ------
    ValueError
        Nothing says what the ids mean, `X` holds anything but ids, or
        `remove_components` would remove all dimensions.

    See Also
    --------
    W2VIndexer : Makes the ids.
    W2VLSTMClassifier : Reads the words in their order instead.
    sklearn.feature_extraction.text.TfidfTransformer : The weights of ``"tfidf"``.

    Notes
    -----
    Padding and the id 1 (an unknown word) do not count, nor do words whose rows
    `W2VIndexer` draws at random, as the vectors lack them: nothing trains these rows here.
    A document without a known word becomes zeros.

    Words that ``fit`` did not see but the vectors know count in ``transform``: in
    ``"sif"`` with the probability ``1 / (n_words + 1)`` of a word seen once, in
    ``"tfidf"`` with the inverse document frequency of a word in no document.

    ``Pipeline(memory=)`` tells ids apart only by their values, and other vectors may have
    equal ids. Where the vectors vary in a search with `memory`, put the indexer and this
    vectorizer into a pipeline of their own, as one step that gets tokens.

    With ``set_output(transform="pandas")``, rows have the index of the documents that
    `W2VIndexer` or a tokenizer of this package got. A tokenizer of your own keeps it if it
    returns a pandas Series; behind one that returns lists, rows are counted from 0.

    References
    ----------
    S. Arora, Y. Liang, T. Ma: A simple but tough-to-beat baseline for sentence
    embeddings. ICLR 2017.

    Examples
    --------
    >>> from sklearn_w2v import W2VIndexer, W2VVectorizer, WordVectors
    >>> vectors = WordVectors(["雨", "雪", "夏"], [[1.0, 0.0], [1.0, 0.5], [-1.0, 0.0]])
    >>> ids = W2VIndexer(vectors).fit_transform([["雨", "雪"], ["夏"]])
    >>> W2VVectorizer().fit_transform(ids)
    array([[ 1.  ,  0.25],
           [-1.  ,  0.  ]], dtype=float32)
    >>> W2VVectorizer(pooling="mean_max").fit(ids).get_feature_names_out().tolist()
    ['w2vvectorizer0', 'w2vvectorizer1', 'w2vvectorizer2', 'w2vvectorizer3']
    """

    _parameter_constraints: dict[str, Any] = {
        "vectors": "no_validation",
        "pooling": [StrOptions(POOLINGS)],
        "sif_a": [Interval(Real, 0, None, closed="neither")],
        "remove_components": [Interval(Integral, 0, None, closed="left")],
        "norm": [StrOptions({"l2"}), None],
    }

    def __init__(
        self,
        vectors: Any = None,
        pooling: str = "mean",
        sif_a: float = 1e-3,
        remove_components: int = 1,
        norm: str | None = None,
    ) -> None:
        self.vectors = vectors
        self.pooling = pooling
        self.sif_a = sif_a
        self.remove_components = remove_components
        self.norm = norm

    def fit(self, X: Any, y: Any = None) -> W2VVectorizer:
        """Learn how frequent words are, and what all documents share.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words, as `W2VIndexer` makes them; 0 is padding.
        y : object, default=None
            Ignored.

        Returns
        -------
        W2VVectorizer
            The vectorizer itself.

        Warns
        -----
        UserWarning
            No document has a word of the vectors.
        """
        with restore_on_error(self):
            self._fit(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> NDArray[np.float32]:
        """``fit(X).transform(X)``, counting the words once.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words.
        y : object, default=None
            Ignored.

        Returns
        -------
        ndarray of shape (n_documents, n_features), float32
            One row for each document; `n_features` is the vectors' number of dimensions,
            twice that with ``"mean_max"``.
        """
        with restore_on_error(self):
            words, pooled = self._fit(X)
        pooled = self._pooled(words, self.vectors_) if pooled is None else pooled
        return with_row_labels(self, self._finished(pooled), getattr(X, "row_labels", None))

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Vectors of documents.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words, of the vectors of ``fit`` or of an extension of them.

        Returns
        -------
        ndarray of shape (n_documents, n_features), float32
            One row for each document.
        """
        check_is_fitted(self)
        vectors = self._fitted_vectors(X)
        ids, lengths = check_ids(self, X, vectors, reset=False)
        words = WordCounts(whole_documents(X, ids, lengths, vectors), vectors)
        pooled = self._finished(self._pooled(words, vectors))
        return with_row_labels(self, pooled, getattr(X, "row_labels", None))

    def _stamps(self) -> list[str]:
        return [stamp_of_source(self.vectors)]

    # ---------------------------------------------------------------- fitting
    def _fit(self, X: Any) -> tuple[WordCounts, NDArray[np.float32] | None]:
        """Fit; the documents' words, and their vectors where these had to be made."""
        self._validate_params()
        if self.vectors is None and not isinstance(getattr(X, "vectors", None), WordVectors):
            raise ValueError(
                "X brings no word vectors (a plain array, not TokenIds), and vectors=None: "
                f"{type(self).__name__} does not know what the ids mean. Pass vectors=, or the "
                "output of W2VIndexer."
            )
        vectors = check_vectors(X, self.vectors, None, self)
        assert vectors is not None
        if self.pooling == "sif" and self.remove_components >= vectors.dim:
            raise ValueError(
                f"Got remove_components={self.remove_components} but expected less than "
                f"{vectors.dim}, the number of dimensions of the vectors."
            )
        ids, lengths = check_ids(self, X, vectors, reset=True)
        words = WordCounts(whole_documents(X, ids, lengths, vectors), vectors)
        if not words.counts.nnz:
            warnings.warn(
                CoverageWarning(
                    f"None of the {len(ids)} documents has a word of the vectors; their features "
                    "are all zero. Mostly the vectors were trained on another tokenizer's words."
                ),
                stacklevel=3,
            )
        self.vectors_ = vectors
        self._pooling = self.pooling  # what is set later counts in the next fit
        self._n_features_out = vectors.dim * (2 if self.pooling == "mean_max" else 1)
        self.components_ = np.zeros((0, vectors.dim), np.float32)
        self._learn_weights(words)
        if self.pooling != "sif":
            return words, None
        pooled = self._pooled(words, vectors)
        self.components_ = _first_directions(pooled, self.remove_components)
        return words, pooled

    def _learn_weights(self, words: WordCounts) -> None:
        """Learn weights of the words in fit, and that of all others."""
        counts = words.counts
        self._ids = words.ids
        if self.pooling == "sif":
            total = float(counts.sum(dtype=np.float64))
            share = np.asarray(counts.sum(axis=0, dtype=np.float64)) / max(total, 1)
            self._weights = self.sif_a / (self.sif_a + share)
            self._unseen_weight = self.sif_a / (self.sif_a + 1 / (total + 1))
        elif self.pooling == "tfidf":
            documents = 1 + counts.shape[0]
            frequency = 1 + np.bincount(counts.indices, minlength=counts.shape[1])
            self._weights = np.log(documents / frequency) + 1
            self._unseen_weight = float(np.log(documents) + 1)
        else:
            self._ids, self._weights, self._unseen_weight = words.ids[:0], np.ones(0), 1.0

    # ----------------------------------------------------------- transforming
    def _fitted_vectors(self, X: Any) -> WordVectors:
        """Return the vectors that ids for a fitted vectorizer index."""
        handle = getattr(X, "vectors", None)
        if not isinstance(handle, WordVectors) or self.vectors_.is_extension_of(handle):
            return self.vectors_
        if not handle.is_extension_of(self.vectors_):
            raise ValueError(
                f"X holds ids of other word vectors than this {type(self).__name__} was fitted "
                f"with: {handle!r} instead of {self.vectors_!r}. Use the W2VIndexer of the fit; in "
                "a Pipeline with memory, make indexer and vectorizer one step (see the Notes)."
            )
        return handle

    def _pooled(self, words: WordCounts, vectors: WordVectors) -> NDArray[np.float32]:
        parts = []
        if self._pooling != "max":
            parts.append(words.weighted_sums(self._shares(words), vectors))
        if self._pooling in ("max", "mean_max"):
            parts.append(words.maxima(vectors))
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    def _shares(self, words: WordCounts) -> csr_array:
        """Return how much of each word's vector goes into each document's."""
        shares = words.counts.copy()
        if self._pooling in ("mean", "mean_max"):
            return summing_to_one(shares)
        weights = np.full(len(words.ids), self._unseen_weight, np.float32)
        places = np.searchsorted(self._ids, words.ids)
        seen = places < len(self._ids)
        seen[seen] = self._ids[places[seen]] == words.ids[seen]
        weights[seen] = self._weights[places[seen]]
        if self._pooling == "sif":  # divided by the number of words, not by the weights' sum
            shares = summing_to_one(shares)
            shares.data *= weights[shares.indices]
            return shares
        shares.data = (1 + np.log(shares.data)) * weights[shares.indices]
        return summing_to_one(shares)

    def _finished(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(self.components_):
            pooled -= (pooled @ self.components_.T) @ self.components_
        return normalize(pooled, norm=self.norm, copy=False) if self.norm else pooled

    def _check_saved_state(self) -> None:
        """Refuse what no `fit` can have made, after a model file was read."""
        if "vectors_" not in vars(self):
            return
        expect(self, {"vectors_": is_instance(WordVectors), "_ids": is_array(np.int32, None)})
        self.vectors_._check_opened_state()
        dim, n_ids = self.vectors_.dim, len(self._ids)
        expect(
            self,
            {
                "_ids": lambda ids: (
                    not len(ids) or (ids[0] >= FIRST_ID and (np.diff(ids) > 0).all())
                ),
                "_weights": lambda value: (
                    is_array(np.float64, n_ids)(value) or is_array(np.float32, n_ids)(value)
                ),
                "_unseen_weight": is_number(0),
                "_pooling": lambda value: type(value) is str and value in POOLINGS,
                "components_": is_array(np.float32, None, dim),
                "_n_features_out": is_whole(1, 2 * dim),
                "n_features_in_": is_whole(1),
            },
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True  # whole numbers from 0: ids
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = []  # float32, whatever the ids' type
        return tags


def _first_directions(rows: NDArray[np.float32], number: int) -> NDArray[np.float32]:
    """Return the first right singular vectors; fewer where the rank is smaller."""
    # of the small square matrix: exact, without a seed, whatever the number of rows
    wide = rows.astype(np.float64)
    values, directions = np.linalg.eigh(wide.T @ wide)
    order = np.argsort(-values)[:number]
    order = order[values[order] > values.max() * 1e-12]
    _, flipped = svd_flip(None, directions[:, order].T, u_based_decision=False)
    return np.ascontiguousarray(flipped, np.float32)
