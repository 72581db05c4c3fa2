"""The one module that knows scikeras, and makes it a clean scikit-learn classifier.

scikeras 0.13 brings the parameters routed to Keras (``optimizer__clipnorm``) and the type
that users know. Its own data handling, label encoding, seeding and pickling are replaced:
they predate scikit-learn 1.6 and are silently wrong on it.
"""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any, Self

from ..exceptions import NotSavedWarning
from ..networks.backend import keras

# isort: split
from joblib import wrap_non_picklable_objects
from scikeras._utils import get_optimizer_class, route_params, unflatten_params
from scikeras.wrappers import KerasClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import ClassifierTags

_ROUTED = ("optimizer__", "callbacks__")


class _MixinFirst(type):
    """Put ClassifierMixin before scikeras' classes in the order of inheritance.

    scikeras inherits from it on the right of BaseEstimator, where scikit-learn's tags
    never reach it: such a class is not a classifier to ``is_classifier``.
    """

    def mro(cls) -> list[type]:
        order = super().mro()
        order.remove(ClassifierMixin)
        order.insert(order.index(KerasClassifier), ClassifierMixin)
        return order


class ScikerasAdapter(KerasClassifier, metaclass=_MixinFirst):
    """scikeras' classifier with scikit-learn's ways: parameters, tags, optimizer, callbacks.

    A subclass has an explicit ``__init__``, which gives further keywords to `_set_routed`.
    """

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

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those routed to Keras (``optimizer__clipnorm``) included.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        ScikerasAdapter
            The classifier itself.
        """
        own = {k: v for k, v in params.items() if not k.startswith(_ROUTED)}
        BaseEstimator.set_params(self, **own)
        self._set_routed({k: v for k, v in params.items() if k.startswith(_ROUTED)})
        return self

    def __sklearn_tags__(self) -> Any:
        tags = BaseEstimator.__sklearn_tags__(self)
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(poor_score=True, multi_label=True)
        tags.target_tags.required = True
        tags.input_tags.categorical = True  # whole numbers from 0: ids
        tags.input_tags.positive_only = True
        return tags

    def _new_optimizer(self) -> Any:
        """Return a new optimizer with the routed parameters."""
        routed = route_params(self.get_params(), "optimizer", pass_filter=set(), strict=True)
        if self.learning_rate is not None:
            routed.setdefault("learning_rate", self.learning_rate)
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            optimizer = get_optimizer_class(optimizer)
        if isinstance(optimizer, type):
            # Keras' own names count up, and TensorFlow keeps 30 KB for each name of a variable
            if optimizer.__module__.startswith("keras."):
                routed.setdefault("name", optimizer.__name__.lower())
            return unflatten_params(optimizer, params=routed)
        return type(optimizer).from_config({**optimizer.get_config(), **routed})

    def _fresh_callbacks(self) -> list[Any]:
        """Return copies of the user's callbacks: a fit must not leave its traces in them."""
        if self.callbacks is None:
            routed = [name for name in vars(self) if name.startswith("callbacks__")]
            if routed:
                raise ValueError(f"Got {routed[0]} but callbacks=None: nothing takes it.")
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

    def __getstate__(self) -> dict[str, Any]:
        """Return the state, with callbacks that can be pickled: they must not stop a pickle."""
        state: dict[str, Any] = dict(BaseEstimator.__getstate__(self))
        if state.get("callbacks") is not None:
            try:
                pickle.dumps(state["callbacks"])
            except Exception:  # whatever a callback raises, the model must be saved
                state["callbacks"] = _packed(state["callbacks"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        wrapped: Any = state.get("callbacks")
        if type(wrapped).__name__.endswith("ObjectWrapper"):  # of copy.copy, which pickles nothing
            state = {**state, "callbacks": wrapped._obj}
        BaseEstimator.__setstate__(self, state)


def _packed(callbacks: Any) -> Any:
    """Return callbacks (lambdas, say) as cloudpickle takes them; None if it refuses them, too."""
    wrapped = wrap_non_picklable_objects(callbacks, keep_wrapper=False)
    try:
        pickle.dumps(wrapped)
    except Exception as error:
        warnings.warn(
            NotSavedWarning(f"callbacks cannot be pickled ({error}) and are left out."),
            stacklevel=4,
        )
        return None
    return wrapped
