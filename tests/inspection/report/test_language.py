"""A report in Japanese says nothing in English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklearn_w2v import make_w2v_pipeline, write_report

TEXTS = [
    "あめ かぜ きり",
    "あめ きり",
    "なつ すな",
    "なつ うみ すな",
    "ゆき こおり",
    "ゆき かぜ こおり",
] * 4
LABELS = ["雨", "雨", "夏", "夏", "冬", "冬"] * 4
Y = ["雨", "雨", "夏", "夏", "冬", "雨"] * 4  # as labelled by somebody who takes some snow for rain
MANY = np.array([[one == "雨", one != "冬"] for one in LABELS], int)
MANY_Y = np.array([[one == "雨", one == "冬"] for one in Y], int)
# names that are the same in any language
NAMES = (
    "CountVectorizer MultinomialNB OneVsRestClassifier KNeighborsClassifier LinearSVC TF IDF "
    "W2VIndexer W2VLSTMClassifier countvectorizer multinomialnb onevsrestclassifier "
    "kneighborsclassifier linearsvc ids clf F1 UTC p"
)


class Visible(HTMLParser):
    """Text and attributes that people see or hear, but code and the lines of versions."""

    def __init__(self, html):
        super().__init__()
        self.found, self._inside = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "line", "polyline", "circle"):
            self._inside.append(tag)
        names = ("title", "aria-label", "alt", "placeholder")
        self.found += [value for name, value in attributes if name in names]

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"style", "script", "code"} & set(self._inside):
            self.found.append(data)


def english(html):
    """Latin words that a reader sees, without names."""
    html = re.sub(r'<p class="soft">sklearn_w2v [^<]*</p>', "", html)
    script = "".join(re.findall("<script>(.*?)</script>", html, re.S))
    shown = [*Visible(html).found, *re.findall(r"(?:textContent|title) = [^;]*", script)]
    words = re.findall(r"[A-Za-z][A-Za-z0-9]*", " ".join(shown))
    own = {"textContent", "title", "isDark"} | {f"u{code:04x}" for code in range(0x3000, 0xA000)}
    return set(words) - set(NAMES.split()) - own


def fitted(classifier, y=LABELS):
    return make_pipeline(CountVectorizer(), classifier).fit(TEXTS, y)


def bad():
    return make_pipeline(CountVectorizer(), MultinomialNB()).fit(TEXTS, LABELS[1:] + LABELS[:1])


CASES = {
    "probabilities": lambda: (fitted(MultinomialNB()), Y, {}),
    "decisions": lambda: (fitted(LinearSVC()), Y, {"X_train": TEXTS, "y_train": LABELS}),
    "no_errors": lambda: (fitted(MultinomialNB()), LABELS, {"n_examples": 0}),
    "ahead": lambda: (fitted(MultinomialNB()), LABELS, {"baseline": bad()}),
    "behind": lambda: (bad(), LABELS, {"baseline": fitted(MultinomialNB())}),
    "chance": lambda: (fitted(MultinomialNB()), Y, {"baseline": fitted(MultinomialNB(), Y)}),
    "many_decisions": lambda: (
        fitted(OneVsRestClassifier(LinearSVC()), MANY),
        MANY_Y,
        {"X_train": TEXTS, "y_train": MANY},
    ),
    "many_probabilities": lambda: (fitted(KNeighborsClassifier(), MANY), MANY_Y, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_report_in_japanese_says_nothing_in_english(name, tmp_path):
    model, y, more = CASES[name]()
    write_report(tmp_path / "r.html", model, TEXTS, y, language="ja", **more)
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert english(html) == set()
    assert '<html lang="ja">' in html


@pytest.mark.filterwarnings("ignore::sklearn_w2v.exceptions.TruncationWarning")
def test_a_report_of_a_network_says_nothing_in_english(tmp_path):
    network = make_w2v_pipeline(
        tokenizer=None, random_state=0, epochs=2, units=3, hidden=None, bow=None
    )
    network.set_params(ids__maxlen=2).fit(TEXTS, LABELS)
    write_report(tmp_path / "r.html", network, TEXTS, Y, language="ja")
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    for wanted in ("エポック", "途中で切り捨て", "確信度の高い誤り", "影響の大きい語"):
        assert wanted in html
    assert english(html) == set()


def test_the_check_finds_what_is_not_translated(tmp_path):
    write_report(tmp_path / "r.html", fitted(MultinomialNB()), TEXTS, Y)
    found = english((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert {"Scores", "accuracy", "Sections", "Dark", "Change", "Document"} <= found


def test_language_is_chosen_by_parameter_then_by_environment(tmp_path, monkeypatch):
    model, path = fitted(MultinomialNB()), tmp_path / "r.html"

    def wrote(**more):
        scores = write_report(path, model, TEXTS, Y, **more)
        assert list(scores["baselines"]) == ["Majority"]  # keys are for programs
        return re.search('<html lang="(.*?)">', path.read_text(encoding="utf-8"))[1]

    assert wrote() == "en"
    monkeypatch.setenv("SKLEARN_W2V_LANGUAGE", "ja")
    assert wrote() == "ja"
    assert wrote(language="en") == "en"
    path.unlink()
    with pytest.raises(ValueError, match="Got language='fr' but expected one of 'en', 'ja'"):
        wrote(language="fr")
    assert not path.exists()


def test_users_own_words_are_left_as_they_are(tmp_path):
    names = ["accuracy", "{documents} {0}", "<b>label</b>"]
    path = tmp_path / "r.html"
    model = fitted(MultinomialNB())
    write_report(path, model, TEXTS, Y, target_names=names, title="Scores {x}", language="ja")
    html = path.read_text(encoding="utf-8")
    for label in ("accuracy", "{documents} {0}", "&lt;b&gt;label&lt;/b&gt;"):
        assert f'<bdi lang="ja">{label}</bdi>' in html
    assert '<h1 lang="ja">Scores {x}</h1>' in html
    assert "<b>" not in html


def test_a_title_has_the_language_that_it_is_in(tmp_path):
    path = tmp_path / "r.html"
    texts = ["rain wind", "sun sand"] * 3
    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(texts, ["wet", "dry"] * 3)
    write_report(path, model, texts, ["wet", "dry"] * 3, language="ja")
    html = path.read_text(encoding="utf-8")
    assert '<h1 lang="ja">MultinomialNB: 文書 6 件</h1>' in html
    assert '<bdi lang="en">wet</bdi>' in html
    write_report(path, model, texts, ["wet", "dry"] * 3, language="ja", title="Weather")
    assert '<h1 lang="en">Weather</h1>' in path.read_text(encoding="utf-8")
