"""Fitting and predicting: what all classifiers share but their graphs."""

from __future__ import annotations

from typing import Any

from ..utils.html_repr import FittedRepr, Shown, _size
from .network_classifier import NetworkClassifier

# isort: split
import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..features.token_ids import check_ids, check_vectors
from ..networks.backend import keras, trim_memory
from ..networks.batches import Batches
from ..networks.embedding_table import RowMap, distinct
from ..networks.network import probabilities
from ..networks.training_loop import run_epochs
from ..utils.estimators import restore_on_error
from ..utils.sklearn_compat import check_partial_fit_first_call
from ..vectors.word_vectors import WordVectors
from .targets import Targets, check_labels
from .training_set import Documents, check_validation, hold_out, total_weights

_WIDTH = "n_features_in_", "feature_names_in_"


def _has_many_labels(classifier: Any) -> bool:
    return classifier.__sklearn_is_fitted__() and bool(classifier._targets.multilabel)


class W2VKerasClassifier(NetworkClassifier):
    """Base of the classifiers: everything but the graph."""

    # ---------------------------------------------------------------- fitting
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> W2VKerasClassifier:
        """Train the network.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words, as `W2VIndexer` makes them; 0 is padding.
        y : array-like of shape (n_documents,) or (n_documents, n_classes)
            Labels: str, int or bool; or an indicator matrix of 0 and 1, with any number of
            labels for each document.
        sample_weight : array-like of shape (n_documents,), default=None
            Weights of documents; multiplied with those of `class_weight`.
        X_val : TokenIds or array-like of shape (n_validation, width), default=None
            Documents to validate on after each epoch. With `early_stopping`, they take
            the place of the part that would be split off.
        y_val : array-like of shape (n_validation,), default=None
            Their labels.

        Returns
        -------
        W2VKerasClassifier
            The classifier itself.

        Raises
        ------
        ValueError
            `X` holds anything but ids, or labels do not fit; or training went astray, and the
            weights are not finite.

        Warns
        -----
        UserWarning
            Neither `X` nor `vectors` brings word vectors, so that nothing is transferred.

        Notes
        -----
        Bad input leaves the classifier as it was. Once training has begun, an error or
        Ctrl-C leaves it unfitted; with `warm_start`, it keeps the network with the steps
        that were made.
        """
        fresh = not (self.warm_start and self.__sklearn_is_fitted__())
        return self._fit(X, y, sample_weight, (X_val, y_val), fresh, self.epochs)

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> W2VKerasClassifier:
        """Train for one epoch, going on from where the network stands.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words.
        y : array-like of shape (n_documents,) or (n_documents, n_classes)
            Labels, each of them among `classes`; or an indicator matrix.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come, or the columns' numbers; needed in the first call.
        sample_weight : array-like of shape (n_documents,), default=None
            Weights of documents.

        Returns
        -------
        W2VKerasClassifier
            The classifier itself.

        Raises
        ------
        ValueError
            `bow` is set, or `class_weight` is "balanced": these need all documents at once.

        Notes
        -----
        After an error or Ctrl-C, a fitted classifier keeps the steps that were made.
        """
        self._check_partial_fit()
        if self.__sklearn_is_fitted__():
            check_partial_fit_first_call(self, classes)
            fresh = False
        else:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            fresh = True
        return self._fit(X, y, sample_weight, (None, None), fresh, 1, classes)

    def _check_partial_fit(self) -> None:
        """Refuse what cannot be trained in parts; a subclass may refuse more."""
        if self.class_weight == "balanced":
            raise ValueError(
                "Got class_weight='balanced' with partial_fit but expected a dict or None: how "
                "frequent the classes are shows in all documents only. "
                "sklearn.utils.class_weight.compute_class_weight gives weights for a dict."
            )

    def initialize(self, X: Any, y: Any = None) -> W2VKerasClassifier:
        """Build the network without training it.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words.
        y : array-like of shape (n_documents,)
            Labels.

        Returns
        -------
        W2VKerasClassifier
            The classifier itself.
        """
        return self._fit(X, y, None, (None, None), True, 0)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: tuple[Any, Any],
        fresh: bool,
        epochs: int,
        classes: Any = None,
    ) -> W2VKerasClassifier:
        self._validate_params()
        with restore_on_error(self, *_WIDTH):
            fitted = None if fresh else (self.vectors_,)
            vectors = check_vectors(X, self.vectors, fitted, self)
            more = getattr(validation[0], "vectors", None)
            if isinstance(more, WordVectors) and vectors and more.is_extension_of(vectors):
                vectors = more  # words that only the validation documents hold
            ids, lengths = check_ids(self, X, vectors, reset=fresh)
            labels = check_labels(self, y, len(ids))
            targets = Targets.of(labels, classes) if fresh else self._targets
            encoded = targets.encode(labels)
            weights = total_weights(sample_weight, self.class_weight, labels, targets.classes)
            documents = Documents(ids, lengths, encoded, weights)
            callbacks = self._fresh_callbacks()
            val = check_validation(self, validation, vectors, targets)
        read = [part.cut(self.maxlen).ids for part in (documents, val) if part is not None]
        used = np.concatenate(list(map(distinct, read)))
        try:
            if fresh:
                self.__dict__.pop("_network", None)  # not fitted, until all is done
                self._start(targets, vectors, used)
            else:
                self._grow(used, vectors)
            self.n_classes_ = len(self.classes_)
            if epochs:
                self._learn(documents.weighted(), val, epochs, callbacks)
        except BaseException:  # Ctrl-C, too: what is half trained must not predict
            if fresh:
                self.__dict__.pop("_network", None)
            raise
        self.n_iter_ = len(self.history_.get("loss", ()))
        return self

    def _start(
        self, targets: Targets, vectors: WordVectors | None, used: NDArray[np.int32]
    ) -> None:
        """Forget what was learnt, and build a network."""
        random = check_random_state(self.random_state)
        self._seed = int(random.randint(2**31 - 1))
        self._draws = 0
        self._design = self._chosen()
        self._targets, self.classes_, self.vectors_ = targets, targets.classes, vectors
        self.history_: dict[str, list[float]] = {}
        self._network = self._build(RowMap.of(used))
        self._compile(self._network)

    def _learn(
        self, documents: Documents, val: Documents | None, epochs: int, callbacks: list[Any]
    ) -> None:
        """Train the network; a subclass may fit more."""
        self._train(documents, val, epochs, callbacks)
        self._network.check_finite(self.learning_rate)

    def _train(
        self,
        documents: Documents,
        val: Documents | None,
        epochs: int,
        callbacks: list[Any],
        stop_early: bool | None = None,
    ) -> None:
        network = self._network
        stop_early = self.early_stopping if stop_early is None else stop_early
        # each fit draws from a stream of its own, so that warm starts do not repeat batches
        random = np.random.default_rng([self._seed, self._draws])
        self._draws += 1
        documents, val = documents.cut(self.maxlen), val and val.cut(self.maxlen)
        only = None
        if val is None and stop_early and epochs > 1:
            seed = int(np.random.default_rng([self._seed, 1 << 20]).integers(2**31 - 1))
            only, held = hold_out(documents.y, self.validation_fraction, seed)
            val = documents.take(held)
        if val is not None and stop_early:
            callbacks.append(
                keras.callbacks.EarlyStopping(
                    monitor="val_loss",
                    patience=self.n_iter_no_change,
                    restore_best_weights=True,
                )
            )

        def batches(
            part: Documents,
            order: np.random.Generator | None,
            only: NDArray[np.int64] | None = None,
        ) -> Batches:
            y, size, find = part.y, self.batch_size, network.table.rows.rows
            if self._activation == "sigmoid" and y.ndim == 1:
                y = np.eye(len(self.classes_), dtype=np.float32)[y]
            return Batches(part.ids, part.lengths, y, part.weights, size, order, find, only)

        try:
            history = run_epochs(
                network.model,
                batches(documents, random, only),
                None if val is None else batches(val, None),
                epochs,
                callbacks,
                int(self.verbose),
                network.steps(),
            )
        finally:
            trim_memory()
        for name, values in history.items():
            self.history_.setdefault(name, []).extend(values)

    # ------------------------------------------------------------- predicting
    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Probabilities of the classes.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words.

        Returns
        -------
        ndarray of shape (n_documents, n_classes), float32
            In the order of ``classes_``; each row sums to 1. With many labels a document,
            the probability of each label by itself.
        """
        return probabilities(self._logits(X), self._activation, self._targets.multilabel)

    @available_if(_has_many_labels)  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> NDArray[np.float32]:
        """Logits of the labels, where a document may have any number of them.

        Scorers such as ``"roc_auc"`` ask for it first; of the probabilities of two labels, they
        would take one column, as if these were two classes.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words.

        Returns
        -------
        ndarray of shape (n_documents, n_classes), float32
            Above 0 where a label is more probable than not.
        """
        return self._logits(X)

    def _logits(self, X: Any) -> NDArray[np.float32]:
        check_is_fitted(self)
        vectors = check_vectors(X, self.vectors, (self.vectors_,), self)
        ids, lengths = check_ids(self, X, vectors, reset=False)
        return self._decide(ids, lengths, vectors)

    def _decide(
        self, ids: NDArray[np.int32], lengths: NDArray[np.int64], vectors: WordVectors | None
    ) -> NDArray[np.float32]:
        """Logits of the classes."""
        if self.maxlen is not None:
            ids, lengths = ids[:, : self.maxlen], np.minimum(lengths, self.maxlen)
        return self._ready().logits(ids, lengths, vectors)

    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable class of each document.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words.

        Returns
        -------
        ndarray of shape (n_documents,) or (n_documents, n_classes)
            Labels as they were given to `fit`; with many labels a document, an indicator
            matrix of those that are more probable than not.
        """
        probability = self.predict_proba(X)
        return self._targets.decode(probability)


