from __future__ import annotations

import io

import pytest

from sklearn_w2v.utils.encodings import encoding_of, encoding_of_bytes


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "euc_jp", "utf-16"])
def test_a_text_is_left_where_it_was(encoding):
    """Somebody may have read the first lines of the standard input already."""
    text = "雨が降る夜の歌\n".encode(encoding)
    stream = io.BufferedReader(io.BytesIO(b"a line before\n" + text))
    stream.readline()
    assert encoding_of(stream) == encoding
    assert stream.read() == text


def test_a_character_may_lie_across_two_blocks(monkeypatch):
    monkeypatch.setattr("sklearn_w2v.utils.encodings._BLOCK", 1)
    for encoding in ("cp932", "euc_jp"):
        stream = io.BufferedReader(io.BytesIO("雨が降る夜の歌\n".encode(encoding)))
        assert encoding_of(stream) == encoding


def test_bytes_of_no_encoding_count_as_utf8_which_says_so():
    assert encoding_of_bytes(b"\xff\xff") == "utf-8-sig"
    assert encoding_of_bytes("雨".encode("cp932")) == "cp932"
