"""Parameters that are routed to Keras, without Keras."""

from __future__ import annotations

import pickle
import warnings
from typing import Any, Self

from joblib import wrap_non_picklable_objects
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import ClassifierTags

from ..exceptions import NotSavedWarning

ROUTED = ("optimizer__", "callbacks__")


class _MixinFirst(type):
    """Keep ClassifierMixin before the other bases of scikit-learn and scikeras.

    scikeras inherits from it on the right of BaseEstimator, where scikit-learn's tags
    never reach it: such a class is not a classifier to ``is_classifier``.
    """

    def mro(cls) -> list[type]:
        order = super().mro()
        order.remove(ClassifierMixin)
        others = [one is BaseEstimator or one.__module__.startswith("scikeras.") for one in order]
        order.insert(others.index(True), ClassifierMixin)
        return order


class RoutedParameters(ClassifierMixin, BaseEstimator, metaclass=_MixinFirst):
    """A classifier with parameters for Keras, of which nothing is imported until it trains.

    scikeras' ``KerasClassifier`` becomes its base when `scikeras_adapter` is imported: then
    Keras is there anyway. Everything that scikeras has in other ways than scikit-learn is
    defined here, so that no behaviour changes with that.

    A subclass has an explicit ``__init__``, which gives further keywords to `_set_routed`.
    """

    _get_param_names: Any = classmethod(BaseEstimator._get_param_names.__func__)
    __repr__ = BaseEstimator.__repr__
    score = ClassifierMixin.score

    def _set_routed(self, routed: dict[str, Any]) -> None:
        """Keep constructor arguments of the form ``optimizer__clipnorm``."""
        for name, value in routed.items():
            if not name.startswith(ROUTED):
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
        params.update({k: v for k, v in vars(self).items() if k.startswith(ROUTED)})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those routed to Keras (``optimizer__clipnorm``) included.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        RoutedParameters
            The classifier itself.
        """
        own = {k: v for k, v in params.items() if not k.startswith(ROUTED)}
        BaseEstimator.set_params(self, **own)
        self._set_routed({k: v for k, v in params.items() if k.startswith(ROUTED)})
        return self

    def __sklearn_tags__(self) -> Any:
        tags = BaseEstimator.__sklearn_tags__(self)
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(poor_score=True, multi_label=True)
        tags.target_tags.required = True
        tags.input_tags.categorical = True  # whole numbers from 0: ids
        tags.input_tags.positive_only = True
        return tags

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
