"""Labels of plots in Japanese."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest

pytest.importorskip("matplotlib")
import matplotlib.text

from sklearn_w2v import (
    CoverageDisplay,
    TokenAttribution,
    TokenAttributionDisplay,
    TrainingHistoryDisplay,
    WordShiftDisplay,
)

DISPLAYS = {
    "attribution": lambda: TokenAttributionDisplay(
        TokenAttribution(
            "雨が降る", ["雨", "降る"], None, np.array([1.5, -0.25]), "雨天", 1.25, 0.0
        )
    ),
    "coverage": lambda: CoverageDisplay(
        {"tokens": 0.75, "exact": 0.5, "types": 0.5, "unknown": [("霧", 3)]}
    ),
    "history": lambda: TrainingHistoryDisplay(
        {name: [0.5, 0.75] for name in ("accuracy", "val_accuracy", "loss", "val_loss")}
    ),
    "shift": lambda: WordShiftDisplay(
        ["雨", "雪"], [[0, 0], [1, 1]], [[0, 1], [1, 0]], drawn=[True, False], explained=0.5
    ),
}
EXPECTED = {
    "attribution": {"雨天: 1.25(トークンなし: 0.00)", "ロジットへの寄与"},
    "coverage": {"表記どおり(50.0%)", "別の語形(25.0%)", "未知語(25.0%)"},
    "history": {"エポック", "値", "正解率", "正解率(検証)", "損失", "損失(検証)"},
    "shift": {"学習前", "学習前(ランダム)", "学習後", "第 2 主成分(両軸で分散の 50%)"},
}


@pytest.fixture
def headless():
    import matplotlib.pyplot as plt

    with matplotlib.rc_context():
        plt.switch_backend("agg")
        yield
        plt.close("all")


def texts(name):
    options = {"metrics": ["accuracy", "val_accuracy", "loss", "val_loss"]}
    display = DISPLAYS[name]().plot(**(options if name == "history" else {}))
    display.figure_.canvas.draw()
    return {text.get_text() for text in display.figure_.findobj(matplotlib.text.Text)}, display


@pytest.mark.parametrize("name", DISPLAYS)
def test_labels_are_japanese_where_the_environment_asks_for_it(name, headless, monkeypatch):
    found, _ = texts(name)
    latin = {text for text in found if re.search("[A-Za-z]", text)}
    assert latin
    assert not found & EXPECTED[name]
    monkeypatch.setitem(os.environ, "SKLEARN_W2V_LANGUAGE", "ja")
    found, display = texts(name)
    assert found >= EXPECTED[name]
    assert not [text for text in found if re.search("[A-Za-z]", text)]
    if name == "coverage":  # keys are for programs
        assert list(display.shares_) == ["as they are", "by other forms", "unknown"]
    if name == "history":
        assert set(display.lines_) == {"accuracy", "val_accuracy", "loss", "val_loss"}