class ClassifierRepr(FittedRepr):
    """Diagram of a fitted classifier with a network."""

    classes_: Any
    history_: dict[str, list[float]]
    n_iter_: int

    def _summary(self) -> dict[str, Any]:
        shape = table_shape(self)
        out: dict[str, Any] = {"classes_": self.classes_, "n_iter_": self.n_iter_}
        if shape is not None:
            out["word vectors of the network"] = Shown(_size(*shape))
        for name, values in self.history_.items():
            if values:
                out[f"history_: last {name}"] = float(values[-1])
        weights = getattr(self, "bow_weights_", None)
        if weights is not None:
            out["bow_weights_"] = Shown(f"({weights[0]:.3g}, {weights[1]:.3g})")
        return out

    def _caption(self) -> str:
        shape = table_shape(self)
        classes = f"{len(self.classes_):,} classes"
        return classes if shape is None else f"{classes} · table {_size(*shape)}"


def table_shape(classifier: Any) -> tuple[int, int] | None:
    """Rows and dimensions of the network's table; None where there is no network."""
    if not hasattr(classifier, "_network"):
        return None
    network = classifier._network
    if network is not None:  # the rows in use: spare ones stand behind them
        return len(network.table.rows.ids), int(network.table.dim)
    _, ids, values = classifier._saved  # after unpickling, until the network is needed
    dim = classifier.vectors_.dim if values is None else values.shape[1]
    return len(ids), int(dim)
