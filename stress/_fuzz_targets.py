"""Targets of fuzzing, and the mutation of model files; imported with coverage switched on."""

from __future__ import annotations

import io
import json
import random
import struct
import tempfile
import traceback
import warnings
import zipfile
from pathlib import Path
from typing import Any

import atheris
import numpy as np
from _hostile_files import entries, model_file, zipped

import sklearn_w2v
from sklearn_w2v.cli.tables import ReadOptions, Table
from sklearn_w2v.vectors.formats.aliases import read_aliases
from sklearn_w2v.vectors.formats.fasttext import is_fasttext, read_fasttext
from sklearn_w2v.vectors.formats.word2vec import read_blocks

_SHM = Path("/dev/shm")
_WORK = Path(tempfile.mkdtemp(prefix="sklearn_w2v-fuzz-", dir=_SHM if _SHM.is_dir() else None))
_FILE = str(_WORK / "input")
_INDEX = {"雨": 0, "雪": 1}
_ROOMS_OF_ARITHMETIC = [
    Path(sklearn_w2v.__file__).parent / room for room in ("classifiers", "networks", "features")
]
_NEW = ["雨 夏 嵐", "", "誰も 知らない"]
_PEAK, _RATIO = 1 << 28, 100  # bytes that any file may cost, and bytes for each of its own


def _written(data: bytes) -> str:
    Path(_FILE).write_bytes(data)
    return _FILE


def _check_message(error: ValueError) -> None:
    if repr(_FILE) not in str(error):
        raise AssertionError("the file is not named") from error


def _check_words(words: list[str], rows: Any) -> None:
    assert rows.dtype == np.float32
    assert rows.ndim == 2
    assert rows.shape[0] == len(words)
    assert np.isfinite(rows).all()
    assert all(type(word) is str for word in words)


def vectors(data: bytes) -> None:
    """Readers of word2vec and GloVe."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        seen: set[str] = set()
        path = _written(data)
        if is_fasttext(path):  # which is asked first when a file is opened
            return
        try:
            for words, rows in read_blocks(path):
                _check_words(words, rows)
                assert seen.isdisjoint(words)
                seen.update(words)
        except ValueError as error:
            _check_message(error)


def aliases(data: bytes) -> None:
    """The reader of aliases."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            words, rows = read_aliases(_written(data), _INDEX)
            assert len(words) == len(rows)
            assert not set(words) & set(_INDEX)
        except ValueError as error:
            _check_message(error)


def fasttext(data: bytes) -> None:
    """The reader of fastText, which calls gensim's parser."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = _written(data)
        if not is_fasttext(path):
            return
        try:
            blocks, subwords = read_fasttext(path, _WORK)
            for words, rows in blocks:
                _check_words(words, rows)
            if subwords is not None:
                subwords.compose(["storms", "", "雨"])
        except ValueError as error:
            _check_message(error)


def tables(data: bytes) -> None:
    """The command line's readers of tables; the first byte says which."""
    kinds = ("csv", "tsv", "jsonl", "lines")
    kind = kinds[data[0] % len(kinds)] if data else "csv"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Table(_written(data[1:]), ReadOptions(kind)) as table:
                for row in table.rows():
                    assert isinstance(row[1], dict)
        except ValueError as error:
            if _FILE not in str(error):
                raise AssertionError("the file is not named") from error


def models(data: bytes) -> None:
    """`load`, and predictions of what it gives; memory is in proportion to the file."""
    start = _restart_peak()
    try:
        _try_model(data)
    finally:
        grown, most = _peak() - start, _PEAK + _RATIO * len(data)
        assert grown <= most, f"{len(data):,} bytes took {grown:,} bytes of memory"


