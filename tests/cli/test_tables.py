from __future__ import annotations

import gzip
import json
import os
import sys
import tempfile

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_w2v.cli.tables import ReadOptions, Table

ROWS = [("雨が\n降る", "wet"), ('"海", 夏', "dry")]


def rows_of(path, *args, **kwargs):
    with Table(str(path), *args, **kwargs) as table:
        return table.columns, [cells for _, cells in table.rows()]


@pytest.fixture(params=["csv", "csv.gz", "tsv", "jsonl", "jsonl.xz", "parquet", "bom", "cp932"])
def table_file(request, tmp_path):
    """The same two rows in every format; path and how to read it."""
    kind = request.param
    path = tmp_path / f"rows.{'csv' if kind in ('bom', 'cp932') else kind}"
    encoding = {"bom": "utf-8-sig", "cp932": "cp932"}.get(kind, "utf-8")
    mark = "\t" if kind == "tsv" else ","
    if kind == "parquet":
        pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        columns = {name: [row[at] for row in ROWS] for at, name in enumerate(("text", "label"))}
        parquet.write_table(pyarrow.table(columns), path)
        return path, ReadOptions()
    if kind.startswith("jsonl"):
        text = "".join(
            json.dumps({"text": text, "label": label}, ensure_ascii=False) + "\n\n"
            for text, label in ROWS
        )
    else:
        quoted = [[f'"{text.replace(chr(34), chr(34) * 2)}"', label] for text, label in ROWS]
        text = "\r\n".join(map(mark.join, [["text", "label"], *quoted])) + "\r\n"
    data = text.encode(encoding)
    if kind.endswith(".gz"):
        data = gzip.compress(data)
    if kind.endswith(".xz"):
        import lzma

        data = lzma.compress(data)
    path.write_bytes(data)
    return path, ReadOptions(encoding="cp932" if kind == "cp932" else "utf-8")


def test_every_format_gives_the_same_rows(table_file):
    columns, rows = rows_of(*table_file)
    assert columns == ["text", "label"]
    assert [(row["text"], row["label"]) for row in rows] == ROWS


def test_plain_lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes("\ufeff雨\r\n\n雪 \x85海".encode())
    columns, rows = rows_of(path, table=False)
    assert columns == ["text"]
    assert [row["text"] for row in rows] == ["雨", "", "雪 \x85海"]


