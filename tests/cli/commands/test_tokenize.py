from __future__ import annotations

import json

import pytest


def test_lines_in_and_words_out(command):
    done = command("tokenize", stdin="夜行列車の窓に雨が光った\n\n雪だ".encode())
    assert (done.status, done.err) == (0, "")
    assert done.out == "夜行 列車 の 窓 に 雨 が 光っ た\n\n雪 だ\n"


def test_forms_parts_of_speech_and_json(command):
    text = "夜行列車の窓に雨が光った".encode()
    done = command("tokenize", "--form", "base", "--pos", "content", "--json", stdin=text)
    assert json.loads(done.out) == ["夜行", "列車", "窓", "雨", "光る"]
    assert command("tokenize", "--pos", "動詞,助詞", stdin=text).out == "の に が 光っ\n"


def test_columns_of_a_table(command, weather):
    done = command("tokenize", weather / "weather.csv")
    assert done.out.splitlines()[0] == "雨 と 雪 の 0 日"
    assert len(done.out.splitlines()) == 24


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--form", "kana"], "kana"),
        (["--pos", ","], "--pos"),
        (["--jobs", "0"], "--jobs 0"),
        (["--dictionary", "/nowhere"], "/nowhere"),
        (["--user-dictionary", "/nowhere.dic"], "/nowhere.dic"),
    ],
)
def test_wrong_options(command, arguments, wanted):
    done = command("tokenize", *arguments, stdin="雨".encode())
    assert (done.status, done.out) == (2, "")
    assert wanted in done.err
    assert done.err.count("\n") == 1
