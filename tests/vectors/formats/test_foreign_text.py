"""Files of vectors that are written in another way say so, and never become garbage."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_w2v import WordVectors

WORDS = ["雨", "雪", "夏の海", "東京", "友達"]
ROWS = np.random.default_rng(0).normal(size=(5, 4))


def text_of(sep=" ", number="{:.3f}".format, head=True):
    lines = [sep.join([word, *map(number, row)]) for word, row in zip(WORDS, ROWS, strict=True)]
    return "\n".join([*(["5 4"] if head else []), *lines]) + "\n"


def commas(value):
    return f"{value:.3f}".replace(".", ",")


@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"number": commas}, r"decimal commas \('0,126'\), not points"),
        ({"sep": ","}, "separated by ',', not by blanks or tabs"),
        ({"sep": ";"}, "separated by ';', not by blanks or tabs"),
    ],
)
def test_other_numbers_and_separators(tmp_path, head, how, message):
    path = tmp_path / "v.txt"
    path.write_text(text_of(head=head, **how), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        WordVectors.load(path)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (lambda value: f"{value:.2e}".replace("e", "D"), "1.26D-01"),  # Fortran
        (lambda value: f"{value:.3f}".replace("0.", "−0."), "−0.126"),  # a typesetter's minus
        (float.hex, "0x1.017ed89db8441p-3"),
    ],
)
def test_numbers_that_are_none_are_named(tmp_path, number, shown):
    path = tmp_path / "v.txt"
    path.write_text(text_of(number=lambda value: number(float(value))), encoding="utf-8")
    with pytest.raises(ValueError, match=f"'{shown}', after the word '雨', is not a number"):
        WordVectors.load(path)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
def test_other_encodings_are_named(tmp_path, binary, encoding):
    path = tmp_path / "v.bin"
    content = text_of().encode(encoding)
    if binary:
        content = b"5 4\n" + b"".join(
            word.encode(encoding) + b" " + row.astype("<f4").tobytes() + b"\n"
            for word, row in zip(WORDS, ROWS, strict=True)
        )
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"not UTF-8 but may be {encoding}: convert it"):
        WordVectors.load(path)


def test_utf16_is_named(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text(text_of(), encoding="utf-16")
    with pytest.raises(ValueError, match="it is UTF-16, as its start says"):
        WordVectors.load(path)


def test_a_few_broken_words_are_no_other_encoding(tmp_path):
    """word2vec's own program cuts long words at a number of bytes."""
    path = tmp_path / "v.txt"
    lines = [f"w{number} 1 2".encode() for number in range(20)]
    path.write_bytes(b"\n".join([*lines, "雨".encode()[:2] + b" 3 4\n"]))
    assert WordVectors.load(path).words[-1] == "\ufffd"
