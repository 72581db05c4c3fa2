"""Broken and malicious files and texts; the results become rows of the table.

``python stress/hostile.py`` runs all parts, ``--parts vectors texts`` some of them, and
``--quick`` all of them in a short form, as the tests do. Fuzzing is a script of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _hostile_files import (
    COMPRESSORS,
    binary_vectors,
    fasttext_vectors,
    model_file,
    models,
    text_vectors,
)
from _rows import Row, append, measured
from _texts import AREA, TEXTS

Change = Callable[[bytes, random.Random], bytes]


def cut(data: bytes, draw: random.Random) -> bytes:
    """A file that ends somewhere within."""
    return data[: draw.randrange(len(data))]


def flipped(data: bytes, draw: random.Random) -> bytes:
    """A file with one to eight bits changed."""
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8))):
        out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def shuffled(data: bytes, draw: random.Random) -> bytes:
    """A file with a stretch of it doubled, removed, zeroed or moved."""
    start, end = sorted((draw.randrange(len(data)), draw.randrange(len(data))))
    part = data[start:end]
    to = draw.randrange(len(data))
    return draw.choice(
        (
            data[:end] + part + data[end:],
            data[:start] + data[end:],
            data[:start] + bytes(len(part)) + data[end:],
            data[:to] + part + data[to:],
        )
    )


CHANGES: dict[str, Change] = {"cut": cut, "with bits flipped": flipped, "shuffled": shuffled}


def whole_vectors() -> dict[str, bytes]:
    """A file of each format that vectors come in."""
    packed = {name: pack(binary_vectors()) for name, pack in COMPRESSORS.items()}
    plain = {"text": text_vectors(), "glove": text_vectors(header=False)}
    return {**plain, "binary": binary_vectors(), "fasttext": fasttext_vectors(), **packed}


def open_vectors(path: Path) -> bool:
    """Open a file as a user does; returns whether an error that names it refused it."""
    from sklearn_w2v import WordVectors

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)  # repeated words, words that are not UTF-8
        try:
            vectors = WordVectors.load(path)
        except ValueError as error:
            return _names(path, error)
    assert np.isfinite(vectors.vectors).all()
    assert len(set(vectors.words)) == len(vectors.words) == len(vectors.vectors)
    assert (vectors.find(vectors.words) == np.arange(len(vectors.words))).all()
    return False


def _names(path: Path, error: ValueError) -> bool:
    if repr(os.fspath(path)) not in str(error):
        raise AssertionError("the file is not named") from error
    return True


def open_model(path: Path, expected: Any, new: list[str]) -> bool:
    """Open a file as a user does; returns whether an error that names it refused it."""
    from sklearn_w2v import load

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        try:
            model = load(path)
        except ValueError as error:
            return _names(path, error)
        np.testing.assert_array_equal(model.predict_proba(new), expected)
    return False


def vectors(quick: bool) -> None:
    """Changed vector files of all formats."""
    for name, change in CHANGES.items():
        with _Folder() as path, measured(AREA, f"vector files {name}") as row:
            refused = 0
            for kind, data in whole_vectors().items():
                refused += _try(row, path, data, change, 20 if quick else 1_000, kind, open_vectors)
            row.note = f"{refused:,} refused, the others whole"


def model_files(quick: bool) -> None:
    """Changed model files: each is refused by its checksum, or gives the same model."""
    from sklearn_w2v import load

    new = ["雨 夏", "", "誰も 知らない"]
    for name, change in CHANGES.items():
        with _Folder() as path, measured(AREA, f"model files {name}") as row:
            refused = 0
            for number, data in enumerate(map(model_file, models()[::2])):
                path.write_bytes(data)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UserWarning)
                    expected = load(path).predict_proba(new)

                def opened(path: Path, expected: Any = expected) -> bool:
                    return open_model(path, expected, new)

                count = 15 if quick else 1_000
                refused += _try(row, path, data, change, count, f"model {number}", opened)
            row.note = f"{refused:,} refused, the others whole"


def _try(
    row: Row,
    path: Path,
    data: bytes,
    change: Change,
    count: int,
    kind: str,
    opened: Callable[[Path], bool],
) -> int:
    """Open a file with many changes, one at a time; returns how often it was refused."""
    refused = 0
    for seed in range(count):
        row.count += 1
        path.write_bytes(change(data, random.Random(seed)))
        try:
            refused += opened(path)
        except Exception as error:  # anything but a refusal is a failure
            row.fail(f"{kind}, seed {seed}: {error!r}")
    return refused


class _Folder:
    """A file in a folder of its own, and a cache of converted vectors in it."""

    def __enter__(self) -> Path:
        self._folder = tempfile.TemporaryDirectory(prefix="stress-")
        os.environ["SKLEARN_W2V_CACHE"] = f"{self._folder.name}/cache"
        return Path(self._folder.name, "input")

    def __exit__(self, *error: object) -> None:
        self._folder.cleanup()


def parts() -> Iterator[tuple[str, Callable[[bool], None]]]:
    """Names of the parts, and functions that run them."""
    yield "vectors", vectors
    yield "models", model_files
    for name, make in TEXTS.items():
        yield name, lambda quick, make=make: append(make(quick))


def main() -> None:
    """Run the parts."""
    known = dict(parts())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=list(known), default=list(known))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for name in options.parts:
        known[name](options.quick)


if __name__ == "__main__":
    main()
