"""What all classifiers share: fitting, predicting, pickling; all but their architecture."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..features.flat_ids import FlatIds
from ..features.token_ids import check_ids, check_vectors, vectors_to_go_on, whole_documents
from ..networks.design import RANDOM_DIM, Architecture, Design, NetworkWeights, words_to_read
from ..networks.embedding_table import RowMap, distinct
from ..networks.inference import Inference
from ..networks.output import Output
from ..utils.estimators import restore_on_error
from ..utils.forks import Lock
from ..utils.html_repr import FittedRepr, Shown, table_size
from ..utils.missing import needed_for
from ..utils.sklearn_compat import (
    HasMethods,
    Interval,
    StrOptions,
    check_partial_fit_first_call,
)
from ..vectors.word_vectors import WordVectors
from .blend import Blend
from .blend_training import LinearDesign, LinearMembers, NetworkTraining, all_words, fit_blend
from .fitted_state import check_fitted_state
from .routed_parameters import RoutedParameters
from .targets import Targets, check_labels
from .training_set import (
    TrainingSet,
    check_validation,
    hold_out,
    number_to_hold_out,
    total_weights,
)
from .transfer import TransferProbe

if TYPE_CHECKING:
    from ..networks.network import Network

_WIDTH = "n_features_in_", "feature_names_in_"
_lock = Lock()  # two threads may ask for a network that is not built yet


def _keras_training() -> Any:
    """Import what trains, and Keras with it."""
    with needed_for("A network in Keras (fit, model_)"):
        from . import keras_training
    return keras_training


def _has_many_labels(classifier: Any) -> bool:
    return classifier.__sklearn_is_fitted__() and bool(classifier._targets.multilabel)


class W2VClassifier(FittedRepr, RoutedParameters):
    """Base of the classifiers, which have a network and, with ``bow``, a linear branch.

    A subclass has the parameters of its architecture, and `_architecture`, which makes the
    architecture of them. The design of a network is that of its `fit`: what is set later
    changes no fitted network, nor its copies, until the next fit.

    Network and branch are fitted apart from each other, and their logits are added with
    factors that were found on held-out documents (stacking). Trained as one, the network
    drowns the branch.

    Predicting needs NumPy alone: Keras is imported by what trains the network or builds it
    (`keras_training`).
    """

    _parameter_constraints: dict[str, Any] = {
        "vectors": "no_validation",
        "maxlen": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"}), None],
        "bow": [StrOptions({"words", "ngrams"}), None],
        "bow_C": [Interval(Real, 0, None, closed="neither")],
        "train_network": ["boolean", StrOptions({"auto"})],
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
        "n_jobs": [Integral, None],
        "callbacks": "no_validation",
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
    }

    classes_: NDArray[Any]
    vectors_: WordVectors | None
    history_: dict[str, list[float]]
    n_iter_: int
    transfer_: TransferProbe | None
    _targets: Targets
    _seed: int
    _draws: int
    # weights after unpickling, then what predicts with them; a Network once it is to train
    _network: Any
    _blend: Blend | None = None

    def _architecture(self, dim: int, n_classes: int, seed: int) -> Architecture:
        """Return the architecture that the parameters ask for."""
        raise NotImplementedError

    def _channels(self) -> str:
        """Return the tables that the parameters ask for, in Kim's terms."""
        return "non-static" if self.train_embeddings else "static"

    # ---------------------------------------------------------------- fitting
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> W2VClassifier:
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
        W2VClassifier
            The classifier itself.

        Raises
        ------
        ValueError
            `X` holds anything but ids, or labels do not fit; or training diverged, and the
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
    ) -> W2VClassifier:
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
        W2VClassifier
            The classifier itself.

        Raises
        ------
        ValueError
            `bow` is set, or `class_weight` is "balanced": these need all documents at once.

        Notes
        -----
        After an error or Ctrl-C, a fitted classifier keeps the steps that were made.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "Got class_weight='balanced' with partial_fit but expected a dict or None: how "
                "frequent the classes are shows in all documents only. "
                "sklearn.utils.class_weight.compute_class_weight gives weights for a dict."
            )
        self._refuse_branch("partial_fit")
        if self.__sklearn_is_fitted__():
            check_partial_fit_first_call(self, classes)
            fresh = False
        else:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            fresh = True
        return self._fit(X, y, sample_weight, (None, None), fresh, 1, classes)

    def initialize(self, X: Any, y: Any = None) -> W2VClassifier:
        """Build the network without training it.

        Parameters
        ----------
        X : TokenIds or array-like of shape (n_documents, width)
            Ids of words.
        y : array-like of shape (n_documents,)
            Labels.

        Returns
        -------
        W2VClassifier
            The classifier itself.
        """
        return self._fit(X, y, None, (None, None), True, 0)

    def _validate_params(self) -> None:
        super()._validate_params()
        if self.warm_start:
            self._refuse_branch("warm_start=True")
        if self.bow is None and self.train_network is False:
            raise ValueError(
                "Got train_network=False with bow=None but expected bow='words' or 'ngrams': "
                "without the linear branch, the network is all there is to train."
            )

    def _refuse_branch(self, what: str) -> None:
        if self.bow is not None:
            raise ValueError(
                f"Got bow={self.bow!r} with {what} but expected bow=None: the linear branch needs "
                "all documents at once."
            )

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: tuple[Any, Any],
        fresh: bool,
        epochs: int,
        classes: Any = None,
    ) -> W2VClassifier:
        keras_training = _keras_training()
        self._validate_params()
        with restore_on_error(self, *_WIDTH):
            fitted = None if fresh else (vectors_to_go_on(X, self.vectors, self.vectors_),)
            vectors = check_vectors(X, self.vectors, fitted, self)
            more = getattr(validation[0], "vectors", None)
            if isinstance(more, WordVectors) and vectors and more.is_extension_of(vectors):
                vectors = more  # words that only the validation documents hold
            ids, lengths = check_ids(self, X, vectors, reset=fresh)
            labels = check_labels(self, y, len(ids))
            targets = Targets.of(labels, classes) if fresh else self._targets
            encoded = targets.encode(labels)
            weights = total_weights(sample_weight, self.class_weight, labels, targets.classes)
            train = TrainingSet(ids, lengths, encoded, weights)
            # what it refuses is found before anything is learnt, as are a wrong optimizer and
            # too few documents
            self._architecture(RANDOM_DIM, len(targets.classes), 0)
            callbacks = keras_training.fresh_callbacks(self)
            keras_training.new_optimizer(self)
            val = check_validation(self, validation, vectors, targets, labels, weights)
            words = self.bow and all_words((X, train), (validation[0], val), vectors)
            if val is None and words is None and self.early_stopping and epochs > 1:
                number_to_hold_out(len(train.weighted()), self.validation_fraction)
        maxlen = self._words_to_read(ids.shape[1], fresh)
        read = [part.cut(maxlen).ids for part in (train, val) if part is not None]
        used = np.concatenate(list(map(distinct, read)))
        try:
            if fresh:
                self.__dict__.pop("_network", None)  # not fitted, until all is done
                self._start(targets, vectors, used, maxlen)
            else:
                self._go_on(vectors, used, maxlen)
            self.n_classes_ = len(self.classes_)
            if epochs:
                self._learn(train, val, words, epochs, callbacks)
            else:
                self._compiled_network()
        except BaseException:  # Ctrl-C, too: what is half trained must not predict
            if fresh:
                self.__dict__.pop("_network", None)
            raise
        self.n_iter_ = len(self.history_.get("loss", ()))
        return self

    def _words_to_read(self, width: int, fresh: bool) -> int | None:
        """Return how many words of a document the network reads, of ids of some width."""
        maxlen = self.maxlen
        if maxlen == "auto":
            maxlen = words_to_read(width) if fresh else self._network.design.maxlen
        return None if maxlen is None else int(maxlen)

    def _start(
        self,
        targets: Targets,
        vectors: WordVectors | None,
        used: NDArray[np.int32],
        maxlen: int | None,
    ) -> None:
        """Forget what was learnt, and build a network with rows for some ids."""
        self._blend = self.transfer_ = None
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self._draws = 0
        self._targets, self.classes_, self.vectors_ = targets, targets.classes, vectors
        self.history_ = {}
        dim = RANDOM_DIM if vectors is None else vectors.dim
        design = self._design(dim, self._seed, maxlen)
        self._network = NetworkWeights(design, RowMap.of(used).ids, None, None)

    def _go_on(
        self, vectors: WordVectors | None, used: NDArray[np.int32], maxlen: int | None
    ) -> None:
        """Give the network rows for ids that it lacks, and keep all that was learnt."""
        if self._blend is not None and not self.n_iter_:
            raise ValueError(
                "Got bow=None but all that was fitted is the linear branch, from which training "
                "cannot go on; fit it anew."
            )
        former = self._built_network()
        architecture = former.design.architecture
        design = self._design(architecture.dim, architecture.seed, maxlen)
        network = former.grown(design, used, vectors, _keras_training().new_optimizer(self))
        self.vectors_ = vectors  # the same, or extended by further words
        self._network = network

    def _design(self, dim: int, seed: int, maxlen: int | None) -> Design:
        """Return the design that the parameters ask for now."""
        return Design(
            self._architecture(dim, len(self.classes_), seed),
            self._channels(),
            Output.of(self.output, self._targets.multilabel),
            maxlen,
        )

    def _learn(
        self,
        train: TrainingSet,
        val: TrainingSet | None,
        words: tuple[FlatIds, FlatIds | None] | None,
        epochs: int,
        callbacks: list[Any],
    ) -> None:
        """Train the network, and fit the linear branch beside it if there is to be one."""
        self._blend = self.transfer_ = None
        if words is None:
            self._train(train.weighted(), val, epochs, callbacks)
            self._built_network().check_finite(self.learning_rate)
            return
        design = LinearDesign(
            self.bow,
            self.bow_C,
            len(self.classes_),
            self._network.design.output,
            self._seed,
            self.n_jobs,
        )
        of_train, of_val = words
        if (rows := train.weighted_rows()) is not None:
            train, of_train = train.take(rows), of_train.take(rows)
        judged = None if self._network.design.channels == "rand" else self.vectors_
        self._blend, self.transfer_ = fit_blend(
            LinearMembers(design, train, of_train, judged, self.vectors_),
            train,
            None if val is None or of_val is None else (val, of_val),
            design,
            NetworkTraining(
                self.train_network,
                lambda part, held, watch: self._train(
                    part, held, epochs, [*callbacks, *watch], stop_early=False
                ),
                lambda held: self._inference().logits(held.ids, held.lengths),
                self.n_iter_no_change,
            ),
        )

    def _train(
        self,
        train: TrainingSet,
        val: TrainingSet | None,
        epochs: int,
        callbacks: list[Any],
        stop_early: bool | None = None,
    ) -> None:
        """Train the network for some epochs."""
        keras_training = _keras_training()
        network = self._compiled_network()
        stop_early = self.early_stopping if stop_early is None else stop_early
        # each fit draws from a stream of its own, so that warm starts do not repeat batches
        random = np.random.default_rng([self._seed, self._draws])
        self._draws += 1
        maxlen = network.design.maxlen
        train, val = train.cut(maxlen), val and val.cut(maxlen)
        only = None
        if val is None and stop_early and epochs > 1:
            seed = int(np.random.default_rng([self._seed, 1 << 20]).integers(2**31 - 1))
            only, held = hold_out(train.y, self.validation_fraction, seed)
            val = train.take(held)
        if val is not None and stop_early:
            callbacks.append(keras_training.stop_early(self.n_iter_no_change))
        history = keras_training.train_network(
            network, train, val, only, self.batch_size, epochs, callbacks, int(self.verbose), random
        )
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
        logits = self._logits(X)
        output: Output = self._network.design.output
        return output.probabilities(logits)

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
        return self._decide(X, ids, lengths, vectors)

    def _decide(
        self,
        X: Any,
        ids: NDArray[np.int32],
        lengths: NDArray[np.int64],
        vectors: WordVectors | None,
    ) -> NDArray[np.float32]:
        """Return the logits of the classes, of network and linear branch together."""
        blend = self._blend
        if blend is None:
            return self._inference().logits(ids, lengths, vectors)
        logits = blend.linear(whole_documents(X, ids, lengths, vectors), vectors)
        if blend.weight:
            logits += blend.weight * self._inference().logits(ids, lengths, vectors)
        return logits

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
        probabilities = self.predict_proba(X)
        return self._targets.decode(probabilities)

    # ------------------------------------------------------ what was learnt
    def _built_network(self) -> Network:
        """Return the network that trains; after unpickling, it is built when it is first needed."""
        if isinstance(self._network, NetworkWeights | Inference):
            keras_training = _keras_training()
            with _lock:
                if isinstance(self._network, NetworkWeights | Inference):
                    self._network = keras_training.build_network(self._network, self.vectors_)
        network: Network = self._network
        return network

    def _compiled_network(self) -> Network:
        """Return the network, ready to be trained."""
        network = self._built_network()
        if not getattr(network.model, "compiled", False):
            network.compile(_keras_training().new_optimizer(self))
        return network

    def _inference(self) -> Inference:
        """Return what predicts with the weights as they are now."""
        if isinstance(self._network, NetworkWeights):
            with _lock:
                weights = self._network
                if isinstance(weights, NetworkWeights) and weights.head is not None:
                    self._network = Inference.from_weights(weights, self.vectors_)
        if isinstance(self._network, Inference):
            return self._network
        return self._built_network().inference()  # of weights that nothing trained, too

    @property
    def model_(self) -> Any:
        """Keras model from rows of the table to probabilities.

        Rows are right-padded with 0. Where an LSTM was saved by Keras, ``import
        sklearn_w2v.networks.projected_lstm`` comes before ``keras.models.load_model``.
        """
        self._check_has_fit("model_")
        return self._built_network().model

    @property
    def word_vectors_(self) -> WordVectors:
        """The word vectors after training; those that it did not touch are as before."""
        self._check_has_fit("word_vectors_")
        if self.vectors_ is None:
            raise AttributeError("The classifier was fitted without word vectors.")
        if self._network.design.channels == "rand":
            raise AttributeError("channels='rand' learns nothing about the words of `vectors`.")
        if isinstance(self._network, NetworkWeights) and self._network.head is None:
            return self.vectors_  # nothing trained them
        return self._inference().table.word_vectors(self.vectors_)

    @property
    def bow_weights_(self) -> tuple[float, float] | None:
        """Factors of the branch's decisions and of the network's logits."""
        self._check_has_fit("bow_weights_")
        return None if self._blend is None else (self._blend.scale, self._blend.weight)

    @property
    def means_weight_(self) -> float | None:
        """Factor of the logits of the mean vectors; 0 where they do not count."""
        self._check_has_fit("means_weight_")
        return None if self._blend is None else self._blend.means_weight

    def _transfer_in_words(self) -> str | None:
        """Say what the probe has found and what followed from it; None without a probe."""
        if self.transfer_ is None:
            return None
        counts = self._blend is not None and self._blend.weight > 0
        return self.transfer_.sentence_with_network(self.n_iter_ > 0, counts)

    def _check_has_fit(self, attribute: str) -> None:
        if not self.__sklearn_is_fitted__():
            name = type(self).__name__
            raise AttributeError(f"This {name} has no {attribute}: it is not fitted yet.")

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_") and hasattr(self, "_network")

    def __getstate__(self) -> dict[str, Any]:
        """Return parameters and weights as plain arrays."""
        state = super().__getstate__()
        network = state.get("_network")
        if network is not None and not isinstance(network, NetworkWeights):
            state["_network"] = network.weights()
        return state

    def _check_saved_state(self) -> None:
        """Refuse what no `fit` can have made, after a model file was read."""
        if "_network" in vars(self):
            check_fitted_state(self)

    # ---------------------------------------------------------------- diagram
    def _summary(self) -> dict[str, Any]:
        out: dict[str, Any] = {"classes_": self.classes_, "n_iter_": self.n_iter_}
        out["word vectors of the network"] = Shown(table_size(*self._network.table_shape))
        for name, values in self.history_.items():
            if values:
                out[f"history_: last {name}"] = float(values[-1])
        if self.bow_weights_ is not None:
            out["bow_weights_"] = Shown("({:.3g}, {:.3g})".format(*self.bow_weights_))
            out["means_weight_"] = Shown(f"{self.means_weight_:.3g}")
        if self.transfer_ is not None:
            out["transfer_"] = Shown(str(self._transfer_in_words()))
        return out

    def _caption(self) -> str:
        shape = table_size(*self._network.table_shape)
        return f"{len(self.classes_):,} classes · table {shape}"
