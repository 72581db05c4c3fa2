"""Versions of the libraries that a result depends on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from ..version import __version__

_LIBRARIES = (
    "scikit-learn",
    "keras",
    "tensorflow",
    "gensim",
    "numpy",
    "fugashi",
    "unidic-lite",
    "unidic",
    "skops",
)


def versions() -> dict[str, str]:
    """Return the versions of this package, of Python and of the libraries that are installed."""
    found = {"sklearn_w2v": __version__, "Python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