def test_json_lines_may_be_strings(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text('"雨"\n"雪"\n', encoding="utf-8")
    assert rows_of(path) == (["text"], [{"text": "雨"}, {"text": "雪"}])


def test_places_name_row_and_first_line(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('text,label\n"a\nb",x\n\nc,y\n', encoding="utf-8")
    with Table(str(path)) as table:
        assert [place for place, _ in table.rows()] == ["row 1 (line 2)", "row 2 (line 5)"]


@pytest.mark.parametrize(
    ("name", "data", "options", "wanted"),
    [
        ("a.csv", "", {}, "is empty, but a line with names of columns was expected"),
        ("a.csv", "a,a\n1,2\n", {}, "the column 'a' more than once"),
        ("a.csv", "a,b\n1\n", {}, r"row 1 \(line 2\): Got 1 cells but expected 2"),
        ("a.csv", 'a,b\n"1,2\n', {}, "--no-quotes takes them as text"),
        ("a.csv", b"a,b\n\x89J,2\n", {"encoding": "utf-8"}, "byte 0x89 .* --encoding"),
        ("a.csv", "a,b\n雨,2\n".encode("utf-16"), {"encoding": "utf-8"}, "--encoding utf-16"),
        ("a.csv", b"\x1f\x8b\x08\x00broken", {}, "Cannot unpack .*a.csv"),
        ("a.jsonl", '{"a": 1}\n{"a"\n', {}, "line 2: not JSON"),
        ("a.jsonl", "[1]\n", {}, "line 1: Got a list"),
        ("a.parquet", "no", {}, "is not a Parquet file"),
        ("a.xlsx", "", {}, r"expected an ending of \.csv"),
        ("a.csv", "", {"delimiter": ";;"}, "expected one character"),
    ],
)
def test_broken_files_are_errors_that_say_where(tmp_path, name, data, options, wanted):
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(ValueError, match=wanted):
        rows_of(path, ReadOptions(**options))


CELLS = st.text(st.sampled_from(list('雨海ab ,;"\t\n\r\u2028\u3000')), max_size=6)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), max_size=6),
    n_columns=st.integers(1, 2),
    mark=st.sampled_from([",", "\t"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    every=st.booleans(),
    bom=st.booleans(),
    ends=st.booleans(),
)
def test_rows_of_csv_are_those_of_pandas(rows, n_columns, mark, end, every, bom, ends):
    """Quotes, line breaks, blanks, empty cells and lines, BOM and all ends of lines."""
    lines = []
    for row in [("text", "label"), *rows]:
        quoted = [every or bool(set(cell) & set(',"\t\n\r')) for cell in row]
        cells = [
            '"' + cell.replace('"', '""') + '"' if quote else cell
            for cell, quote in zip(row[:n_columns], quoted, strict=False)
        ]
        lines.append(mark.join(cells))
    content = end.join(lines) + end * (ends or not lines[-1])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.csv" if mark == "," else "a.tsv")
        with open(path, "w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            file.write(content)
        columns, found = rows_of(path)
        table = pd.read_csv(
            path, sep=mark, dtype=str, keep_default_na=False, skip_blank_lines=n_columns > 1
        )
    assert columns == ["text", "label"][:n_columns]
    assert [tuple(row.values()) for row in found] == [row[:n_columns] for row in rows]
    assert [tuple(row) for row in table.fillna("").to_numpy()] == [row[:n_columns] for row in rows]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(rows=st.lists(CELLS, min_size=1, max_size=6), kind=st.sampled_from(["jsonl", "parquet"]))
def test_rows_of_other_tables_are_those_of_pandas(rows, kind):
    frame = pd.DataFrame({"text": rows})
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"a.{kind}")
        if kind == "jsonl":
            frame.to_json(path, orient="records", lines=True, force_ascii=False)
        else:
            pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
            frame.to_parquet(path)
        assert [row["text"] for row in rows_of(path)[1]] == rows


def test_empty_lines_between_rows_of_several_cells_are_not_rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\na,x\n\nb,y\n\n", encoding="utf-8")
    assert [row["text"] for row in rows_of(path)[1]] == ["a", "b"]


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file"):
        Table(str(tmp_path / "no.csv"))
    with pytest.raises(IsADirectoryError, match="is a folder"):
        Table(str(tmp_path))


def test_unknown_encodings():
    for name in ("cp9999", "rot13"):
        with pytest.raises(ValueError, match=f"Got --encoding {name}, which Python does not know"):
            ReadOptions(encoding=name)


def test_parquet_without_pyarrow_names_the_command(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-w2v\[parquet\]"'):
        rows_of(path)


def test_other_delimiters_and_quotes_as_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('text;label\n"雨;x\n', encoding="utf-8")
    _, rows = rows_of(path, ReadOptions(delimiter=";", quotes=False))
    assert rows == [{"text": '"雨', "label": "x"}]
    path.write_text("text|label\n雨|x\n", encoding="utf-8")
    with (
        Table(str(path), ReadOptions(quotes=False)) as table,
        pytest.raises(ValueError, match="--del"),
    ):
        table.column("text", "--text")


def test_columns_are_found_or_listed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("歌詞,label\n雨,x\n", encoding="utf-8")
    with Table(str(path)) as table:
        assert table.column("歌詞", "--text") == "歌詞"
        with pytest.raises(ValueError, match=r"columns '歌詞', 'label'; name the one .* --text"):
            table.column(None, "--text")
        with pytest.raises(ValueError, match=r"Got --text 'lyric', but .*'歌詞', 'label'"):
            table.column("lyric", "--text")


def test_json_lines_may_lack_a_column_at_first(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [{"text": "霧"}, {"text": "雨", "label": "wet"}, {"text": "海", "id": 3}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with Table(os.fspath(path)) as table:
        assert table.columns == ["text"]
        assert table.column("label", "--label") == "label"
        assert table.column("id", "--keep") == "id"
        with pytest.raises(ValueError, match="has the columns 'text', 'label', 'id'"):
            table.column("lable", "--label")
        assert [row for _, row in table.rows()] == lines


def test_json_lines_are_not_searched_without_end(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "霧"}\n' * 1500 + '{"text": "雨", "label": 1}\n', encoding="utf-8")
    with Table(os.fspath(path)) as table:
        for _ in range(2):
            with pytest.raises(ValueError, match="Got --label 'label', but"):
                table.column("label", "--label")
        assert sum(1 for _ in table.rows()) == 1501


# ------------------------------------------------------------- what Excel and others write
TEXTS = "text,label\r\n雨が降る、①髙﨑,湿\r\n夏の海,乾\r\n"


def cells_of(path, **how):
    with Table(str(path), ReadOptions(**how)) as table:
        return [cells for _, cells in table.rows()], table.notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16"])
@pytest.mark.parametrize("times", [1, 3000])
def test_encodings_of_japanese_programs_are_told_from_the_bytes(tmp_path, encoding, times):
    path = tmp_path / "a.csv"
    text = TEXTS if encoding != "euc_jp" else TEXTS.replace("①髙﨑", "")
    path.write_bytes((text + text.partition("\n")[2] * (times - 1)).encode(encoding))
    rows, notes = cells_of(path)
    assert rows[0]["text"].startswith("雨が降る")
    assert rows[-1] == {"text": "夏の海", "label": "乾"}
    assert len(rows) == 2 * times
    assert bool(notes) is (not encoding.startswith("utf-8"))
    if notes:
        assert f"is read as {encoding}" in notes[0]


def test_the_first_text_that_is_not_ascii_may_come_late(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text\n" + b"plain words\n" * 200_000 + "雨\n".encode("cp932"))
    rows, notes = cells_of(path)
    assert rows[-1] == {"text": "雨"}
    assert "cp932" in notes[0]


def test_bytes_that_are_no_text_of_any_kind_name_their_place(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text\nà peine\nça\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"is not utf-8: byte 0xe0 .* --encoding names another"):
        cells_of(path)
    assert cells_of(path, encoding="latin-1")[0][0] == {"text": "à peine"}


def test_half_width_katakana_are_cp932(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text\nｱﾒ\n雨が降る日の歌\n".encode("cp932"))
    assert cells_of(path)[0][0] == {"text": "ｱﾒ"}


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("sep=;\r\ntext;label\r\n雨;x\r\n", None),
        ('"sep=;"\ntext;label\n雨;x\n', None),
        ("text;label\n雨;x\n", "separated by ';'"),
        ("text\tlabel\n雨\tx\n", "separated by '\\t'"),
        ("text,label,,\n雨,x,,\n", None),
        ("text,label\n雨,x,,\n", None),
    ],
)
def test_separators_and_empty_cells_at_the_end(tmp_path, content, note):
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8", newline="")
    rows, notes = cells_of(path)
    assert rows == [{"text": "雨", "label": "x"}]
    assert len(notes) == (note is not None)
    assert note is None or note in notes[0]


def test_what_was_asked_for_is_not_told_otherwise(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text;more\n雨;x\n", encoding="utf-8")
    assert cells_of(path, delimiter=",")[0] == [{"text;more": "雨;x"}]
    path.write_text("sep=;\ntext|more\n雨|x\n", encoding="utf-8")
    assert cells_of(path, delimiter="|")[0] == [{"text": "雨", "more": "x"}]


def test_cells_without_a_name_are_no_empty_ones(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\n雨,x,,y\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"row 1 \(line 2\): Got 4 cells but expected 2"):
        cells_of(path)
    path.write_text("sep=;\ntext;label\n雨;x\n霧\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"row 2 \(line 4\): Got 1 cells but expected 2"):
        cells_of(path)


@pytest.mark.parametrize("start", [b"PK\x03\x04\x14", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.xls"])
def test_workbooks_are_named_for_what_they_are(tmp_path, start, name):
    path = tmp_path / name
    path.write_bytes(start + bytes(100))
    with pytest.raises(ValueError, match=r"is a workbook .* save the sheet as CSV"):
        cells_of(path)


@pytest.mark.parametrize("start", ["\n", "\r\n\r\n", "\ufeff\n", "\nsep=;\n"])
def test_empty_lines_before_the_names_of_the_columns_are_none(tmp_path, start):
    mark = ";" if "sep" in start else ","
    path = tmp_path / "a.csv"
    path.write_text(f"{start}text{mark}label\na{mark}b\n", encoding="utf-8", newline="")
    with Table(str(path)) as table:
        [(place, row)] = table.rows()
    assert row == {"text": "a", "label": "b"}
    assert place == f"row 1 (line {start.count(chr(10)) + 2})"
