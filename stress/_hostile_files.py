"""Small valid files, from which fuzzing starts and broken files are made."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import tempfile
import zipfile
from pathlib import Path

import numpy as np

WORDS = ["雨", "雪", "霧", "傘", "夏", "海", "砂", "祭"]
_TEXTS = ["雨 雪 霧", "傘 雨 雪", "夏 海 砂", "祭 夏 海"] * 3
_LABELS = [0, 0, 1, 1] * 3
COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def text_vectors(header: bool = True) -> bytes:
    """word2vec text, or GloVe text without a header."""
    rows = [f"{word} {number}.5 -{number}e-1 0.25" for number, word in enumerate(WORDS)]
    return "\n".join([*([f"{len(WORDS)} 3"] if header else []), *rows, ""]).encode()


def binary_vectors(end: bytes = b"\n") -> bytes:
    """word2vec binary."""
    rows = np.arange(3 * len(WORDS), dtype="<f4").reshape(-1, 3)
    lines = [f"{len(WORDS)} 3\n".encode()]
    for word, row in zip(WORDS, rows, strict=True):
        lines.append(word.encode() + b" " + row.tobytes() + end)
    return b"".join(lines)


def fasttext_vectors() -> bytes:
    """A Facebook fastText model."""
    from gensim.models import FastText
    from gensim.models.fasttext import save_facebook_model

    model = FastText(
        [["night", "day"], ["storm", "sun"]] * 9, vector_size=4, min_count=1, bucket=20, workers=1
    )
    with tempfile.TemporaryDirectory() as folder:
        save_facebook_model(model, f"{folder}/model.bin")
        return Path(folder, "model.bin").read_bytes()


def models() -> list[bytes]:
    """``model.skops`` of small models of several kinds."""
    from sklearn_w2v import WordVectors, make_w2v_pipeline, save

    kinds = [
        {"network": "lstm", "bow": None, "units": 2},
        {"network": "lstm", "bow": "ngrams", "units": 2, "hidden": 3},
        {"network": "cnn", "bow": "words", "filters": 2, "channels": "multichannel"},
    ]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        rows = np.random.default_rng(0).normal(size=(len(WORDS), 3))
        WordVectors(WORDS, rows).save(f"{folder}/v.txt")
        for kind in kinds:
            model = make_w2v_pipeline(f"{folder}/v.txt", random_state=0, epochs=1, **kind)
            model.fit(_TEXTS, _LABELS)
            if model["clf"]._blend is not None:
                model["clf"]._built_network()
                model["clf"]._blend.weight = 0.5
            for vectors in ("rows", "all"):
                save(model, f"{folder}/m.w2v", vectors=vectors)
                found.append(_skops_of(f"{folder}/m.w2v"))
        found.append(_wide_model(folder))
    return found


def _wide_model(folder: str) -> bytes:
    """A model whose words are many and share wide rows: few bytes that stand for many."""
    from sklearn_w2v import WordVectors, make_w2v_pipeline, save

    rows = np.random.default_rng(0).normal(size=(len(WORDS), 256))
    WordVectors(WORDS, rows).save(f"{folder}/wide.txt")
    lines = [f"{word}{number}\t{word}" for number in range(50) for word in WORDS]
    Path(folder, "aliases.tsv").write_text("\n".join(lines), encoding="utf-8")
    vectors = WordVectors.load(f"{folder}/wide.txt", f"{folder}/aliases.tsv")
    texts = [f"{text} {text}{number}" for number in range(50) for text in WORDS]
    model = make_w2v_pipeline(
        vectors, network="cnn", bow=None, channels="static", filters=1, kernel_sizes=(1,), epochs=1
    )
    model.fit(texts, [number % 2 for number in range(len(texts))])
    save(model, f"{folder}/wide.w2v")
    return _skops_of(f"{folder}/wide.w2v")


def _skops_of(path: str) -> bytes:
    with zipfile.ZipFile(path) as file:
        return file.read("model.skops")


def entries(data: bytes) -> dict[str, bytes]:
    """Entries of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {info.filename: file.read(info) for info in file.infolist()}


def zipped(parts: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of entries, with valid checksums."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, data in parts.items():
            file.writestr(zipfile.ZipInfo(name), data, compression)
    return out.getvalue()


def model_file(model: bytes) -> bytes:
    """A model file around ``model.skops`` with valid checksums, as an attacker would make it."""
    import hashlib
    import json

    from sklearn_w2v.persistence.model_file import FORMAT, KIND

    parts = {"card.md": b"# card", "model.skops": model}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}
    meta = {"kind": KIND, "format": FORMAT, "versions": {}, "sha256": digests}
    return zipped({"meta.json": json.dumps(meta).encode(), **parts})


def seeds_of(target: str) -> list[bytes]:
    """Valid files from which fuzzing of a target starts."""
    if target == "vectors":
        plain = [text_vectors(), text_vectors(False), binary_vectors(), binary_vectors(b"")]
        packed = [pack(data) for pack in COMPRESSORS.values() for data in plain]
        return [*plain, *packed, pickle.dumps({"words": WORDS}), b"2 2\nin 2003 1 2\nb 3 4\n"]
    if target == "aliases":
        plain = ["豪雨\t雨\n吹雪\t雪\r\n".encode(), b"\xef\xbb\xbfa\t\xe9\x9b\xa8"]
        return plain + [pack(plain[0]) for pack in COMPRESSORS.values()]
    if target == "fasttext":
        return [fasttext_vectors()]
    if target == "models":
        return models()
    return [
        'text,label\n雨,a\n"雪,\n霧",b\n'.encode(),
        "text\tlabel\n雨\ta\n".encode(),
        '{"text": "雨", "label": "a"}\n["x"]\n"y"\n'.encode(),
        gzip.compress("text,label\n雨,a\n".encode()),
    ]
