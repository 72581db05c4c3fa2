"""What a fitted network knows, as plain values and arrays; nothing here imports Keras."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..utils.saved_state import (
    LARGEST_ID,
    expect,
    is_array,
    is_instance,
    is_whole,
    lies_within,
    unexpected,
)
from ..vectors.word_vectors import OOV_ID, PADDING_ID
from .forward import Documents, Floats
from .output import ACTIVATIONS, Output

CHANNELS = "rand", "static", "non-static", "multichannel"
RANDOM_DIM = 100  # dimensions of a table that does not come from word vectors
# fields of an architecture that a network with learnt weights may still change
_FREE = {"dropout", "max_norm", "seed"}

# Sentences of reports with a category anywhere in them (95 % have 91 words at most) lose 0.02 of F1
# where the network reads the first 64 words; of encyclopedia articles (half have more than 438),
# which begin with what they are about, 64 words are as good as 128 or better
_SHORT, _BEGINNING = 128, 64


def words_to_read(width: int) -> int:
    """Return how many words of each document a network reads by default, of ids of some width."""
    return _SHORT if width <= _SHORT else _BEGINNING


class Architecture(Protocol):
    """A frozen dataclass that describes a network from word vectors to logits.

    Its fields are `dim`, `n_classes` and `seed`, and the parameters of the classifier that has
    it, under the same names. `head` trains it, in Keras; `project`, `logits` and `gradients`
    are the same in NumPy.
    """

    @property
    def dim(self) -> int:
        """Dimensions of the word vectors."""

    @property
    def n_classes(self) -> int:
        """Number of classes."""

    @property
    def seed(self) -> int:
        """Seed of the first weights and of dropout."""

    def head(self) -> Any:
        """Return a new Keras model from vectors and mask to the classes' logits."""

    def shapes(self) -> list[tuple[int, ...]]:
        """Return the shapes of the head's weights, without building it."""

    def project(self, weights: list[Floats], vectors: Floats) -> Floats:
        """Return what the head makes of single words, whatever stands beside them.

        Parameters
        ----------
        weights : list of ndarray
            Weights of the head, in the order of `shapes`.
        vectors : ndarray of shape (n_words, dim), float32
        """

    def logits(self, weights: list[Floats], documents: Documents) -> Floats:
        """Return the logits of documents of projected words: (n_documents, n_classes)."""

    def gradients(
        self, weights: list[Floats], vectors: Floats, label: int
    ) -> tuple[Floats, Floats]:
        """Return logits of one class, and their gradients by the vectors of documents.

        Parameters
        ----------
        weights : list of ndarray
        vectors : ndarray of shape (n_documents, n_words, dim), float32
            Without padding.
        label : int
            Place of the class.

        Returns
        -------
        logits : ndarray of shape (n_documents,), float32
        gradients : ndarray of shape (n_documents, n_words, dim), float32
        """


@dataclass(frozen=True)
class Design:
    """What a network was made as; parameters that are set later do not change it.

    Parameters
    ----------
    architecture : Architecture
        From word vectors to logits.
    channels : {"rand", "static", "non-static", "multichannel"}
        Tables of word vectors that the network reads, in Kim's terms.
    output : Output
        What makes probabilities of logits.
    maxlen : int or None
        Number of words of a document that the network reads; None reads all.
    """

    architecture: Any
    channels: str
    output: Output
    maxlen: int | None

    @property
    def trains_vectors(self) -> bool:
        """Whether training changes the table."""
        return self.channels != "static"

    def check_continues(self, former: Design, has_vectors: bool) -> None:
        """Refuse a design that does not fit weights which were learnt.

        Parameters
        ----------
        former : Design
            Of the network that training goes on with.
        has_vectors : bool
            Whether there are word vectors.

        Raises
        ------
        ValueError
            The message names the parameter.
        """
        now, before = self.architecture, former.architecture
        changed = [
            (field.name, getattr(now, field.name), getattr(before, field.name))
            for field in fields(now)
            if field.name not in _FREE
        ]
        changed.append(("output", self.output.activation, former.output.activation))
        if self._tables(has_vectors) != former._tables(has_vectors):
            changed.append(("channels", self.channels, former.channels))
        for name, value, old in changed:
            if value != old:
                raise ValueError(
                    f"Got {name}={value!r} but the network that training goes on with has "
                    f"{name}={old!r}; set warm_start=False, or fit a new classifier."
                )

    def _tables(self, has_vectors: bool) -> tuple[bool, bool]:
        """Return whether there are two tables, and whether they ignore the vectors."""
        return self.channels == "multichannel", self.channels == "rand" and has_vectors


@dataclass(frozen=True, eq=False)  # arrays do not compare to one answer
class NetworkWeights:
    """A network as plain arrays: what pickles and model files hold of it.

    Parameters
    ----------
    design : Design
        What the network was made as.
    ids : ndarray of shape (n_rows,), int32
        Ids of the table's rows.
    values : ndarray of shape (n_rows, dim), float32, or None
        The rows; None where they are those of the word vectors.
    head : list of ndarray or None
        Weights of the head; None where nothing was trained: then they are drawn from the
        architecture's seed when the network is built.
    """

    design: Design
    ids: NDArray[np.int32]
    values: NDArray[np.float32] | None
    head: list[NDArray[Any]] | None

    def _check_saved_state(self) -> None:
        """Refuse weights that are not those of the design; nothing is built for it."""
        expect(self, {"design": is_instance(Design), "ids": is_array(np.int32, None)})
        design, ids = self.design, self.ids
        expect(
            design,
            {
                "channels": lambda value: type(value) is str and value in CHANNELS,
                "output": is_instance(Output),
                "maxlen": lambda value: value is None or is_whole(1)(value),
            },
        )
        expect(
            design.output,
            {
                "activation": lambda value: type(value) is str and value in ACTIVATIONS,
                "multilabel": is_instance(bool),
            },
        )
        sizes = {"dim": is_whole(1), "n_classes": is_whole(1), "seed": is_whole(0)}
        expect(design.architecture, sizes)
        firsts = PADDING_ID, OOV_ID
        if not (
            len(ids) > OOV_ID
            and (ids[PADDING_ID], ids[OOV_ID]) == firsts
            and lies_within(ids, 0, LARGEST_ID)
            and len(np.unique(ids)) == len(ids)
        ):
            raise unexpected(self, "ids")
        shapes = design.architecture.shapes()
        fits = [is_array(np.float32, *shape) for shape in shapes]
        expect(
            self,
            {
                "values": lambda value: (
                    design.channels == "static" or self.head is None
                    if value is None
                    else is_array(np.float32, len(ids), design.architecture.dim)(value)
                ),
                "head": lambda head: (
                    head is None
                    or (
                        type(head) is list
                        and len(head) == len(shapes)
                        and all(fit(one) for fit, one in zip(fits, head, strict=True))
                    )
                ),
            },
        )

    @property
    def table_shape(self) -> tuple[int, int]:
        """Rows and dimensions of the table."""
        return len(self.ids), int(self.design.architecture.dim)
