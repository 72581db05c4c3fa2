"""The model card in Japanese."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_w2v import W2VIndexer, W2VVectorizer, WordVectors, load, read_card, save
from sklearn_w2v.persistence.model_card import card_of
from sklearn_w2v.utils.language import in_language


@pytest.fixture
def model(tmp_path):
    WordVectors(["雨", "夏"], np.eye(2)).save(tmp_path / "v.txt")
    vectors = WordVectors.load(tmp_path / "v.txt")
    return make_pipeline(W2VIndexer(vectors), W2VVectorizer()).fit([["雨", "霧"], ["夏"]])


@pytest.mark.parametrize("mode", ["rows", "all", "reference"])
def test_a_japanese_card_says_nothing_in_english(model, tmp_path, mode):
    path = tmp_path / "m.w2v"
    with in_language("ja"):
        save(model, path, vectors=mode, details={"Data {x}": {"accuracy": "{y} known"}})
    card = read_card(path)
    assert "## Data {x}\n" in card  # users' own words stay
    assert "| accuracy | {y} known |" in card
    assert "| 元のファイル | v.txt |" in card
    own = re.sub(
        r"## Data.*?(?=\n## )|## バージョン.*|\b[0-9a-f]{32}\b|v\.txt", "", card, flags=re.S
    )
    names = {"Pipeline", "W2VIndexer", "W2VVectorizer"}
    assert set(re.findall("[A-Za-z][A-Za-z0-9]*", own)) <= names
    assert load(path).transform([["夏"]]).tolist() == [[0, 1]]
    save(model, path, vectors=mode)
    assert "## Coverage" in read_card(path)


def test_what_is_left_out(model):
    with in_language("ja"):
        card = card_of(model, "rows", ["callbacks", "memory"], None)
    assert (
        "## 省いたもの\n\n| | |\n|---|---|\n| ファイルに含まれないもの | callbacks, memory |"
        in card
    )


@pytest.mark.parametrize("title", ["Model", "モデル", "単語ベクトル"])
def test_sections_of_the_card_s_own_are_refused_in_both_languages(model, tmp_path, title):
    with (
        in_language("ja"),
        pytest.raises(ValueError, match=rf"Got details\['{title}'\], a section that the card has"),
    ):
        save(model, tmp_path / "m.w2v", details={title: {"data": "v2"}})
    assert not (tmp_path / "m.w2v").exists()
