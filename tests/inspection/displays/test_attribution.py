"""Tokens that count most, drawn."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from sklearn_w2v import (
    TokenAttribution,
    TokenAttributionDisplay,
    W2VLSTMClassifier,
    explain,
    make_w2v_pipeline,
)
from sklearn_w2v.inspection.displays.fonts import missing_glyphs

mpl.use("agg")


@pytest.fixture(autouse=True)
def _closed():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def made(tokens, values, target="濡れ"):
    return TokenAttribution("", tokens, None, np.array(values, float), target, 1.0, 0.5)


def test_occurrences_are_added_and_the_largest_come_first(tmp_path):
    one = made(["雨", "\n", "雨", "$夏$"], [1, 0.5, 1, -3])
    display = TokenAttributionDisplay(one).plot()
    labels = display.ax_.get_yticklabels()
    assert [label.get_text() for label in labels] == [r"\$夏\$", "雨 ×2", "↵"]
    assert [bar.get_width() for bar in display.bars_] == [-3, 2, 0.5]
    display.figure_.savefig(tmp_path / "tokens.png")
    for text in [*labels, display.ax_.title]:
        assert missing_glyphs(text.get_text(), text.get_fontfamily()) == set()


def test_signs_have_colors():
    bars = TokenAttributionDisplay(made(["a", "b"], [1, -0.5])).plot().bars_
    assert bars[0].get_facecolor() != bars[1].get_facecolor()


def test_few_tokens_and_axes_of_the_user():
    import matplotlib.pyplot as plt

    _, (ax, _) = plt.subplots(1, 2)
    display = TokenAttributionDisplay(made(["a", "b"], [1, 2])).plot(topn=1, ax=ax)
    assert display.ax_ is ax
    assert len(display.bars_) == 1
    with pytest.raises(ValueError, match="topn"):
        display.plot(topn=0)


def test_a_text_without_tokens():
    assert not len(TokenAttributionDisplay(made([], [])).plot().bars_)


def test_from_estimator(small_vectors):
    pipeline = make_w2v_pipeline(small_vectors, tokenizer=None, bow=None, units=3, epochs=2)
    pipeline.set_params(clf__random_state=0)
    pipeline.fit([["雨", "雪"], ["夏", "海"]] * 6, ["wet", "dry"] * 6)
    assert isinstance(pipeline[-1], W2VLSTMClassifier)
    display = TokenAttributionDisplay.from_estimator(pipeline, ["雨", "海"], target="dry")
    [same] = explain(pipeline, [["雨", "海"]], target="dry")
    np.testing.assert_allclose(
        [bar.get_width() for bar in display.bars_], [v for _, v in same.top()]
    )
    assert display.attribution.target == "dry"
