"""Vectors of installed spaCy models, read from the folders of their packages."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..folder import write_store
from ..store import MemoryStore

PREFIX = "spacy:"
_FILES = ("vectors", "key2row", "strings.json", "vectors.cfg")


class SpacySource:
    """Vectors of an installed spaCy model; the model's pipeline is never loaded.

    Parameters
    ----------
    source : str
        ``"spacy:NAME"``.

    Raises
    ------
    ValueError
        The name cannot be one of a package.
    """

    def __init__(self, source: str) -> None:
        self.package = source.removeprefix(PREFIX).replace("-", "_")
        if not self.package.isidentifier():
            raise ValueError(
                f"Got {source!r} but expected {PREFIX}NAME with the name of an installed spaCy "
                "model, as in 'spacy:ja_ginza'."
            )
        self.name = PREFIX + self.package
        self.label = f"The spaCy model {self.package!r}"
        self.remedy = "Install its former version"

    def stamp(self) -> str:
        folder, version = self._find()
        files = [folder / name for name in _FILES]
        stats = [file.stat() for file in files if file.exists()]
        times = [f"{stat.st_size} {stat.st_mtime_ns}" for stat in stats]
        return "\n".join([self.name, version, str(folder), *times])

    def witness(self) -> str:
        return ""  # packages are installed, not edited

    def fingerprint(self) -> None:
        return None

    def convert(self, folder: Path) -> None:
        vocab, version = self._find()
        store = self._read(vocab)
        size = store.n_rows
        shared = [] if store.shared is None else [(store.words[size:], store.shared[size:])]
        note = {"fingerprint": store.fingerprint, "source": self.name, "version": version}
        write_store(folder, [(store.words[:size], store.matrix)], note, shared)

    def _find(self) -> tuple[Path, str]:
        """Return the folder of the model's vocabulary, and its version."""
        try:
            spec = find_spec(self.package)  # imports nothing
        except (ImportError, ValueError):
            spec = None
        if spec is None:
            raise ImportError(f"{self.label} is not installed; {self._install()}.")
        for place in spec.submodule_search_locations or ():
            folder = Path(place)
            try:
                meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
                version = str(meta["version"])
                return folder / f"{meta['lang']}_{meta['name']}-{version}" / "vocab", version
            except (OSError, ValueError, KeyError, TypeError):
                continue
        raise ValueError(f"The package {self.package!r} is not a spaCy model: it has no meta.json.")

    def _install(self) -> str:
        if self.package == "ja_ginza":
            return 'pip install "sklearn-w2v[ginza]"'
        # spaCy's models are not on PyPI; packages of these names there are not spaCy's
        return f"pip install spacy, then python -m spacy download {self.package}"

    def _read(self, vocab: Path) -> MemoryStore:
        try:
            mode = json.loads((vocab / "vectors.cfg").read_text(encoding="utf-8")).get("mode")
        except FileNotFoundError:
            mode = "default"  # a model of an old release, or without vectors
        except (ValueError, AttributeError) as error:
            raise ValueError(f"Cannot read the vectors of {self.name!r}: {error}.") from error
        if mode != "default":
            raise ValueError(
                f"{self.label} has vectors in {mode} mode: hashed n-grams and no words. A model "
                "with a table of words is needed, like 'spacy:ja_ginza' (pip install "
                '"sklearn-w2v[ginza]").'
            )
        try:
            from spacy.strings import StringStore
            from spacy.vectors import Vectors
            from thinc.api import use_ops
        except ImportError as error:
            raise ImportError(
                f"spaCy is needed to read the vectors of {self.name!r}; {self._install()}."
            ) from error
        table = Vectors(strings=StringStore())
        try:
            with use_ops("numpy"):  # even if spaCy uses a GPU
                table.from_disk(vocab)
            return self._store(table)
        except _NoVectors:
            raise ValueError(
                f"{self.label} has no word vectors; take one that has, like 'spacy:ja_ginza' "
                '(pip install "sklearn-w2v[ginza]") or one whose name ends in _md or _lg.'
            ) from None
        except Exception as error:  # spaCy raises errors of many kinds
            raise ValueError(f"Cannot read the vectors of {self.name!r}: {error}.") from error

    def _store(self, table: Any) -> MemoryStore:
        """Return words and rows: first the words with a row of their own, in the rows' order."""
        rows: dict[str, int] = {}
        own: dict[int, str] = {}
        for (
            key,
            row,
        ) in table.key2row.items():  # in a pruned table, the words that it kept come first
            try:
                word = table.strings[key]
            except KeyError:  # its string was not kept, so it cannot be looked up
                continue
            if not 0 <= row < len(table.data):
                raise ValueError(f"{word!r} has row {row} of {len(table.data)}")
            own.setdefault(rows.setdefault(word, row), word)
        if not own:
            raise _NoVectors
        kept = sorted(own)
        matrix = np.ascontiguousarray(np.asarray(table.data)[kept], np.float32)
        if not np.isfinite(matrix).all():
            raise ValueError("values are not finite")
        further = [(word, row) for word, row in rows.items() if own[row] != word]
        place = {row: number for number, row in enumerate(kept)}
        words = [own[row] for row in kept] + [word for word, _ in further]
        shared = [*range(len(kept)), *(place[row] for _, row in further)]
        return MemoryStore(words, matrix, np.array(shared, np.int32) if further else None)


class _NoVectors(Exception):  # noqa: N818
    """The table has no rows."""
