"""What this package uses of Keras and TensorFlow that is not public, and what it does without.

The compiled steps read and write variables by their handles, and the optimizer's own
variables beside each trained one: Keras has no public way to run a step of its own on some
rows of a table. Each function here looks whether it finds what it expects; where it does not,
training and prediction go through Keras' public methods, with the same results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .backend import keras, threads_are_gone


def variable_handles(variables: Sequence[Any]) -> list[Any]:
    """Return TensorFlow's handles of Keras variables.

    Raises
    ------
    AttributeError
        A variable has none; `has_handles` says so before.
    """
    return [variable.value.handle for variable in variables]


def has_handles(variables: Sequence[Any]) -> bool:
    """Whether all Keras variables have handles of TensorFlow's."""
    try:
        handles = variable_handles(variables)
    except AttributeError:
        return False
    return all("resource" in str(getattr(handle, "dtype", "")) for handle in handles)


def optimizer_slots(
    optimizer: Any, kind: str, n_slots: int, trained: Sequence[Any]
) -> list[list[Any]] | None:
    """Return the variables that an optimizer holds beside each trained variable.

    Parameters
    ----------
    optimizer : keras.optimizers.Adam or keras.optimizers.SGD
        Built.
    kind : {"adam", "sgd"}
        Which of them it is.
    n_slots : int
        How many there are to be beside each variable.
    trained : sequence of keras.Variable
        What it trains.

    Returns
    -------
    list of list of keras.Variable, or None
        In the order of the trained variables; None where they are not as expected.
    """
    names = {"adam": ("_momentums", "_velocities"), "sgd": ("momentums",)}[kind][:n_slots]
    found: list[Any] = [getattr(optimizer, name, None) or [] for name in names]
    own = getattr(optimizer, "_trainable_variables", None) or []
    if list(map(id, own)) != list(map(id, trained)):  # in another order, perhaps
        return None
    if any(len(slots) != len(trained) for slots in found):
        return None
    beside = [[slots[place] for slots in found] for place in range(len(trained))]
    steps: Any = getattr(optimizer, "iterations", None)
    fits = (
        has_handles([steps, *(slot for of_one in beside for slot in of_one)])
        and steps.dtype == "int64"
        and all(
            (tuple(slot.shape), slot.dtype) == (tuple(variable.shape), variable.dtype)
            for variable, of_one in zip(trained, beside, strict=True)
            for slot in of_one
        )
    )
    return beside if fits else None


def learning_rate_schedule(optimizer: Any) -> Any:
    """Return the schedule that an optimizer was made with; None where it has a plain rate.

    The public way is its config, of which Keras makes no schedule whose class it does not know.
    """
    found = getattr(optimizer, "_learning_rate", None)
    schedules = keras.optimizers.schedules.LearningRateSchedule
    return found if isinstance(found, schedules) else None


class KerasRows:
    """The rows of a Keras variable, read as those of an array.

    Parameters
    ----------
    variable : keras.Variable of shape (n_rows, dim)
        As it is now, whenever it is read.
    """

    def __init__(self, variable: Any) -> None:
        self._variable = variable
        self.shape = tuple(variable.shape)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[np.float32]:
        values = keras.ops.convert_to_numpy(self._variable.value)
        return np.array(values, np.float32 if dtype is None else dtype)

    def __getitem__(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return a copy of some rows, without one of the whole table."""
        if threads_are_gone():  # TensorFlow would wait for them, but for a copy of the table
            return np.asarray(self)[rows]
        read = getattr(self._variable.value, "sparse_read", None)  # TensorFlow's
        if read is not None:
            return np.array(read(rows), np.float32)
        taken = keras.ops.convert_to_numpy(keras.ops.take(self._variable, rows, axis=0))
        return np.array(taken, np.float32)

    def assign(self, values: NDArray[np.float32]) -> None:
        """Set all rows."""
        self._variable.assign(values)


def clear_kernel_cache() -> None:
    """Forget TensorFlow's kernels, which are made again when they are called.

    It keeps one for each name that a variable ever had: 0.17 MB a fit. There is no public
    name for it; without it, memory grows slowly.
    """
    if keras.config.backend() != "tensorflow":
        return
    try:
        from tensorflow.python.eager import context

        context.context().clear_kernel_cache()
    except (ImportError, AttributeError):
        pass
