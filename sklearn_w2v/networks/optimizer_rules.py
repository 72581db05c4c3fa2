"""Keras' Adam and SGD as functions of a gradient, which may be that of some rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
        """Return the rule of an optimizer; None where it does more than the formula."""
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
            return cls("adam", betas, float(optimizer.epsilon), False, clip)
        if type(optimizer) is keras.optimizers.SGD:
            decays = (float(optimizer.momentum),) if optimizer.momentum else ()
            return cls("sgd", decays, 0.0, bool(optimizer.nesterov), clip)
        return None

    def slots(self, optimizer: Any) -> list[list[Any]] | None:
        """Return the optimizer's variables beside each trained one; None if they are not there."""
        n_slots = 2 if self.kind == "adam" else len(self.decays)
        return optimizer_slots(optimizer, self.kind, n_slots)

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
