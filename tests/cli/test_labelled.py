from __future__ import annotations

import pytest

from sklearn_w2v.cli.labelled import LabelledTexts, read_labelled
from sklearn_w2v.cli.tables import Table


def labelled(tmp_path, text, **kwargs):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    options = {"text": None, "label": "label", "group": None, "drop_empty": False, **kwargs}
    with Table(str(path)) as table:
        return read_labelled(table, **options)


def test_labelled_texts(tmp_path):
    got = labelled(tmp_path, "text,label,work\n雨, x ,1\n海,y,2\n", group="work")
    assert got == LabelledTexts(["雨", "海"], ["x", "y"], ["1", "2"])


def test_empty_cells_are_named_or_left_out(tmp_path):
    text = "text,label\n雨,x\n ,y\n雪,\n霧,\n"
    with pytest.raises(ValueError, match="is empty") as error:
        labelled(tmp_path, text)
    said = str(error.value)
    assert "column 'text' is empty in row 2 (line 3);" in said
    assert "column 'label' is empty in row 3 (line 4) and 1 more" in said
    assert "--drop-empty" in said
    got = labelled(tmp_path, text, drop_empty=True)
    assert (got.texts, got.left_out) == (["雨"], 3)
    with pytest.raises(ValueError, match="no rows with a text and a label"):
        labelled(tmp_path, "text,label\n,x\n", drop_empty=True)


def test_labels_of_json_may_be_numbers_but_no_lists(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "雨", "label": 1}\n{"text": "雪", "label": [1]}\n', encoding="utf-8")
    with Table(str(path)) as table, pytest.raises(ValueError, match=r"line 2: Got \[1\]"):
        read_labelled(table, "text", "label", None, False)
    path.write_text('{"text": "雨", "label": 1}\n{"text": 2, "label": 1}\n', encoding="utf-8")
    with Table(str(path)) as table, pytest.raises(ValueError, match="Got 2 of type int"):
        read_labelled(table, "text", "label", None, False)
    with Table(str(path)) as table, pytest.raises(ValueError, match="must be two columns"):
        read_labelled(table, "text", "text", None, False)
