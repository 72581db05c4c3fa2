"""Keras, imported without its backend's start-up chatter.

TensorFlow logs from C++ before any level can be set, so the file descriptor itself is
turned aside while it is imported; what is no chatter is written again afterwards.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator

_CHATTER = re.compile(rb"^(WARNING: All log messages before absl|[IW]\d{4} |E\d{4} .*cuda|\s*$)")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    if "tensorflow" in sys.modules:
        yield
        return
    # errors that matter come as exceptions; what is logged as one (no CUDA here, no oneDNN
    # kernel for bool) is chatter as well
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (OSError, AttributeError, ValueError):  # no standard error at all
        yield
        return
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            aside.seek(0)
            rest = b"".join(line for line in aside if not _CHATTER.match(line))
            if rest:
                os.write(2, rest)


with _quiet():
    import keras

    if keras.config.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.list_physical_devices()  # looks for GPUs, and talks about it


class _NoRetracing(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in str(record.msg)


@contextlib.contextmanager
def expected_tracing() -> Iterator[None]:
    """TensorFlow's advice against many traced functions stays away.

    Every fit has a graph of its own, so that a search must trace often; there is nothing
    that the user could do about it.
    """
    logger, quiet = logging.getLogger("tensorflow"), _NoRetracing()
    logger.addFilter(quiet)
    try:
        yield
    finally:
        logger.removeFilter(quiet)


@functools.cache
def on_cpu() -> bool:
    """Whether TensorFlow computes, and on no accelerator."""
    if keras.config.backend() != "tensorflow":
        return False
    import tensorflow

    devices = tensorflow.config.get_visible_devices()
    return all(device.device_type in ("CPU", "XLA_CPU") for device in devices)


_COLLECTED = 1 << 24  # bytes of former fits that are worth a collection
_KERNELS = 100  # fits after which TensorFlow's kernels are let go
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
        Bytes that the new fit will leave behind.
    """
    global _left, _built
    _built += 1
    if _built % _KERNELS == 0:
        _clear_kernels()
    if _left >= _COLLECTED:
        _left = 0
        gc.collect()
    _left += coming
    trim_memory()


def _clear_kernels() -> None:
    """Forget TensorFlow's kernels, which are made again when they are called.

    It keeps one for each name that a variable ever had: 0.17 MB a fit.
    """
    if keras.config.backend() != "tensorflow":
        return
    try:
        from tensorflow.python.eager import context

        context.context().clear_kernel_cache()
    except (ImportError, AttributeError):  # no public name; without it, memory grows slowly
        pass


def trim_memory() -> None:
    """Give back the memory of training's freed tensors, which glibc keeps."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # another C library
        pass


__all__ = ["expected_tracing", "free_previous_fits", "keras", "on_cpu", "trim_memory"]
