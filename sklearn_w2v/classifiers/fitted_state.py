"""What a fitted classifier may hold, after a model file was read."""

from __future__ import annotations

from dataclasses import fields
from numbers import Real
from typing import Any

import numpy as np

from ..networks.design import RANDOM_DIM, Design, NetworkWeights
from ..utils.saved_state import (
    LARGEST_ID,
    expect,
    is_instance,
    is_whole,
    lies_within,
    unexpected,
)
from ..vectors.word_vectors import FIRST_ID, WordVectors
from .blend import Blend
from .targets import Targets
from .transfer import TransferProbe


def check_fitted_state(classifier: Any) -> None:
    """Refuse what no `fit` can have made.

    Parameters
    ----------
    classifier : W2VClassifier
        With a network; its parameters have been checked.

    Raises
    ------
    ValueError
        The message names the attribute.
    """
    classes: Any = vars(classifier).get("classes_")
    expect(
        classifier,
        {
            "vectors_": is_instance(WordVectors, type(None)),
            "classes_": lambda value: (
                type(value) is np.ndarray and value.ndim == 1 and len(value) > 0
            ),
            "_targets": is_instance(Targets),
            "_network": is_instance(NetworkWeights),
            "_seed": is_whole(0),
            "_draws": is_whole(0),
            "n_features_in_": is_whole(1),
            "n_classes_": lambda value: value == len(classes),
            "history_": _is_history,
            "transfer_": is_instance(TransferProbe, type(None)),
            "_blend": is_instance(Blend, type(None)),
        },
    )
    expect(
        classifier._targets,
        {
            "classes": lambda value: np.array_equal(value, classes),
            "multilabel": is_instance(bool),
        },
    )
    if classifier.vectors_ is not None:
        classifier.vectors_._check_opened_state()
    _check_network(classifier)
    if classifier.transfer_ is not None:
        classifier.transfer_._check_saved_state()
    blend = classifier._blend
    if blend is not None:
        blend._check_saved_state()
        if blend.weight and classifier._network.head is None:
            raise unexpected(classifier, "_network")
        if blend.branch.coef.shape[1] != len(classes):
            raise unexpected(classifier, "_blend")


def _check_network(classifier: Any) -> None:
    """Refuse weights of a network that other parameters, classes or vectors have made."""
    weights, vectors = classifier._network, classifier.vectors_
    weights._check_saved_state()
    design = weights.design
    limit = LARGEST_ID if vectors is None else len(vectors) + FIRST_ID
    if not (
        design.architecture.n_classes == len(classifier.classes_)
        and design.architecture.dim == (RANDOM_DIM if vectors is None else vectors.dim)
        and design.output.multilabel == classifier._targets.multilabel
        and lies_within(weights.ids, 0, limit)
        and (weights.values is not None or vectors is not None or weights.head is None)
        and _can_have(classifier, design)
    ):
        raise ValueError(f"the {type(classifier).__name__} in it has weights of another network")


def _can_have(classifier: Any, design: Design) -> bool:
    """Whether a classifier of this type can have been fitted with a design."""
    architecture = design.architecture
    params = {
        field.name: getattr(architecture, field.name)
        for field in fields(architecture)
        if field.name not in ("dim", "n_classes", "seed")
    }
    if "channels" in classifier._get_param_names():
        params["channels"] = design.channels
    else:
        params["train_embeddings"] = design.channels == "non-static"
    like = type(classifier)(**params, output=design.output.activation, maxlen=design.maxlen)
    like._validate_params()  # an error of its own, which names the parameter
    made = like._architecture(architecture.dim, architecture.n_classes, architecture.seed)
    return bool(made == architecture and like._channels() == design.channels)


def _is_history(value: Any) -> bool:
    return type(value) is dict and all(
        type(name) is str and type(row) is list and all(isinstance(one, Real) for one in row)
        for name, row in value.items()
    )
