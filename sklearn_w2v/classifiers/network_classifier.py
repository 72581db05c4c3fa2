"""The network of a classifier: built, grown, compiled, packed and unpacked."""

from __future__ import annotations

import copy
import threading
from typing import Any, ClassVar

from .scikeras_adapter import ScikerasClassifier

# isort: split
import numpy as np
from numpy.typing import NDArray

from ..networks.backend import collect_former, keras
from ..networks.embedding_table import RANDOM_DIM, RowMap, Table
from ..networks.layers import hold_constraints
from ..networks.network import TableNetwork
from ..vectors.word_vectors import WordVectors
from .targets import Targets

_lock = threading.RLock()
# parameters that a network with learnt weights may still change
_FREE = "dropout", "max_norm", "train_embeddings"


class NetworkClassifier(ScikerasClassifier):
    """Base of the classifiers: what they do with their network but train it.

    A subclass has ``_spec(dim, n_classes, seed)``, which gives an object whose ``head()``
    builds the graph from vectors to logits, and ``_DESIGN``, the parameters that say how.
    They count as they were in `fit`: what is set later changes no fitted network, nor its
    copies, until the next fit.
    """

    _DESIGN: ClassVar[tuple[str, ...]] = ("hidden", "dropout", "output")

    classes_: NDArray[Any]
    vectors_: WordVectors | None
    _targets: Targets
    _seed: int
    _design: dict[str, Any]
    _network: TableNetwork  # None where it was unpickled and not used yet
    _saved: Any  # what it is built from then

    @property
    def _activation(self) -> str:
        return "sigmoid" if self._targets.multilabel else str(self._design["output"])

    # ------------------------------------------------------------ the network
    def _spec(self, dim: int, n_classes: int, seed: int) -> Any:
        raise NotImplementedError

    def _channels(self) -> str:
        """Tables in front of the network, in Kim's terms."""
        return "non-static" if self._design["train_embeddings"] else "static"

    def _chosen(self) -> dict[str, Any]:
        """The design that the parameters ask for now."""
        return {name: copy.copy(getattr(self, name)) for name in self._DESIGN}

    def _build(self, rows: RowMap, values: NDArray[np.float32] | None = None) -> TableNetwork:
        channels, vectors = self._channels(), self.vectors_
        dim = RANDOM_DIM if vectors is None else vectors.dim
        # an optimizer has two more tables; Keras' own objects are not small, either
        collect_former(12 * len(rows.ids) * dim + (1 << 21))
        source = None if channels == "rand" else vectors
        table = Table(rows, source, values, self._seed, dim, channels == "multichannel")
        spec = self._spec(table.dim, len(self.classes_), self._seed % (1 << 30))
        return self._assembled(spec.head(), table, spec)

    def _assembled(self, head: Any, table: Table, spec: Any) -> TableNetwork:
        trainable, activation = self._channels() != "static", self._activation
        return TableNetwork(head, table, trainable, activation, spec, self._targets.multilabel)

    def _compile(self, network: TableNetwork) -> None:
        if self._activation == "softmax":
            loss: Any = keras.losses.SparseCategoricalCrossentropy()
            metric: Any = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        elif self._targets.multilabel:
            loss = keras.losses.BinaryCrossentropy()
            metric = keras.metrics.BinaryAccuracy(name="accuracy")
        else:
            loss = keras.losses.BinaryCrossentropy()
            metric = keras.metrics.CategoricalAccuracy(name="accuracy")
        network.compile(self._new_optimizer(), loss, [metric])
        self._compiled_with = self._optimizer_config()

    def _grow(self, used: NDArray[np.int32], vectors: WordVectors | None) -> None:
        """Give the table rows for ids that it lacks, and keep all that was learnt."""
        former = self._ready()
        self._design = self._continued()
        self.vectors_ = vectors  # the same, or extended by further words
        if former.table.vectors is not None:
            former.table.vectors = vectors
        table, network, head = former.table.grown(used), former, former.head
        spec = self._spec(table.dim, len(self.classes_), former.spec.seed)
        if spec != former.spec:
            head = spec.head()
            head.set_weights(former.head.get_weights())
            hold_constraints(head)
        trainable = self._channels() != "static"
        if (table, head, trainable) != (former.table, former.head, former.trainable):
            network = self._network = self._assembled(head, table, spec)
        optimizer = getattr(former.model, "optimizer", None)
        same = self._optimizer_config() == self.__dict__.get("_compiled_with")
        if network is not former or not same or not getattr(former.model, "compiled", False):
            self._compile(network)
            network.adopt_optimizer(optimizer, with_rate=same)

    def _continued(self) -> dict[str, Any]:
        """The design that the parameters ask for, which learnt weights must fit."""
        former, now = self._design, self._chosen()
        for name, value in now.items():
            same = value == former[name]
            if name == "channels":  # the same tables, trained or not
                same = self._tables(value) == self._tables(former[name])
            if not same and name not in _FREE:
                raise ValueError(
                    f"Got {name}={value!r} but the network that training goes on with has "
                    f"{name}={former[name]!r}; set warm_start=False, or fit a new classifier."
                )
        return now

    def _tables(self, channels: str) -> tuple[bool, bool]:
        """Whether there are two tables, and whether they have nothing to do with the vectors."""
        return channels == "multichannel", channels == "rand" and self.vectors_ is not None

    def _ready(self) -> TableNetwork:
        """The network; after unpickling, it is built again when first needed."""
        if self._network is None:
            with _lock:  # two threads may ask at once
                if self._network is None:
                    head, ids, values = self._saved
                    network = self._build(RowMap(ids), values)
                    network.head.set_weights(head)
                    self._network, self._saved = network, None
        return self._network

    @property
    def _is_random(self) -> bool:
        """Whether the table has nothing to do with the vectors."""
        return self.vectors_ is not None and self._ready().table.vectors is None

    @property
    def model_(self) -> Any:
        """Keras model from rows of the table to probabilities.

        Rows are right-padded with 0. A saved model needs ``import sklearn_w2v`` to be loaded.
        """
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"This {type(self).__name__} has no model_: it is not fitted yet.")
        return self._ready().model

    @property
    def word_vectors_(self) -> WordVectors:
        """The word vectors after training; those that it did not touch are as before."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        if self.vectors_ is None:
            raise AttributeError("The classifier was fitted without word vectors.")
        if self._is_random:
            raise AttributeError("channels='rand' learns nothing about the words of `vectors`.")
        return self._ready().table.word_vectors(self.vectors_)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_") and hasattr(self, "_network")

    # ------------------------------------------------------------- travelling
    def __getstate__(self) -> dict[str, Any]:
        """Parameters and weights as plain arrays.

        No optimizer state, and no frozen table: its rows stand in the vectors.
        """
        state = super().__getstate__()
        network: TableNetwork | None = state.get("_network")
        if network is not None:
            table = network.table
            values = None if not network.trainable and table.is_untouched() else table.values
            state["_saved"] = network.head.get_weights(), table.rows.ids, values
            state["_network"] = None
        state.pop("_compiled_with", None)
        return state