def _restart_peak() -> int:
    """Let the kernel count the peak of this process's memory anew; returns the present size."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _try_model(data: bytes) -> None:
    from sklearn_w2v import load

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = load(_written(model_file(data)))
        except ValueError as error:
            _check_message(error)
            return
        predict = getattr(model, "predict_proba", None)
        if predict is None:
            return
        try:
            predict(_NEW)
        except (ValueError, TypeError, AttributeError) as error:
            # a file may set any parameter, as a program may; but ids, shapes and weights have
            # been checked, so no error may come from the arithmetic
            files = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
            if any(file.is_relative_to(room) for file in files for room in _ROOMS_OF_ARITHMETIC):
                raise AssertionError("`load` accepted what no fit can have made") from error


# ------------------------------------------------------------- changing models
def mutate_models(data: bytes, most: int, seed: int) -> bytes:
    """Change a node of the tree of a model, an array or raw bytes."""
    draw = random.Random(seed)
    try:
        parts = entries(data)
        schema = json.loads(parts["schema.json"])
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError, OSError, EOFError):
        return atheris.Mutate(data, len(data))
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        if draw.random() < 0.3:
            _change_array(parts, draw)
        else:
            _change_node(schema, sorted(parts), draw)
    parts["schema.json"] = json.dumps(schema).encode()
    return zipped(parts)[:most]


def _nodes(tree: Any) -> list[tuple[Any, Any]]:
    """Nodes of a tree, as pairs of container and key."""
    found, todo = [], [tree]
    while todo and len(found) < 20_000:
        one = todo.pop()
        pairs = one.items() if isinstance(one, dict) else enumerate(one)
        for key, value in pairs:
            found.append((one, key))
            if isinstance(value, dict | list):
                todo.append(value)
    return found


_VALUES = (
    *(None, True, -1, 0, 1, 2**31, 2**63, 10**12, 1e308, "", "雨", "../../x", [], {}),
    *("null", "NaN", "-1", "1e12", '"x"', "[]", "{}", "true", "[[1]]", "9" * 400),
    *("ObjectNode", "NdArrayNode", "ListNode", "ConstructorFromReduceNode", "TypeNode"),
    *("FunctionNode", "BytesNode", "SparseMatrixNode", "TreeNode", "DictNode", "JsonNode"),
)


def _change_node(schema: Any, files: list[str], draw: random.Random) -> None:
    places = _nodes(schema)
    if not places:
        return
    holder, key = draw.choice(places)
    kind = draw.randrange(6)
    if kind == 0:  # a copy of another node
        other, name = draw.choice(places)
        holder[key] = json.loads(json.dumps(other[name]))
    elif kind == 1:
        holder[key] = draw.choice(_VALUES)
    elif kind == 2 and isinstance(holder, dict):
        del holder[key]
    elif kind == 3 and isinstance(holder.get("file") if isinstance(holder, dict) else None, str):
        holder["file"] = draw.choice(files)
    elif kind == 4:
        numbers = [p for p in places if p[1] == "content" and isinstance(p[0]["content"], str)]
        if numbers:
            holder, key = draw.choice(numbers)
            holder[key] = str(draw.choice(_VALUES))
    else:  # swap two nodes
        other, name = draw.choice(places)
        holder[key], other[name] = other[name], holder[key]
        try:
            json.dumps(schema)
        except (ValueError, RecursionError):  # one was within the other
            holder[key] = None


def _other_shape(data: bytes, draw: random.Random) -> bytes:
    """An array of the same type in another shape, or many numbers: few bytes may ask for many."""
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError):
        return data
    size = array.size
    shape = draw.choice([(size,), (1, size), (size, 1), (0, size), (size, 0), None])
    if shape is None:
        array = np.arange(draw.choice([10, 1_000, 20_000])).astype(array.dtype)
    else:
        array = np.resize(array, shape)
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def _change_array(parts: dict[str, bytes], draw: random.Random) -> None:
    names = [name for name in parts if name.endswith(".npy") and parts[name]]
    if not names:
        return
    name = draw.choice(names)
    kind = draw.random()
    if kind < 0.3:
        parts[name] = parts[draw.choice(names)]
        return
    if kind < 0.5:
        parts[name] = _other_shape(parts[name], draw)
        return
    data = bytearray(parts[name])
    start = 10 + struct.unpack_from("<H", data, 8)[0] if len(data) > 10 else 0
    if draw.random() < 0.2:
        del data[draw.randrange(len(data)) :]
    elif start < len(data):
        for _ in range(draw.choice((1, 1, 4))):
            place = draw.randrange(start, len(data))
            data[place] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
    parts[name] = bytes(data)
