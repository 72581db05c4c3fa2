"""What the vectors know, drawn."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_w2v import CoverageDisplay, W2VIndexer, W2VLSTMClassifier
from sklearn_w2v.inspection.displays.fonts import missing_glyphs

mpl.use("agg")

pytestmark = pytest.mark.filterwarnings("ignore:The vectors know only")

DOCUMENTS = [["雨", "雪", "嵐", "嵐", "$風$"], ["夏", "嵐", "Ａ", "$風$"]] * 3


@pytest.fixture(autouse=True)
def _closed():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def test_shares_and_unknown_words(small_vectors, tmp_path):
    indexer = W2VIndexer(small_vectors.extended(["A"], 0)).fit(DOCUMENTS)
    display = CoverageDisplay.from_estimator(indexer)
    assert display.shares_ == pytest.approx(
        {"as they are": 3 / 9, "by other forms": 1 / 9, "unknown": 5 / 9}
    )
    bar, below = display.axes_
    widths = [patch.get_width() for patch in bar.patches]
    assert widths == pytest.approx(list(display.shares_.values()))
    labels = below.get_yticklabels()
    assert [label.get_text() for label in labels] == ["嵐", r"\$風\$"]
    assert [patch.get_width() for patch in below.patches] == [9, 6]
    display.figure_.savefig(tmp_path / "coverage.png")  # a formula would not parse
    for label in labels:
        assert missing_glyphs(label.get_text(), label.get_fontfamily()) == set()


def test_nothing_unknown(small_vectors):
    display = CoverageDisplay.from_estimator(W2VIndexer(small_vectors).fit([["雨"]]))
    assert display.shares_ == {"as they are": 1.0, "by other forms": 0.0, "unknown": 0.0}
    assert not display.axes_[1].patches


def test_few_words_and_axes_of_the_user(small_vectors):
    import matplotlib.pyplot as plt

    _, (ax, _) = plt.subplots(1, 2)
    indexer = W2VIndexer(small_vectors).fit(DOCUMENTS)
    display = CoverageDisplay.from_estimator(indexer, topn=1, ax=ax)
    assert display.ax_ is ax
    assert len(display.axes_[1].patches) == 1
    assert not display.plot(topn=0).axes_[1].patches


def test_pipelines_and_searches(small_vectors):
    clf = W2VLSTMClassifier(units=2, epochs=1, random_state=0)
    pipeline = Pipeline([("ids", W2VIndexer(small_vectors)), ("clf", clf)])
    search = GridSearchCV(pipeline, {"clf__units": [2]}, cv=2).fit(DOCUMENTS, [0, 1] * 3)
    display = CoverageDisplay.from_estimator(search)
    assert display.coverage is search.best_estimator_["ids"].coverage_


def test_what_has_no_coverage_is_refused(small_vectors):
    with pytest.raises(NotFittedError):
        CoverageDisplay.from_estimator(W2VIndexer(small_vectors))
    with pytest.raises(TypeError, match="LogisticRegression"):
        CoverageDisplay.from_estimator(LogisticRegression().fit([[0], [1]], [0, 1]))
    with pytest.raises(ValueError, match="topn"):
        CoverageDisplay(W2VIndexer(small_vectors).fit([["雨"]]).coverage_).plot(topn=-1)
