"""Lyrics that ship with the package, and readers of published corpora."""

from .corpora import load_chabsa, load_livedoor, load_poets
from .lyrics import load_lyrics

__all__ = ["load_chabsa", "load_livedoor", "load_lyrics", "load_poets"]
