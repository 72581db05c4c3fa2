"""Keras, imported without its backend's start-up chatter.

TensorFlow logs from C++ before any level can be set, so the file descriptor itself is
turned aside while it is imported; lines that are not chatter are written afterwards.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator

from ..utils.forks import in_forked_processes

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


_ran_in_parent = False
_has_run = False


def about_to_run() -> None:
    """Note that this process runs Keras, or refuse where its threads did not survive a fork.

    Raises
    ------
    RuntimeError
        The process was forked after TensorFlow had run: it would wait for ever.
    """
    global _has_run
    if _ran_in_parent:
        raise RuntimeError(
            "This process was forked after TensorFlow had run, whose threads do not survive a "
            "fork: training would wait for ever. Start the process by "
            "multiprocessing.get_context('spawn'), or train before it is forked."
        )
    _has_run = keras.config.backend() == "tensorflow"


def threads_are_gone() -> bool:
    """Whether this process was forked after TensorFlow had run: its threads are the parent's."""
    return _ran_in_parent


def _after_fork() -> None:
    global _ran_in_parent
    _ran_in_parent = _ran_in_parent or _has_run


in_forked_processes(_after_fork)


class _NoRetracing(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in str(record.msg)


@contextlib.contextmanager
def expected_tracing() -> Iterator[None]:
    """Keep TensorFlow's advice against many traced functions from the user.

    Every fit has a graph of its own, so a search must trace often, and the user could not
    change that.
    """
    logger, quiet = logging.getLogger("tensorflow"), _NoRetracing()
    logger.addFilter(quiet)
    try:
        yield
    finally:
        logger.removeFilter(quiet)


@functools.cache
def on_cpu() -> bool:
    """Whether TensorFlow computes, and on the processor alone."""
    if keras.config.backend() != "tensorflow":
        return False
    import tensorflow

    devices = tensorflow.config.get_visible_devices()
    return all(device.device_type in ("CPU", "XLA_CPU") for device in devices)


__all__ = ["expected_tracing", "keras", "on_cpu"]
