"""Whether the entries of a model are what they promise, ahead of taking memory for them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

_NPY, _ZIP = b"\x93NUMPY", b"PK\x03\x04"
_SPARSE = 32  # times the model's size that its sparse matrices may unpack to
_SPARSE_LEAST = 1 << 26  # bytes; columns of ones pack well


def check_entries(model: bytes) -> None:
    """Refuse entries that are compressed, lie upon each other, or hold no whole array.

    NumPy takes the memory of an array as its header asks for it, and reads it then; an entry
    is known by its first bytes, as NumPy knows it.

    Parameters
    ----------
    model : bytes
        A zip, as skops writes it.

    Raises
    ------
    ValueError
        An entry is none of these; the message names it.
    """
    with zipfile.ZipFile(io.BytesIO(model)) as file:
        check_names(file)
        sparse = max(_SPARSE * len(model), _SPARSE_LEAST)
        left = len(model)
        for info in file.infolist():
            left -= info.file_size
            if info.compress_type != zipfile.ZIP_STORED or left < 0:
                raise ValueError(f"{info.filename} is compressed or too big")
            with file.open(info) as opened:
                entry: Any = opened
                head = entry.peek(len(_NPY))
                if head.startswith(_NPY):
                    _check_array(entry, info)
                elif head.startswith(_ZIP):
                    sparse = _check_sparse(entry.read(), sparse, info.filename)


def check_names(file: zipfile.ZipFile) -> None:
    """Refuse a zip with two entries of one name: readers would differ in which they take."""
    names = file.namelist()
    if len(set(names)) < len(names):
        raise ValueError("it has several entries of one name")


def _check_sparse(data: bytes, left: int, name: str) -> int:
    """Check arrays in the zip of a sparse matrix; what is left of the bytes to unpack."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for info in file.infolist():
            left -= info.file_size
            if left < 0:
                raise ValueError(f"{name} is compressed or too big")
            with file.open(info) as opened:
                entry: Any = opened
                if not entry.peek(len(_NPY)).startswith(_NPY):
                    raise ValueError(f"{name} is no sparse matrix")
                _check_array(entry, info)
    return left


def _check_array(entry: Any, info: zipfile.ZipInfo) -> None:
    version = np.lib.format.read_magic(entry)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{info.filename} is an array of the unknown version {version}")
    old = version == (1, 0)
    reader = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
    shape, _, dtype = reader(entry)
    size = dtype.itemsize
    for length in shape:  # Python's integers, which do not overflow
        size *= length
    whole = size == info.file_size - entry.tell() and all(length >= 0 for length in shape)
    if dtype.hasobject or not whole:
        raise ValueError(f"{info.filename} is no array of {shape}, {dtype}")
