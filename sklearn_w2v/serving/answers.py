"""Texts become labels, probabilities and highlighted words, as JSON knows them."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classifiers.base import W2VClassifier
from ..inspection.attribution import TokenAttribution, explain
from ..utils.estimators import steps_of

_CHUNK = 64  # texts between two looks at the clock
_TRIED = "雨が降る。"  # a text that any model must be able to answer


class OutOfTimeError(Exception):
    """The answer would come too late."""


class Answers:
    """Answer requests by a model.

    Parameters
    ----------
    model : estimator
        Fitted classifier that takes texts and gives each one label.
    card : str
        Its model card.

    Attributes
    ----------
    classes : list of str
        Labels, as answers name them.
    gives_probabilities : bool
        Whether the model has ``predict_proba``.
    cannot_explain : str or None
        Why it cannot be explained, or None where it can.
    """

    def __init__(self, model: Any, card: str) -> None:
        self._model, self.card = model, card
        self.classes = _names(model)
        self.gives_probabilities = hasattr(model, "predict_proba")
        # reads what the first prediction needs, so that forked workers share it
        self.predict([_TRIED])
        self.cannot_explain: str | None = None
        try:
            self.explain(_TRIED)
        except (TypeError, ValueError) as error:  # a stacked model, for instance
            self.cannot_explain = str(error)

    def predict(self, texts: Sequence[str], until: float = float("inf")) -> list[dict[str, Any]]:
        """Label texts.

        Parameters
        ----------
        texts : sequence of str
            Texts.
        until : float, default=inf
            When nobody waits any more, in seconds of ``time.monotonic``.

        Returns
        -------
        list of dict
            ``label``, its ``probability``, and ``probabilities`` by label; None for both where
            the model has no probabilities.

        Raises
        ------
        OutOfTimeError
            It took too long.
        """
        out: list[dict[str, Any]] = []
        for start in range(0, len(texts), _CHUNK):
            if time.monotonic() > until:
                raise OutOfTimeError
            out += self._predict_chunk(list(texts[start : start + _CHUNK]))
        return out

    def explain(
        self, text: str, target: str | None = None, method: str = "integrated_gradients"
    ) -> dict[str, Any]:
        """Say which words of a text speak for a label.

        Parameters
        ----------
        text : str
            Text.
        target : str or None, default=None
            One of `classes`; None takes the most probable one.
        method : {"integrated_gradients", "occlusion"}, default="integrated_gradients"
            As of `sklearn_w2v.explain`.

        Returns
        -------
        dict
            As of `as_json`.
        """
        return as_json(*explained(self._model, whole(text), target, method))

    def _predict_chunk(self, texts: list[str]) -> list[dict[str, Any]]:
        texts = [whole(one) for one in texts]
        if not self.gives_probabilities:
            labels = [whole(str(one)) for one in self._model.predict(texts)]
            return [{"label": one, "probability": None, "probabilities": None} for one in labels]
        probabilities = self._model.predict_proba(texts)
        return [
            self._prediction(row, place)
            for row, place in zip(probabilities, self._places(texts, probabilities), strict=True)
        ]

    def _places(self, texts: list[str], probabilities: NDArray[Any]) -> list[int]:
        """Which class each text gets."""
        if label_is_most_probable(self._model):
            return [int(one) for one in probabilities.argmax(axis=1)]
        places = {name: place for place, name in enumerate(self.classes)}
        return [places[whole(str(label))] for label in self._model.predict(texts)]

    def _prediction(self, row: NDArray[Any], place: int) -> dict[str, Any]:
        shares = np.asarray(row, dtype=float).tolist()
        return {
            "label": self.classes[place],
            "probability": shares[place],
            "probabilities": dict(zip(self.classes, shares, strict=True)),
        }


def label_is_most_probable(model: Any) -> bool:
    """Return whether a model is known to predict the most probable label.

    Others have thresholds of their own, or decide by something else than their probabilities.
    """
    return isinstance(steps_of(model)[-1], W2VClassifier)


def explained(
    model: Any, text: str, target: str | None, method: str
) -> tuple[TokenAttribution, float | None]:
    """Explain the label of a text, and say how probable it is.

    Parameters
    ----------
    model : estimator
        Fitted classifier.
    text : str
        Text.
    target : str or None
        Name of the label; None takes the most probable one.
    method : str
        As of `sklearn_w2v.explain`.

    Returns
    -------
    tuple of (TokenAttribution, float or None)
        None where the model has no probabilities.
    """
    names = _names(model)
    wanted = None if target is None else model.classes_[names.index(whole(target))]
    [found] = explain(model, [text], target=wanted, method=method)
    if not hasattr(model, "predict_proba"):
        return found, None
    return found, float(model.predict_proba([text])[0][names.index(whole(str(found.target)))])


def whole(text: str) -> str:
    """Return a text with U+FFFD for each half of a pair of surrogates, which cannot be sent."""
    # not "?", which means something to a model
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _names(model: Any) -> list[str]:
    return [whole(str(one)) for one in model.classes_]


def as_json(found: TokenAttribution, probability: float | None) -> dict[str, Any]:
    """Return what each token of a text adds to the logit of a label, for JSON.

    Parameters
    ----------
    found : TokenAttribution
        The explanation.
    probability : float or None
        Of its label.

    Returns
    -------
    dict
        ``target``, its ``probability``; ``score``, ``baseline_score`` and ``residual`` in
        logits; ``tokens``, each with its ``token``, ``span`` (characters of the text; None where
        it is not known) and ``value``.
    """
    spans: Sequence[tuple[int, int] | None] = found.spans or [None] * len(found.tokens)
    return {
        "target": whole(str(found.target)),
        "probability": probability,
        "score": float(found.score),
        "baseline_score": float(found.baseline_score),
        "residual": float(found.residual),
        "tokens": [
            {"token": token, "span": span, "value": float(value)}
            for token, span, value in zip(found.tokens, spans, found.values, strict=True)
        ],
    }
