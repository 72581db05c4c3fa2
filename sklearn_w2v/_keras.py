"""The one room that touches scikeras, and makes it a clean scikit-learn classifier.

scikeras 0.13 brings the parameters routed to Keras (``optimizer__clipnorm``) and the type
that users know. Its own data handling, label encoding, seeding and pickling are replaced:
they predate scikit-learn 1.6 and are silently wrong on it.
"""

from __future__ import annotations

import copy
import pickle
import warnings
from numbers import Integral, Real
from typing import Any

from ._backend import expected_tracing, keras

# isort: split
import numpy as np
from joblib import wrap_non_picklable_objects
from numpy.typing import NDArray
from scikeras._utils import get_optimizer_class, route_params, unflatten_params
from scikeras.wrappers import KerasClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.utils import ClassifierTags, check_random_state, compute_sample_weight
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d
from sklearn.utils.validation import validate_data as _validate_data

from ._batches import right_padded
from ._training import Batches, RowMap, Table, TableNetwork
from ._vectors import FIRST_ID, OOV_ID, WordVectors, as_word_vectors

_ROUTED = ("optimizer__", "callbacks__")


class _MixinFirst(type):
    """Puts ClassifierMixin ahead of scikeras' classes.

    scikeras inherits from it on the right of BaseEstimator, where scikit-learn's tags
    never reach it: such a class is no classifier to ``is_classifier``.
    """

    def mro(cls) -> list[type]:
        order = super().mro()
        order.remove(ClassifierMixin)
        order.insert(order.index(KerasClassifier), ClassifierMixin)
        return order


