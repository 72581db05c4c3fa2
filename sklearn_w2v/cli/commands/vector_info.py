"""What there is to say about vectors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ...vectors.cache import cached_form
from ...vectors.formats.spacy import PREFIX
from ...vectors.formats.word2vec import format_of
from ...vectors.word_vectors import WordVectors

_FIRST = 5  # words that are shown


def describe(path: str, aliases: Path | None) -> dict[str, Any]:
    """Words, dimensions, format and size of vectors, and what they can do.

    Parameters
    ----------
    path : str
        A file, or ``"spacy:NAME"``.
    aliases : Path or None
        Further words that share rows.
    """
    name = path if path.startswith(PREFIX) else os.path.abspath(path)
    further = None if aliases is None else os.path.abspath(aliases)
    before = cached_form(name, further) is not None
    found = WordVectors.load(path, aliases)
    store, form = found._store, cached_form(name, further)
    spacy = path.startswith(PREFIX)
    rows = store.n_rows
    return {
        "source": path,
        "format": "spaCy model" if spacy else format_of(path),
        "words": len(found),
        "dimensions": found.dim,
        "rows": rows,
        "aliases": len(found) - rows,
        "subwords": found.has_subwords,
        "file_bytes": None if spacy else os.path.getsize(path),
        "cached_before": before,
        "cache": None if form is None else str(form),
        "cache_bytes": None if form is None else sum(p.stat().st_size for p in form.iterdir()),
        "fingerprint": found.fingerprint,
        "first_words": found.words[:_FIRST],
    }
