"""The one module that knows scikeras, and makes our classifiers ones of scikeras.

scikeras 0.13 brings the parameters routed to Keras (``optimizer__clipnorm``) and the type
that users know. Its own data handling, label encoding, seeding and pickling are replaced:
they predate scikit-learn 1.6 and are silently wrong on it.
"""

from __future__ import annotations

import copy
from typing import Any

from ..networks.backend import keras
from ..networks.keras_internals import learning_rate_schedule

# isort: split
from scikeras._utils import get_optimizer_class, route_params, unflatten_params
from scikeras.wrappers import KerasClassifier

from .routed_parameters import RoutedParameters

# a classifier that was loaded to predict has not waited for scikeras; from here on, all are ones
RoutedParameters.__bases__ = (KerasClassifier,)


def new_optimizer(classifier: Any) -> Any:
    """Return a new optimizer with the routed parameters.

    Raises
    ------
    TypeError
        `optimizer` is none of Keras'.
    """
    given = classifier.optimizer
    kind = given if isinstance(given, type) else type(given)
    if not (isinstance(given, str) or issubclass(kind, keras.optimizers.Optimizer)):
        raise TypeError(
            f"Got {given!r} as optimizer but expected a name, or a class or instance of "
            "keras.optimizers.Optimizer."
        )
    routed = route_params(classifier.get_params(), "optimizer", pass_filter=set(), strict=True)
    if classifier.learning_rate is not None:
        routed.setdefault("learning_rate", classifier.learning_rate)
    optimizer = classifier.optimizer
    if isinstance(optimizer, str):
        optimizer = get_optimizer_class(optimizer)
    if isinstance(optimizer, type):
        # Keras' own names count up, and TensorFlow keeps 30 KB for each name of a variable
        if optimizer.__module__.startswith("keras."):
            routed.setdefault("name", optimizer.__name__.lower())
        return unflatten_params(optimizer, params=routed)
    config = optimizer.get_config()
    if (schedule := learning_rate_schedule(optimizer)) is not None:
        config["learning_rate"] = schedule  # its class need not be registered to be made anew
    return type(optimizer).from_config({**config, **routed})


def fresh_callbacks(classifier: Any) -> list[Any]:
    """Return copies of the user's callbacks: a fit must not leave its traces in them."""
    given = classifier.callbacks
    if given is None:
        routed = [name for name in vars(classifier) if name.startswith("callbacks__")]
        if routed:
            raise ValueError(f"Got {routed[0]} but callbacks=None: nothing takes it.")
        return []
    given = given if isinstance(given, list | tuple) else [given]
    routed = route_params(classifier.get_params(), "callbacks", pass_filter=set())
    for name in routed:
        place = name.partition("__")[0]
        if place.isdigit() and int(place) >= len(given):
            raise ValueError(
                f"Got callbacks__{name} but expected a place below {len(given)}, the number of "
                "callbacks."
            )
    made = unflatten_params([copy.deepcopy(one) for one in given], params=routed)
    for one in made:
        if not isinstance(one, keras.callbacks.Callback):
            raise TypeError(
                f"Got {one!r} in callbacks but expected keras.callbacks.Callback classes "
                "or instances."
            )
    return list(made)
