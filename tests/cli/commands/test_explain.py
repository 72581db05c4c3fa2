from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from sklearn_w2v import TokenAttribution
from sklearn_w2v.cli.commands.explain import coloured

TEXT = "雨と雪の日"


def test_values_and_words_go_into_a_pipe(command, weather):
    done = command("explain", weather / "weather.w2v", TEXT)
    assert (done.status, done.err) == (0, "")
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert [word for _, word in rows] == ["雨", "と", "雪", "の", "日"]
    assert float(rows[0][0]) > 0


def test_json_has_all_of_it_and_the_target_may_be_chosen(command, weather):
    found = json.loads(command("explain", weather / "weather.w2v", TEXT, "--json").out)
    assert found["target"] == "wet"
    assert found["probability"] > 0.5
    assert found["tokens"][2]["span"] == [2, 3]
    total = sum(token["value"] for token in found["tokens"])
    assert total == pytest.approx(found["score"] - found["baseline_score"] - found["residual"])
    other = command(
        "explain", weather / "weather.w2v", "-", "--target", "dry", "--json", stdin=TEXT.encode()
    )
    assert json.loads(other.out)["target"] == "dry"


def test_pages_are_escaped(command, weather, tmp_path):
    page = tmp_path / "page.html"
    text = "雨<script>"
    done = command("explain", weather / "weather.w2v", text, "--html", page)
    assert f"Wrote {page}.\n" in done.err
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "<script" not in html
    assert "雨" in html


def test_words_are_coloured_where_they_stand():
    found = TokenAttribution(
        TEXT, ["雨", "雪", "日"], [(0, 1), (2, 3), (4, 5)], np.array([2.0, -1.0, 0.01]), "x", 1, 0
    )
    text = coloured(found)
    assert text.plain == TEXT
    assert [(span.start, span.end) for span in text.spans] == [(0, 1), (2, 3)]
    colours = [span.style.bgcolor.triplet for span in text.spans]
    assert tuple(colours[0]) == (255, 150, 40)
    assert colours[1].blue == 255
    assert colours[1].red < 255
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(text)
    assert "48;2;255;150;40m雨" in console.file.getvalue()


def test_without_spans_the_words_are_coloured():
    found = TokenAttribution("a b", ["a", "b"], None, np.array([1.0, 0.0]), "x", 1, 0)
    assert coloured(found).plain == "a b "


def test_nothing_counts():
    found = TokenAttribution("a", ["a"], [(0, 1)], np.array([0.0]), "x", 0, 0)
    assert coloured(found).spans == []


def test_a_terminal_gets_text_table_and_sum(weather, monkeypatch, command):
    console = Console(file=io.StringIO(), force_terminal=True, width=100, highlight=False)
    monkeypatch.setattr("sklearn_w2v.cli.console.Console", lambda **kwargs: console)
    assert command("explain", weather / "weather.w2v", TEXT + "\n祭", "--top", "3").status == 0
    shown = console.file.getvalue()
    assert "wet" in shown
    assert "adds to the logit" in shown
    assert "by words" in shown


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([" "], "empty text"),
        (["雨", "--target", "windy"], "expected one of dry, wet"),
        (["雨", "--html", "/nowhere/a.html"], "'/nowhere'"),
    ],
)
def test_errors_are_one_line(command, weather, arguments, wanted):
    done = command("explain", weather / "weather.w2v", *arguments)
    assert (done.status, done.out) == (2, "")
    assert wanted in done.err
    assert done.err.count("\n") == 1


def test_the_standard_input_has_an_encoding(command, weather):
    arguments = ("explain", weather / "weather.w2v", "-")
    done = command(*arguments, "--encoding", "utf-8", stdin="雨と雪".encode("cp932"))
    assert done.status == 2
    assert "The standard input is not utf-8: byte 0x89 at position 0" in done.err
    assert "--encoding names another, such as cp932" in done.err
    plain = command(*arguments, stdin=b"\xef\xbb\xbf" + "雨と雪".encode())
    done = command(*arguments, "--encoding", "cp932", stdin="雨と雪".encode("cp932"))
    assert (done.status, done.out) == (0, plain.out)
    assert command(*arguments, stdin="雨と雪".encode("cp932")).out == plain.out
    assert command(*arguments, "--encoding", "what", stdin=b"a").status == 2


def test_what_a_terminal_leaves_out_moves_no_colour():
    text = "雨の\r\n日\x0b雪"
    spans = [(0, 1), (4, 5), (6, 7)]
    found = TokenAttribution(text, ["雨", "日", "雪"], spans, np.array([2.0, 1.0, -1.0]), "x", 1, 0)
    shown = coloured(found)
    assert [shown.plain[span.start : span.end] for span in shown.spans] == ["雨", "日", "雪"]
