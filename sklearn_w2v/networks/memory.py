"""Memory that fits leave with Keras, TensorFlow and the C library is given back."""

from __future__ import annotations

import ctypes
import gc

from .keras_internals import clear_kernel_cache

_COLLECTED = 1 << 24  # bytes of former fits that are worth a collection
_KERNELS = 100  # fits after which TensorFlow's kernels are freed
_left = 0
_built = 0


def free_previous_fits(coming: int) -> None:
    """Give back the memory of previous fits before a new one.

    Keras models are full of cycles: without this, each process of a search holds hundreds
    of megabytes that it does not use. A collection walks through all objects of TensorFlow
    (a fifth of a second), so small fits wait for each other.

    Parameters
    ----------
    coming : int
        Bytes that the new fit will leave.
    """
    global _left, _built
    _built += 1
    if _built % _KERNELS == 0:
        clear_kernel_cache()
    if _left >= _COLLECTED:
        _left = 0
        gc.collect()
    _left += coming
    trim_memory()


def trim_memory() -> None:
    """Give back the memory of training's freed tensors, which glibc keeps."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # another C library
        pass
