"""Keras' Adam and SGD as functions of a gradient, which may be that of some rows alone."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backend import keras
from .keras_internals import optimizer_slots

Tensor = Any


@dataclass(frozen=True)
class OptimizerRule:
    """The formula by which Adam or SGD changes a value, and its settings.

    Parameters
    ----------
    kind : {"adam", "sgd"}
        Formula.
    decays : tuple of float
        Adam: of the two moments; SGD: of the momentum.
    epsilon : float
        Of Adam.
    nesterov : bool
        Of SGD.
    clip : tuple of (str, float) or None
        ``"clipnorm"``, ``"global_clipnorm"`` or ``"clipvalue"``, and its bound.
    """

    kind: str
    decays: tuple[float, ...]
    epsilon: float
    nesterov: bool
    clip: tuple[str, float] | None

    @classmethod
    def of(cls, optimizer: Any) -> OptimizerRule | None:
        """Return the rule of an optimizer; None where it does more than the formula, or another."""
        if any(
            getattr(optimizer, name, None)
            for name in (
                "weight_decay",
                "use_ema",
                "loss_scale_factor",
                "gradient_accumulation_steps",
                "amsgrad",
            )
        ):
            return None
        clip = next(
            (
                (name, float(getattr(optimizer, name)))
                for name in ("clipnorm", "global_clipnorm", "clipvalue")
                if getattr(optimizer, name, None)
            ),
            None,
        )
        if type(optimizer) is keras.optimizers.Adam:
            betas = float(optimizer.beta_1), float(optimizer.beta_2)
            rule = cls("adam", betas, float(optimizer.epsilon), False, clip)
        elif type(optimizer) is keras.optimizers.SGD:
            decays = (float(optimizer.momentum),) if optimizer.momentum else ()
            rule = cls("sgd", decays, 0.0, bool(optimizer.nesterov), clip)
        else:
            return None
        return rule if is_that_of_keras(rule) else None

    def slots(self, optimizer: Any, trained: Sequence[Any]) -> list[list[Any]] | None:
        """Return the optimizer's variables beside each trained one; None if they are not there."""
        return optimizer_slots(optimizer, self.kind, self.n_slots, trained)

    @property
    def n_slots(self) -> int:
        """How many variables the optimizer has beside each trained one."""
        return 2 if self.kind == "adam" else len(self.decays)

    def clipped(self, gradients: Sequence[Tensor]) -> list[Tensor]:
        """Gradients within their bounds; rows that are left out are zeros to any norm."""
        import tensorflow as tf

        if self.clip is None:
            return list(gradients)
        name, bound = self.clip
        if name == "clipnorm":
            return [tf.clip_by_norm(gradient, bound) for gradient in gradients]
        if name == "clipvalue":
            return [tf.clip_by_value(gradient, -bound, bound) for gradient in gradients]
        return list(tf.clip_by_global_norm(gradients, bound)[0])

    def step(
        self,
        gradient: Tensor,
        value: Tensor,
        slots: Sequence[Tensor],
        rate: Tensor,
        iteration: Tensor,
    ) -> tuple[Tensor, list[Tensor]]:
        """New value and new slots.

        Parameters
        ----------
        gradient, value : tensor
            Of equal shapes.
        slots : sequence of tensor
            The optimizer's variables of this shape.
        rate : scalar tensor
            Learning rate.
        iteration : scalar tensor of float
            Number of steps before this one.
        """
        import tensorflow as tf

        if self.kind == "adam":
            beta_1, beta_2 = self.decays
            m, v = slots
            m = m + (gradient - m) * (1 - beta_1)
            v = v + (tf.square(gradient) - v) * (1 - beta_2)
            power_1, power_2 = (tf.pow(beta, iteration + 1.0) for beta in self.decays)
            alpha = rate * tf.sqrt(1 - power_2) / (1 - power_1)
            return value - m * alpha / (tf.sqrt(v) + self.epsilon), [m, v]
        if not self.decays:
            return value - rate * gradient, []
        [momentum] = self.decays
        m = momentum * slots[0] - rate * gradient
        return value + (momentum * m - rate * gradient if self.nesterov else m), [m]


@functools.lru_cache(maxsize=64)
def is_that_of_keras(rule: OptimizerRule) -> bool:
    """Whether this release of Keras takes the steps of a rule: two of them are tried.

    A release with another formula, or with other variables, is to train by its own.
    """
    import tensorflow as tf

    clip = dict([] if rule.clip is None else [rule.clip])
    if rule.kind == "adam":
        optimizer = keras.optimizers.Adam(1.0, *rule.decays, epsilon=rule.epsilon, **clip)
    else:
        optimizer = keras.optimizers.SGD(1.0, *rule.decays, nesterov=rule.nesterov, **clip)
    variables = [keras.Variable(np.zeros(shape, np.float32)) for shape in ((2,), (2, 1))]
    optimizer.build(variables)
    slots = rule.slots(optimizer, variables)
    if slots is None:
        return False
    ours = [[tf.zeros(one.shape)] * (1 + rule.n_slots) for one in variables]
    for step, size in enumerate((1.0, 0.5)):
        gradients = [tf.constant([0.3 * size, -0.1]), tf.constant([[0.2], [-0.4 * size]])]
        optimizer.apply(gradients, variables)
        for place, gradient in enumerate(rule.clipped(gradients)):
            value, *held = ours[place]
            value, held = rule.step(
                gradient, value, held, tf.constant(1.0), tf.constant(1.0 * step)
            )
            ours[place] = [value, *held]
    return all(
        np.allclose(mine, keras.ops.convert_to_numpy(theirs), rtol=1e-3, atol=0, equal_nan=True)
        for of_one, variable, beside in zip(ours, variables, slots, strict=True)
        for mine, theirs in zip(of_one, [variable, *beside], strict=True)
    )
