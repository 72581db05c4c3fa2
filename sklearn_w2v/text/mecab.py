"""The only place that calls MeCab: dictionaries, taggers, and texts that MeCab cannot take.

MeCab is fast and unforgiving. An output format that names a field which a word
lacks, a path cost beyond 2**31, or a file that is not a dictionary ends the process
with a segmentation fault; a NUL character cuts off the text without a warning. This
module exists so that no user sees any of that.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import mmap
import os
import re
import shlex
import struct
import threading
import unicodedata
from functools import lru_cache
from typing import Any

from ..utils.files import stamp_of

MAX_WHOLE = 20_000  # longest text, in characters, that MeCab gets in one piece
WINDOW = 8_000  # size of the overlapping windows of longer texts
OVERLAP = 400

_PIP = {"unidic-lite": "pip install unidic-lite", "unidic": "pip install unidic"}
_COMPILED = "sys.dic", "unk.dic", "matrix.bin", "char.bin"  # what MeCab reads of a folder
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# NUL, and white space that UniDic would take for symbols and join with their neighbours; not
# the ideographic space, which UniDic knows
_BLANK = re.compile("[\0\x0b-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f]")
_MECAB_MAGIC = 0xEF718F77
_HEADER = struct.Struct("<10I32s")
_local = threading.local()


def dictionary_folder(dictionary: str | os.PathLike[str]) -> str:
    """Return the folder of a dictionary that is given by name or path.

    Parameters
    ----------
    dictionary : str or path
        ``"unidic-lite"``, ``"unidic"`` or the folder of a compiled dictionary.

    Returns
    -------
    str
        An existing folder that holds ``sys.dic``.

    Raises
    ------
    ImportError
        The named dictionary package is not installed, or has no data yet.
    ValueError
        The path does not hold a compiled MeCab dictionary.
    """
    name = os.fspath(dictionary)
    if name in _PIP:
        try:
            folder = importlib.import_module(name.replace("-", "_")).DICDIR
        except (ImportError, AttributeError) as error:  # a folder of that name can be imported, too
            raise ImportError(
                f"dictionary={name!r} needs a package that is not installed: {_PIP[name]}"
            ) from error
        if not os.path.exists(os.path.join(folder, "sys.dic")):
            raise ImportError(
                f"dictionary={name!r} is installed without its data: "
                f"{_PIP[name]} && python -m {name.replace('-', '_')} download"
            )
        return str(folder)
    if not os.path.exists(os.path.join(name, "sys.dic")):
        raise ValueError(
            f"Got dictionary={name!r} but expected 'unidic-lite', 'unidic' or a folder "
            "that holds a compiled MeCab dictionary (sys.dic)."
        )
    return name


def dictionary_stamps(dictionary: str | os.PathLike[str]) -> list[str]:
    """Return a text for each file of a dictionary, which changes with the file."""
    try:
        folder = dictionary_folder(dictionary)
    except (ImportError, ValueError):
        return ["missing"]
    return [stamp_of(os.path.join(folder, name)) for name in _COMPILED]


def is_installed(dictionary: str | os.PathLike[str]) -> bool:
    """Whether a dictionary is that of a package, given by its name."""
    return os.fspath(dictionary) in _PIP


def fingerprint_of(path: str) -> str:
    """Return the hash of a user dictionary, or of a folder's compiled dictionary.

    Parameters
    ----------
    path : str
        The file or the folder. It is read once as long as it does not change.

    Raises
    ------
    FileNotFoundError
        It is not there, or a file of the folder is missing.
    """
    names = [os.path.join(path, name) for name in _COMPILED] if os.path.isdir(path) else [path]
    for name in names:
        if not os.path.isfile(name):
            raise FileNotFoundError(name)
    return _fingerprint_of(tuple(names), tuple(map(stamp_of, names)))


@lru_cache(maxsize=64)
def _fingerprint_of(names: tuple[str, ...], stamps: tuple[str, ...]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name in names:
        with open(name, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def check_dictionary_file(path: str, fields: int, what: str, limit: int | None = None) -> None:
    """Refuse a ``.dic`` file whose words lack fields that the output formats name.

    Parameters
    ----------
    path : str
        A compiled dictionary: ``sys.dic`` or a user dictionary.
    fields : int
        How many comma-separated fields each word must have.
    what : str
        How the message names the file.
    limit : int or None, default=None
        How many bytes of word features are checked; None means all.

    Raises
    ------
    ValueError
        The file is missing, is not a MeCab dictionary in UTF-8, or has entries with too few
        fields.
    """
    if not os.path.isfile(path):
        raise ValueError(f"{what} {path!r} is not a file.")
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size or _HEADER.unpack(head)[0] ^ _MECAB_MAGIC != size:
            raise ValueError(f"{what} {path!r} is not a compiled MeCab dictionary.")
        *_, dsize, tsize, fsize, _reserved, charset = _HEADER.unpack(head)
        encoding = charset.rstrip(b"\0").decode("ascii", "replace").lower()
        if encoding.replace("-", "") != "utf8":
            raise ValueError(f"{what} {path!r} is in {encoding!r} but expected UTF-8.")
        start = _HEADER.size + dsize + tsize
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            region = data[start : start + min(fsize, limit or fsize)]
    entries = region.split(b"\0")
    for entry in entries[:-1] if limit else entries:
        if entry and _count_fields(entry) < fields:
            shown = entry.decode("utf-8", "replace")
            raise ValueError(
                f"{what} {path!r} is not in UniDic's format: an entry has "
                f"{_count_fields(entry)} fields ({shown!r:.200}) but at least {fields} are needed."
            )


def _count_fields(entry: bytes) -> int:
    """Count the fields as MeCab does: commas inside a quoted field do not separate fields."""
    if b'"' not in entry:
        return entry.count(b",") + 1
    return len(next(csv.reader([entry.decode("utf-8", "replace")], skipinitialspace=True)))


def get_tagger(dictionary: str, user_dictionary: str | None, node: str, unknown: str) -> Any:
    """Return this thread's tagger for a dictionary and an output format.

    A tagger holds MeCab's lattice, so two threads must never share one. Making one takes a
    millisecond, and each thread keeps its taggers.
    """
    cache: dict[tuple[Any, ...], Any] = _local.__dict__.setdefault("taggers", {})
    stamp = stamp_of(user_dictionary) if user_dictionary else ""
    key = (dictionary, stamp_of(os.path.join(dictionary, "sys.dic")), stamp, node, unknown)
    if key not in cache:
        import fugashi

        if len(cache) >= 32:  # for a search over many user dictionaries
            cache.clear()
        args = ["-r", os.devnull, "-d", dictionary]
        if user_dictionary:  # MeCab reads a row of CSV here
            args += ["-u", '"' + user_dictionary.replace('"', '""') + '"']
        # -F is ignored without -O ""; -U is needed since unknown words lack some fields; -E
        # marks the end of the output, which fugashi strips
        args += ["-O", "", "-F", node, "-U", unknown, "-E", "EOS"]
        try:
            cache[key] = fugashi.GenericTagger(" ".join(map(shlex.quote, args)))
        except RuntimeError as error:
            raise ValueError(
                f"Got dictionary={dictionary!r} and user_dictionary={user_dictionary!r} but "
                f"expected files that MeCab can load together: {_reason(error)}"
            ) from error
    return cache[key]


def _reason(error: RuntimeError) -> str:
    """Return MeCab's message, which is the last line of fugashi's."""
    lines = [line.strip() for line in str(error).split("\n") if line.strip(" -")]
    return lines[-1] if lines else type(error).__name__


def clean(text: str, normalize: str | None) -> str:
    """Return text that MeCab can take: plain blanks, no lone surrogates, normalized characters."""
    if type(text) is not str:  # numpy's str_, which fugashi refuses
        text = str.__str__(text)
    if not text.isascii():
        if _SURROGATE.search(text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if normalize is not None:
            text = _HALF_WIDTH_KANA.sub(
                lambda found: unicodedata.normalize("NFKC", found.group()), text
            )
            if not unicodedata.is_normalized(normalize, text):  # type: ignore[arg-type]
                text = unicodedata.normalize(normalize, text)  # type: ignore[arg-type]
    return _BLANK.sub(" ", text)


class Lattice:
    """Parses texts of any length into lines of one output format.

    Parameters
    ----------
    dictionary : str
        Folder of the dictionary.
    user_dictionary : str or None
        Compiled user dictionary.
    node, unknown : str
        MeCab output formats of one known and one unknown word, without line end.
    """

    def __init__(
        self, dictionary: str, user_dictionary: str | None, node: str, unknown: str
    ) -> None:
        self._short = get_tagger(dictionary, user_dictionary, node + r"\n", unknown + r"\n")
        self._args = (dictionary, user_dictionary)
        self._formats = (r"%ps %pe\t" + node + r"\n", r"%ps %pe\t" + unknown + r"\n")

    def parse(self, text: str) -> str:
        """Return lines, one for each token, and a last line ``EOS``."""
        if len(text) > MAX_WHOLE:
            return self._parse_long(text)
        lines: str = self._short.parse(text)
        return lines

    def _parse_long(self, text: str) -> str:
        """Parse overlapping windows and join them at a token that both have.

        MeCab's path depends on the costs of words and of adjacent words only (Kudo et al.,
        EMNLP 2004). So where two windows share a word far from the ends of both, the path
        through it is that of the whole text.
        """
        tagger = get_tagger(*self._args, *self._formats)
        kept: list[tuple[int, int, str]] = []
        start, offset = 0, 0  # of the window: in characters, in UTF-8 bytes
        while True:
            window = text[start : start + WINDOW]
            nodes = _positions(tagger.parse(window), offset)
            joined = _join(kept, nodes, offset)
            if joined is None:  # no common token: continue right after the last window
                start += OVERLAP
                offset += len(window[:OVERLAP].encode())
                continue
            kept = joined
            if start + WINDOW >= len(text):
                break
            offset += len(window[: WINDOW - OVERLAP].encode())
            start += WINDOW - OVERLAP
        return "\n".join([line for _, _, line in kept] + ["EOS"])


def _positions(lines: str, offset: int) -> list[tuple[int, int, str]]:
    """Return the tokens of an output as (first byte, last byte + 1, line)."""
    nodes = []
    for line in lines.split("\n")[:-1]:
        place, _, rest = line.partition("\t")
        begin, end = place.split(" ")
        nodes.append((int(begin) + offset, int(end) + offset, rest))
    return nodes


def _join(
    left: list[tuple[int, int, str]], right: list[tuple[int, int, str]], offset: int
) -> list[tuple[int, int, str]] | None:
    """Join two windows at the common token that is nearest to the middle of their overlap."""
    first = len(left)
    while first and left[first - 1][0] >= offset:
        first -= 1
    if first == len(left):  # blanks after the last word, with whose end `right` may begin
        end = left[-1][1] if left else 0
        left.extend(node for node in right if node[0] >= end)
        return left
    middle = (offset + left[-1][1]) / 2
    places = {node: index for index, node in enumerate(left[first:], first)}
    common = [(index, node) for index, node in enumerate(right) if node in places]
    if not common:
        return None
    index, node = min(common, key=lambda pair: abs(pair[1][0] - middle))
    del left[places[node] :]
    left.extend(right[index:])
    return left


def resolve(
    dictionary: str | os.PathLike[str], user_dictionary: str | os.PathLike[str] | None
) -> tuple[str, str | None]:
    """Check both dictionaries, once for each thread, and return their absolute paths."""
    folder = os.path.abspath(dictionary_folder(dictionary))
    user = None if user_dictionary is None else os.path.abspath(os.fspath(user_dictionary))
    checked: set[Any] = _local.__dict__.setdefault("checked", set())
    main = os.path.join(folder, "sys.dic")
    known = stamp_of(main)
    if known not in checked:
        check_dictionary_file(main, 11, "dictionary", limit=1 << 16)
        check_dictionary_file(os.path.join(folder, "unk.dic"), 2, "dictionary")
        checked.add(known)
    if user is not None:
        stamp = stamp_of(user)
        if stamp not in checked:
            check_dictionary_file(user, 11, "user_dictionary")
            checked.add(stamp)
    return folder, user


@lru_cache(maxsize=8)
def parts_of_speech(folder: str) -> frozenset[tuple[str, str]]:
    """Return the pairs of pos1 and pos2 in a dictionary; none if it does not list them."""
    try:
        with open(os.path.join(folder, "left-id.def"), encoding="utf-8") as lines:
            fields = [line.partition(" ")[2].split(",") for line in lines]
    except (OSError, UnicodeDecodeError):
        return frozenset()
    return frozenset((names[0], names[1]) for names in fields if len(names) > 1)
