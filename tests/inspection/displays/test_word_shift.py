"""A map of the words that moved."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_w2v import (
    W2VIndexer,
    W2VLSTMClassifier,
    WordShiftDisplay,
    WordVectors,
    word_shift,
)
from sklearn_w2v.inspection.displays.fonts import missing_glyphs
from sklearn_w2v.inspection.displays.word_shift import _plane

mpl.use("agg")

DOCUMENTS, LABELS = [["雨", "雪", "新"], ["夏", "海"]] * 10, ["wet", "dry"] * 10


@pytest.fixture(autouse=True)
def _closed():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture(scope="module")
def pipeline():
    rows = [[1, 0, 0.2, 1], [1, 0.1, 0, 0], [-1, 0, 0, 0.3], [-1, 0.2, 0.1, 0], [0, 1, 0, 0]]
    vectors = WordVectors(["雨", "雪", "夏", "海", "祭"], rows)
    clf = W2VLSTMClassifier(units=3, epochs=3, learning_rate=0.05, random_state=0)
    return make_pipeline(W2VIndexer(vectors, random_state=0), clf).fit(DOCUMENTS, LABELS)


def test_the_words_are_those_that_moved_most(pipeline):
    display = WordShiftDisplay.from_estimator(pipeline, topn=3)
    assert list(display.words) == [one.word for one in word_shift(pipeline, topn=3)]
    assert [text.get_text() for text in display.texts_] == list(display.words)
    assert len(display.arrows_) == 3
    assert display.figure_ is display.ax_.figure


def test_arrows_go_from_before_to_after(pipeline):
    display = WordShiftDisplay.from_estimator(pipeline)
    assert np.shape(display.before) == np.shape(display.after) == (5, 2)
    for arrow, before, after in zip(display.arrows_, display.before, display.after, strict=True):
        np.testing.assert_allclose(arrow.xyann, before)
        np.testing.assert_allclose(arrow.xy, after)


def test_distances_are_those_of_the_vectors_where_two_dimensions_hold_all():
    """Rows in a plane of a larger space keep their distances."""
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(7, 2))
    turned = (flat @ np.linalg.qr(rng.normal(size=(5, 5)))[0][:2]).astype(np.float32)
    places, explained = _plane(turned)
    assert explained == pytest.approx(1)
    np.testing.assert_allclose(
        np.linalg.norm(places[:, None] - places[None], axis=2),
        np.linalg.norm(flat[:, None] - flat[None], axis=2),
        atol=1e-5,
    )
    np.testing.assert_allclose(_plane(turned)[0], places)


@pytest.mark.parametrize("dim", [1, 2])
def test_vectors_of_one_dimension(dim):
    places, explained = _plane(np.ones((2, dim), np.float32))
    assert places.tolist() == [[0, 0], [0, 0]]
    assert explained == 1


def test_words_that_came_from_noise_are_marked(pipeline):
    display = WordShiftDisplay.from_estimator(pipeline)
    marked = dict(zip(display.words, np.asarray(display.drawn).tolist(), strict=True))
    assert [word for word, drawn in marked.items() if drawn] == ["新"]
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["before", "before: random", "after"]


def test_min_count_needs_documents_and_counts_in_them(pipeline):
    documents = [*DOCUMENTS, ["雨"]]
    display = WordShiftDisplay.from_estimator(pipeline, X=documents, min_count=11)
    assert list(display.words) == ["雨"]
    with pytest.raises(ValueError, match="min_count=2 but X=None"):
        WordShiftDisplay.from_estimator(pipeline, min_count=2)


def test_labels_lie_apart_and_have_glyphs(tmp_path):
    words = [f"雨{n}" for n in range(12)]
    places = np.random.default_rng(0).normal(size=(12, 2)) * 0.3
    display = WordShiftDisplay(words, places, places + 0.05).plot()
    display.figure_.savefig(tmp_path / "map.png")
    boxes = [text.get_window_extent() for text in display.texts_]
    touching = sum(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])
    assert touching <= 1
    for text in display.texts_:
        assert missing_glyphs(text.get_text(), text.get_fontfamily()) == set()


def test_axes_of_the_user(pipeline):
    import matplotlib.pyplot as plt

    _, (ax, _) = plt.subplots(1, 2)
    assert WordShiftDisplay.from_estimator(pipeline, ax=ax).ax_ is ax


def test_what_cannot_be_drawn_is_refused(pipeline):
    frozen = W2VLSTMClassifier(units=2, epochs=1, train_embeddings=False, random_state=0)
    frozen = make_pipeline(pipeline[0], frozen).fit(DOCUMENTS, LABELS)
    with pytest.raises(ValueError, match="No word moved"):
        WordShiftDisplay.from_estimator(frozen)
    with pytest.raises(ValueError, match="topn"):
        WordShiftDisplay.from_estimator(pipeline, topn=0)
    with pytest.raises(TypeError, match="LogisticRegression"):
        WordShiftDisplay.from_estimator(LogisticRegression().fit([[0], [1]], [0, 1]))