class W2VKerasClassifier(KerasClassifier, metaclass=_MixinFirst):
    """Base of the classifiers: everything but the graph.

    A subclass has an explicit ``__init__`` and ``_spec(dim, n_classes, seed)``, which gives
    an object whose ``head()`` builds the graph from vectors to probabilities.
    """

    classes_: NDArray[Any]
    vectors_: WordVectors | None

    _parameter_constraints: dict[str, Any] = {
        "vectors": "no_validation",
        "train_embeddings": ["boolean"],
        "hidden": [Interval(Integral, 1, None, closed="left"), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "output": [StrOptions({"softmax", "sigmoid"})],
        "optimizer": [str, type, HasMethods(["get_config"])],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), callable, None],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "callbacks": "no_validation",
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
    }

    # ------------------------------------------------- scikit-learn's own ways
    _get_param_names: Any = classmethod(BaseEstimator._get_param_names.__func__)
    __repr__ = BaseEstimator.__repr__
    score = ClassifierMixin.score

    def _set_routed(self, routed: dict[str, Any]) -> None:
        """Keep constructor arguments of the form ``optimizer__clipnorm``."""
        for name, value in routed.items():
            if not name.startswith(_ROUTED):
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument {name!r}"
                )
            setattr(self, name, value)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters, those routed to Keras included.

        Parameters
        ----------
        deep : bool, default=True
            Whether parameters of nested estimators are included.

        Returns
        -------
        dict
            Names and values.
        """
        params: dict[str, Any] = BaseEstimator.get_params(self, deep=deep)
        params.update({k: v for k, v in vars(self).items() if k.startswith(_ROUTED)})
        return params

    def set_params(self, **params: Any) -> W2VKerasClassifier:
        """Set parameters, those routed to Keras (``optimizer__clipnorm``) included.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        W2VKerasClassifier
            The classifier itself.
        """
        own = {k: v for k, v in params.items() if not k.startswith(_ROUTED)}
        BaseEstimator.set_params(self, **own)
        self._set_routed({k: v for k, v in params.items() if k.startswith(_ROUTED)})
        return self

    def __sklearn_tags__(self) -> Any:
        tags = BaseEstimator.__sklearn_tags__(self)
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(poor_score=True)
        tags.target_tags.required = True
        tags.input_tags.categorical = True  # whole numbers from 0: ids
        tags.input_tags.positive_only = True
        tags.non_deterministic = self.random_state is None
        return tags

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
        y : array-like of shape (n_documents,)
            Labels: str, int or bool.
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
            `X` holds anything but ids, or labels do not fit.

        Warns
        -----
        UserWarning
            Neither `X` nor `vectors` brings word vectors, so that nothing is transferred.
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
        y : array-like of shape (n_documents,)
            Labels, each of them among `classes`.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed in the first call.
        sample_weight : array-like of shape (n_documents,), default=None
            Weights of documents.

        Returns
        -------
        W2VKerasClassifier
            The classifier itself.
        """
        if self.__sklearn_is_fitted__():
            _check_partial_fit_first_call(self, classes)
            fresh = False
        else:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            fresh = True
        return self._fit(X, y, sample_weight, (None, None), fresh, 1, classes)

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
        vectors = self._vectors_of(X, fresh)
        ids, lengths = self._check_ids(X, vectors, reset=fresh, y=y)
        labels = self._check_labels(y, len(ids))
        known: NDArray[Any] = (
            np.unique(labels if classes is None else classes) if fresh else self.classes_
        )
        y_index = _encode(labels, known)
        weights = self._weights(sample_weight, ids, labels, known)
        if (val := self._validation_set(validation, vectors, known)) is not None:
            used = np.concatenate([ids.ravel(), val[0].ravel()])
        else:
            used = ids
        if fresh:
            random = check_random_state(self.random_state)
            self._seed = int(random.randint(2**31 - 1))
            self._draws = 0
            self.classes_, self.vectors_ = known, vectors
            self.history_: dict[str, list[float]] = {}
            self._network = self._build(Table(RowMap.of(used), vectors, None, self._seed))
            self._compile(self._network)
        else:
            self._grow(used)
        self.n_classes_ = len(self.classes_)
        self._train((ids, lengths, y_index, weights), val, epochs)
        self.n_iter_ = len(self.history_.get("loss", ()))
        return self

    def _train(self, data: tuple[Any, ...], val: tuple[Any, ...] | None, epochs: int) -> None:
        ids, lengths, y_index, weights = data
        network = self._network
        # each fit draws from a stream of its own, so that warm starts do not repeat batches
        random = np.random.default_rng([self._seed, self._draws])
        self._draws += 1
        if weights is not None:  # as if these documents were not there
            keep = np.flatnonzero(weights != 0)
            if not len(keep):
                raise ValueError("sample_weight is zero for every document; nothing can be learnt.")
            ids, lengths, y_index = ids[keep], lengths[keep], y_index[keep]
            weights = weights[keep]
        callbacks = self._fresh_callbacks()
        if val is None and self.early_stopping and epochs > 1:
            train, held = self._split(y_index)
            val = (
                ids[held],
                lengths[held],
                y_index[held],
                None if weights is None else weights[held],
            )
            ids, lengths, y_index = ids[train], lengths[train], y_index[train]
            weights = None if weights is None else weights[train]
        if val is not None and self.early_stopping:
            callbacks.append(
                keras.callbacks.EarlyStopping(
                    monitor="val_loss",
                    patience=self.n_iter_no_change,
                    restore_best_weights=True,
                )
            )
        if not epochs:
            return

        def batches(part: tuple[Any, ...], order: np.random.Generator | None) -> Batches:
            part_ids, part_lengths, part_y, part_weights = part
            rows = network.table.rows.rows(part_ids)
            return Batches(
                rows, part_lengths, self._targets(part_y), part_weights, self.batch_size, order
            )

        with expected_tracing():
            history = network.model.fit(
                batches((ids, lengths, y_index, weights), random),
                validation_data=None if val is None else batches(val, None),
                epochs=epochs,
                callbacks=callbacks,
                verbose=int(self.verbose),
                shuffle=False,
            )
        network.pull()
        for name, values in history.history.items():
            self.history_.setdefault(name, []).extend(map(float, values))

    def _targets(self, y_index: NDArray[np.int64]) -> NDArray[Any]:
        if self.output == "softmax":
            return y_index
        return np.eye(len(self.classes_), dtype=np.float32)[y_index]

    def _split(self, y_index: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        seed = int(np.random.default_rng([self._seed, 1 << 20]).integers(2**31 - 1))
        n_held = int(np.ceil(self.validation_fraction * len(y_index)))
        counts = np.bincount(y_index)
        counts = counts[counts > 0]
        stratify = counts.min() > 1 and min(n_held, len(y_index) - n_held) >= len(counts)
        kind = StratifiedShuffleSplit if stratify else ShuffleSplit
        split = kind(n_splits=1, test_size=n_held, random_state=seed)
        train, held = next(split.split(np.zeros(len(y_index)), y_index))
        return np.sort(train), np.sort(held)

    # ------------------------------------------------------------ the network
    def _spec(self, dim: int, n_classes: int, seed: int) -> Any:
        raise NotImplementedError

    def _build(self, table: Table) -> TableNetwork:
        spec = self._spec(table.dim, len(self.classes_), self._seed % (1 << 30))
        return TableNetwork(spec.head(), table, self.train_embeddings)

    def _compile(self, network: TableNetwork) -> None:
        if self.output == "softmax":
            loss: Any = keras.losses.SparseCategoricalCrossentropy()
            metric: Any = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        else:
            loss = keras.losses.BinaryCrossentropy()
            metric = keras.metrics.CategoricalAccuracy(name="accuracy")
        network.compile(self._new_optimizer(), loss, [metric])

    def _new_optimizer(self) -> Any:
        """Optimizer of this fit's own, with the routed parameters."""
        routed = route_params(self.get_params(), "optimizer", pass_filter=set(), strict=True)
        if self.learning_rate is not None:
            routed.setdefault("learning_rate", self.learning_rate)
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            optimizer = get_optimizer_class(optimizer)
        if isinstance(optimizer, type):
            return unflatten_params(optimizer, params=routed)
        return type(optimizer).from_config({**optimizer.get_config(), **routed})

    def _fresh_callbacks(self) -> list[Any]:
        """Copies of the user's callbacks: a fit must not leave its traces in them."""
        if self.callbacks is None:
            return []
        given = self.callbacks if isinstance(self.callbacks, list | tuple) else [self.callbacks]
        routed = route_params(self.get_params(), "callbacks", pass_filter=set())
        made = unflatten_params([copy.deepcopy(one) for one in given], params=routed)
        for one in made:
            if not isinstance(one, keras.callbacks.Callback):
                raise TypeError(
                    f"Got {one!r} in callbacks but expected keras.callbacks.Callback classes "
                    "or instances."
                )
        return list(made)

    def _grow(self, used: NDArray[np.int32]) -> None:
        """Give the table rows for ids that it lacks, and keep all that was learnt."""
        former = self._ready()
        table = former.table.grown(used)
        if table is not former.table:
            self._network = TableNetwork(former.head, table, self.train_embeddings)
            self._compile(self._network)
            self._network.adopt_optimizer(former)
        elif not getattr(former.model, "compiled", False):
            self._compile(former)

    def _ready(self) -> TableNetwork:
        """The network; after unpickling, it is built again when first needed."""
        if self._network is None:
            head, ids, values = self._saved
            self._network = self._build(Table(RowMap(ids), self.vectors_, values, self._seed))
            self._network.head.set_weights(head)
            self._saved = None
        return self._network

    @property
    def model_(self) -> Any:
        """Keras model from rows of the table to probabilities."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"This {type(self).__name__} has no model_: it is not fitted yet.")
        return self._ready().model

    @property
    def word_vectors_(self) -> WordVectors:
        """The word vectors after training; words that it did not touch are as before."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        if self.vectors_ is None:
            raise AttributeError("The classifier was fitted without word vectors.")
        table = self._ready().table
        matrix = np.array(self.vectors_.vectors)
        words = table.rows.ids >= FIRST_ID
        matrix[table.rows.ids[words] - FIRST_ID] = table.values[words]
        return WordVectors(self.vectors_.words, matrix)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_") and hasattr(self, "_network")

    # --------------------------------------------------------------- checking
    def _vectors_of(self, X: Any, fresh: bool) -> WordVectors | None:
        handle = getattr(X, "vectors", None)
        handle = handle if isinstance(handle, WordVectors) else None
        if not fresh:
            known: WordVectors | None = self.vectors_
            if handle is not None and known is not None and handle != known:
                raise ValueError(
                    "X holds ids of other word vectors than the classifier was fitted with: "
                    f"{handle!r} instead of {known!r}. Use the W2VIndexer of the fit."
                )
            return known
        if self.vectors is not None:
            return as_word_vectors(self.vectors)
        if handle is None:
            warnings.warn(
                "X brings no word vectors (a plain array, not TokenIds), and vectors=None: the "
                "embedding starts from random values and nothing is transferred. Pass vectors=, "
                "or the output of W2VIndexer.",
                UserWarning,
                stacklevel=4,
            )
        return handle

    def _check_ids(
        self, X: Any, vectors: WordVectors | None, reset: bool, y: Any = "no_validation"
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        array = _validate_data(self, X, reset=reset, dtype="numeric", estimator=self)
        array = np.asarray(array)
        name = type(self).__name__
        if array.dtype.kind not in "iu":
            whole = np.floor(array) == array
            if not whole.all():
                raise ValueError(
                    f"Got {array[~whole].flat[0]!r} in X but {name} expected ids of words: whole "
                    "numbers from 0, as W2VIndexer makes them."
                )
        if array.size and array.min() < 0:
            raise ValueError(
                f"Negative values in data passed to {name}: got {array.min()} in X but expected "
                "ids of words, whole numbers from 0."
            )
        limit = len(vectors) + FIRST_ID if vectors is not None else 2**31 - 1
        if array.size and array.max() >= limit:
            raise ValueError(
                f"Got id {array.max()} in X but {name} expected ids below {limit}: "
                + ("X was not made from these vectors." if vectors is not None else "int32.")
            )
        return right_padded(array.astype(np.int32, copy=False), OOV_ID)

    def _check_labels(self, y: Any, n_documents: int) -> NDArray[Any]:
        check_classification_targets(y)
        if getattr(y, "ndim", 1) == 2 and y.shape[1] > 1:
            raise ValueError(
                f"Got y of shape {y.shape} but {type(self).__name__} expected one label for each "
                "document."
            )
        labels: NDArray[Any] = column_or_1d(y, warn=True)
        if len(labels) != n_documents:
            raise ValueError(f"Found {n_documents} documents in X but {len(labels)} labels in y.")
        return labels

    def _weights(
        self, sample_weight: Any, ids: Any, labels: NDArray[Any], classes: NDArray[Any]
    ) -> NDArray[np.float32] | None:
        """sample_weight and class_weight in one new vector."""
        if sample_weight is None and self.class_weight is None:
            return None
        weights: NDArray[np.float32] = _check_sample_weight(
            sample_weight, ids, dtype=np.float32, copy=True, ensure_non_negative=True
        )
        if self.class_weight is not None:
            if isinstance(self.class_weight, dict):
                unknown = [label for label in self.class_weight if label not in classes.tolist()]
                if unknown:
                    raise ValueError(
                        f"Got class_weight for {unknown} but the classes are {classes.tolist()}."
                    )
            weights = weights * compute_sample_weight(self.class_weight, labels)
        return weights.astype(np.float32, copy=False)

    def _validation_set(
        self, validation: tuple[Any, Any], vectors: WordVectors | None, classes: NDArray[Any]
    ) -> tuple[Any, ...] | None:
        X_val, y_val = validation
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError("Got only one of X_val and y_val but expected both or none.")
        handle = getattr(X_val, "vectors", None)
        if isinstance(handle, WordVectors) and vectors is not None and handle != vectors:
            raise ValueError("X_val holds ids of other word vectors than X.")
        ids, lengths = self._check_ids(X_val, vectors, reset=False)
        return ids, lengths, _encode(self._check_labels(y_val, len(ids)), classes), None

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
            In the order of ``classes_``; each row sums to 1.
        """
        check_is_fitted(self)
        vectors = self._vectors_of(X, fresh=False)
        ids, lengths = self._check_ids(X, vectors, reset=False)
        out = self._ready().predict(ids, lengths)
        if self.output == "sigmoid":
            out /= np.maximum(out.sum(axis=1, keepdims=True), 1e-12)
        return out

    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable class of each document.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words.

        Returns
        -------
        ndarray of shape (n_documents,)
            Labels as they were given to `fit`.
        """
        best = np.argmax(self.predict_proba(X), axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels

    # ------------------------------------------------------------- travelling
    def __getstate__(self) -> dict[str, Any]:
        """Parameters and weights as plain arrays.

        No optimizer state, and no frozen table: its rows stand in the vectors.
        """
        state: dict[str, Any] = dict(BaseEstimator.__getstate__(self))
        if state.get("_network") is not None:
            network = state["_network"]
            values = network.table.values
            if not network.trainable and network.table.vectors is not None:
                values = None
            state["_saved"] = network.head.get_weights(), network.table.rows.ids, values
            state["_network"] = None
        if "_packed_callbacks" not in state and state.get("callbacks") is not None:
            try:
                pickle.dumps(state["callbacks"])
            except Exception:  # whatever a callback raises, the model must be saved
                state["_packed_callbacks"] = _pack(state["callbacks"])
                state["callbacks"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        packed = state.pop("_packed_callbacks", None)
        if packed is not None:
            state["callbacks"] = pickle.loads(packed)
        BaseEstimator.__setstate__(self, state)


def _pack(callbacks: Any) -> bytes | None:
    """Callbacks that pickle refuses (lambdas, say), by cloudpickle; None if it does, too."""
    try:
        return pickle.dumps(wrap_non_picklable_objects(callbacks, keep_wrapper=False))
    except Exception as error:
        warnings.warn(
            f"callbacks cannot be pickled ({error}) and are left out.", UserWarning, stacklevel=4
        )
        return None


def _encode(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.int64]:
    places = np.searchsorted(classes, labels) if len(classes) else np.zeros(len(labels), int)
    places = np.minimum(places, len(classes) - 1)
    wrong = classes[places] != labels
    if wrong.any():
        raise ValueError(
            f"Got label {labels[wrong][0]!r} in y but the classes are {classes.tolist()}."
        )
    return places.astype(np.int64)
