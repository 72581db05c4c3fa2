"""explain: shares of words against the classifiers' own predictions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_w2v import (
    JapaneseTokenizer,
    TokenAttribution,
    W2VCNNClassifier,
    W2VIndexer,
    W2VLSTMClassifier,
    WordVectors,
    explain,
    make_w2v_pipeline,
)
from sklearn_w2v.features.token_ids import whole_documents

pytestmark = [
    pytest.mark.filterwarnings("ignore:The vectors know only"),
    pytest.mark.filterwarnings("ignore:.*documents are longer than maxlen"),
]

WET = ["雨と雪が降る\n傘", "霧の朝 the rain", "雪と霧、雨", "傘に雨が降った"]
DRY = ["夏の海へ\n砂", "祭の夜 a sea", "砂と祭、海", "夏に海が光った"]
TEXTS, LABELS = (WET + DRY) * 10, (["wet"] * 4 + ["dry"] * 4) * 10
LSTM = {"units": 6, "hidden": None}
CNN = {"filters": 6, "hidden": 4}
COMMON = {"epochs": 3, "learning_rate": 0.01, "random_state": 0, "train_network": True}

VECTORS = WordVectors(
    ["雨", "雪", "霧", "傘", "夏", "海", "砂", "祭"],
    np.repeat([[1.0, 0.2, 0.1], [-1.0, 0.1, 0.2]], 4, axis=0)
    + np.random.default_rng(0).normal(0, 0.2, (8, 3)),
)


def fitted(network="lstm", y=LABELS, **params):
    own = LSTM if network == "lstm" else CNN
    given = {"dropout": 0.0, **own, **COMMON, **params}
    return make_w2v_pipeline(VECTORS, network=network, **given).fit(TEXTS, y)


def with_branch(pipeline, scale=3.0, weight=0.7):
    """The network counts, whatever validation said."""
    blend = pipeline[-1]._blend
    pipeline[-1]._built_network()
    blend.scale, blend.weight, blend.means_weight = scale, weight, 0.0
    return pipeline


def logits_of(pipeline, texts):
    ids = pipeline[:-1].transform(texts)
    lengths = (np.asarray(ids) != 0).sum(axis=1)
    return pipeline[-1]._decide(ids, np.asarray(ids), lengths, ids.vectors)


INDICATOR = np.array(
    [[label == "wet", "祭" in text] for text, label in zip(TEXTS, LABELS, strict=True)]
)

MODELS = {
    "lstm": {"bow": None},
    "lstm, frozen, two layers, sigmoid": {
        "bow": None,
        "train_embeddings": False,
        "hidden": 5,
        "output": "sigmoid",
        "pooling": "attention",
    },
    "lstm, last, many labels": {
        "bow": None,
        "pooling": "last",
        "bidirectional": False,
        "y": INDICATOR.astype(int),
    },
    "lstm, ngrams": {"bow": "ngrams"},
    "lstm, words, maxlen": {"bow": "words", "maxlen": 2},
    "cnn, multichannel": {"network": "cnn", "bow": None},
    "cnn, ngrams": {"network": "cnn", "channels": "non-static", "output": "sigmoid"},
    "cnn, many labels, ngrams": {
        "network": "cnn",
        "channels": "static",
        "y": INDICATOR.astype(int),
    },
    "cnn, rand": {"network": "cnn", "channels": "rand", "bow": None},
}


@pytest.fixture(scope="module")
def models():
    made = {name: fitted(**params) for name, params in MODELS.items()}
    return {name: one if one[-1].bow is None else with_branch(one) for name, one in made.items()}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("target", [None, 0, 1])
def test_shares_add_up_to_the_change_of_the_logit(models, name, target):
    pipeline = models[name]
    classes = pipeline[-1].classes_.tolist()
    texts = [*WET, *DRY, "雨" * 30 + "海と空"]
    label = None if target is None else classes[target]
    logits = logits_of(pipeline, texts)
    for one, row in zip(explain(pipeline, texts, target=label), logits, strict=True):
        place = int(row.argmax()) if target is None else target
        assert one.target == classes[place]
        assert one.score == pytest.approx(row[place], abs=1e-5)
        assert one.values.dtype == np.float64
        assert abs(one.residual) <= 1e-2 * max(1.0, abs(one.score - one.baseline_score))
        assert one.spans is not None


@pytest.mark.parametrize("name", ["lstm", "cnn, multichannel", "lstm, ngrams"])
def test_finer_steps_leave_less(models, name):
    for one in explain(models[name], WET[:2], tolerance=1e-4):
        assert abs(one.residual) <= 1e-4 * max(1.0, abs(one.score - one.baseline_score))


def test_a_limit_of_steps_is_kept_and_the_residual_says_so(models):
    [few] = explain(models["lstm"], WET[:1], tolerance=1e-12, max_steps=1)
    assert few.residual == few.score - few.baseline_score - few.values.sum()


@pytest.mark.parametrize("name", MODELS)
def test_the_baseline_is_the_text_without_its_words(models, name):
    """Of the network, all vectors zero at the same length; of the branch, no feature."""
    pipeline, text = models[name], "雨と海の祭"
    clf = pipeline[-1]
    ids = pipeline[:-1].transform([text])
    network, blend = clf._built_network(), clf._blend
    width = min((ids != 0).sum(), network.design.maxlen or ids.shape[1])
    zeros = np.zeros((1, width, network.table.dim), np.float32)
    expected = np.asarray(network.head.predict_on_batch([zeros, np.ones((1, width), bool)]))[0, 1]
    if blend is not None:
        expected = blend.weight * expected + blend.scale * blend.branch.intercept[1]
    for method in ("integrated_gradients", "occlusion"):
        [one] = explain(pipeline, [text], target=clf.classes_[1], method=method)
        assert one.baseline_score == pytest.approx(float(expected), abs=1e-5)


@pytest.mark.parametrize("name", ["lstm", "cnn, multichannel", "lstm, last, many labels"])
def test_occlusion_is_the_loss_without_a_word(models, name):
    pipeline, text = models[name], "雨と海の祭"
    clf = pipeline[-1]
    [one] = explain(pipeline, [text], target=clf.classes_[0], method="occlusion")
    ids = np.asarray(pipeline[:-1].transform([text]))[:, : len(one.tokens)]
    vectors, mask = clf._built_network().table.embed(ids), ids != 0
    for place, value in enumerate(one.values):
        without = vectors.copy()
        without[0, place] = 0
        pair = np.concatenate([vectors, without])
        pair_mask = np.repeat(mask, 2, axis=0)
        whole, rest = clf._built_network().head.predict_on_batch([pair, pair_mask])[:, 0]
        assert value == pytest.approx(float(whole - rest), abs=1e-5)


# ------------------------------------------------------------------ the branch
def test_the_branch_is_exact_and_every_ngram_is_shared_among_its_words(models):
    pipeline = clone(models["lstm, ngrams"]).fit(TEXTS, LABELS)
    with_branch(pipeline, scale=2.0, weight=0.0)
    text = "雨と雪が rain the 祭雨"
    [one] = explain(pipeline, [text], target="wet")
    assert abs(one.residual) < 1e-5
    clf, ids = pipeline[-1], pipeline[:-1].transform([text])
    counter, branch = clf._blend.features.counter, clf._blend.branch
    lengths = (np.asarray(ids) != 0).sum(axis=1)
    words = whole_documents(ids, np.asarray(ids), lengths, ids.vectors)
    counts = clf._blend.features.count(words, ids.vectors)
    assert branch.weights(counts, 1) @ counts.toarray()[0] == pytest.approx(
        float(branch.decide(counts)[0, 1] - branch.intercept[1]), abs=1e-5
    )
    # by loops over all features and places
    weights, values = branch.weights(counts, 1), np.zeros(len(one.tokens))
    row = words.ids
    for column, first, last in zip(*counter.occurrences(row, ids.vectors), strict=True):
        for place in range(first, last + 1):
            values[place] += 2.0 * weights[column] / (last - first + 1)
    np.testing.assert_allclose(one.values, values, atol=1e-9)


def test_occlusion_of_the_branch_counts_the_text_anew(models):
    pipeline = with_branch(clone(models["lstm, ngrams"]).fit(TEXTS, LABELS), 2.0, 0.0)
    [one] = explain(pipeline, ["雨と雪"], target="wet", method="occlusion")
    clf, ids = pipeline[-1], pipeline[:-1].transform(["雨と雪"])
    unknown = np.asarray(ids)[:, :3].copy()
    unknown[0, 1] = 1
    rest = clf._decide(unknown, unknown, np.array([3]), ids.vectors)[0, 1]
    assert one.values[1] == pytest.approx(one.score - float(rest), abs=1e-5)


# ---------------------------------------------------------- what comes and goes
def test_words_behind_maxlen_have_a_share_of_the_branch_alone(models):
    text = "雨と雪の傘"  # the network reads two words
    pipeline = models["lstm, words, maxlen"]
    [both] = explain(pipeline, [text], target="wet")
    assert (both.values[[2, 4]] != 0).all()
    blind = clone(pipeline).set_params(clf__bow=None).fit(TEXTS, LABELS)
    [one] = explain(blind, [text], target="wet")
    assert (one.values[2:] == 0).all()
    assert (one.values[[0]] != 0).all()


def test_words_behind_the_indexers_maxlen_have_none():
    pipeline = make_w2v_pipeline(VECTORS, bow=None, **LSTM, **COMMON)
    pipeline.set_params(ids__maxlen=3).fit(["雨 雪 霧", "夏 海 砂"] * 9, ["wet", "dry"] * 9)
    [one] = explain(pipeline, ["雨と雪と霧"])
    assert (one.values[:3] != 0).all()
    assert one.values[3:].tolist() == [0, 0]


def test_dropped_words_have_none():
    steps = [("ids", W2VIndexer(VECTORS, min_count=99, oov="drop", maxlen=2))]
    pipeline = Pipeline([*steps, ("clf", W2VLSTMClassifier(**LSTM, **COMMON))])
    pipeline.fit([["雨", "雪"], ["夏", "海"]] * 9, ["wet", "dry"] * 9)
    texts = [["nobody", "雨", "knows", "雪", "海"], ["nobody"], []]
    some, none, empty = explain(pipeline, texts)
    assert [bool(value) for value in some.values] == [False, True, False, True, False]
    assert abs(some.residual) < 1e-2
    for one in (none, empty):  # nothing came through: there is nothing to explain
        assert one.baseline_score == one.score
        assert one.residual == 0
        assert not one.values.any()


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
@pytest.mark.parametrize("name", ["lstm", "cnn, ngrams"])
def test_odd_texts(models, name, method):
    texts = ["", " \n\u3000", "雨", "<script>雨</script>\ud800\x00", "ｶﾞ雨か\u3099\r\n海"]
    for one, text in zip(explain(models[name], texts, method=method), texts, strict=True):
        assert one.text == text
        assert np.isfinite(one.values).all()
        assert len(one.tokens) == len(one.values) == len(one.spans)
        assert one.to_html()


def test_unknown_words_and_extensions_have_shares():
    plain = [["雨", "zzz"], ["夏", "yyy"]] * 9
    pipeline = Pipeline(
        [("ids", W2VIndexer(VECTORS)), ("clf", W2VLSTMClassifier(**LSTM, **COMMON))]
    ).fit(plain, [0, 1] * 9)
    [one] = explain(pipeline, [["雪", "never", "zzz"]])  # 雪 was not in fit, but in the vectors
    assert one.values[0] != 0
    assert abs(one.residual) < 1e-2


# ------------------------------------------------------------- estimators
def test_token_lists_and_strings_of_words():
    pipeline = make_w2v_pipeline(VECTORS, tokenizer=None, bow=None, **LSTM, **COMMON)
    pipeline.fit([["雨", "雪"], ["夏", "海"]] * 9, ["wet", "dry"] * 9)
    listed, written = explain(pipeline, [["雨", "海"], " 雨  海"])
    assert listed.spans is None
    assert listed.text == "雨 海"
    assert written.spans == [(1, 2), (4, 5)]
    np.testing.assert_allclose(listed.values, written.values, atol=1e-6)


def test_any_tokenizer_and_steps_ahead_of_it():
    tokenizer = FunctionTransformer(lambda texts: [text.lower().split() for text in texts])
    steps = Pipeline(
        [("lower", FunctionTransformer()), ("split", tokenizer), ("none", "passthrough")]
    )
    pipeline = make_pipeline(
        steps, "passthrough", W2VIndexer(VECTORS), W2VLSTMClassifier(**LSTM, **COMMON)
    )
    pipeline.fit(["雨 A", "夏 B"] * 9, ["wet", "dry"] * 9)
    known, changed = explain(pipeline, ["雨 a", "雨 A"])
    assert known.spans == [(0, 1), (2, 3)]
    assert changed.spans is None
    assert changed.tokens == known.tokens


def test_the_best_of_a_search(models):
    search = GridSearchCV(models["lstm"], {"clf__units": [3]}, cv=2).fit(TEXTS, LABELS)
    [one], [same] = explain(search, WET[:1]), explain(search.best_estimator_, WET[:1])
    np.testing.assert_array_equal(one.values, same.values)


def test_a_classifier_alone_takes_ids(models):
    pipeline = models["lstm, ngrams"]
    ids = pipeline[:-1].transform([WET[0], ""])
    one, empty = explain(pipeline[-1], ids)
    [same] = explain(pipeline, WET[:1])
    assert one.tokens == same.tokens
    assert one.spans is None
    np.testing.assert_allclose(one.values, same.values, atol=1e-6)
    assert empty.tokens == ["\ufffd"]  # the indexer gave it an unknown word
    plain = W2VCNNClassifier(**CNN, **COMMON, channels="rand")
    with pytest.warns(UserWarning, match="no word vectors"):
        plain.fit([[2, 3], [4, 0]] * 6, [0, 1] * 6)
    assert explain(plain, [[2, 4]])[0].tokens == ["2", "4"]


def test_a_pickled_pipeline_and_threads_change_nothing(models):
    import pickle

    for name in ("cnn, ngrams", "lstm"):
        again = pickle.loads(pickle.dumps(models[name]))
        [one], [same] = explain(again, WET[:1]), explain(models[name], WET[:1])
        np.testing.assert_allclose(one.values, same.values, atol=1e-6)


def test_explaining_changes_no_prediction(models):
    pipeline = models["lstm"]
    before = pipeline.predict_proba(WET)
    explain(pipeline, WET)
    np.testing.assert_array_equal(pipeline.predict_proba(WET), before)


def test_dropout_is_off():
    pipeline = fitted(bow=None, dropout=0.5)
    first, second = (explain(pipeline, WET[:1])[0].values for _ in range(2))
    np.testing.assert_array_equal(first, second)


# ------------------------------------------------------------------ mistakes
def test_one_target_for_each_text_or_one_for_all(models):
    one, two = explain(models["lstm"], WET[:2], target=np.array(["wet", "dry"]))
    assert (one.target, two.target) == ("wet", "dry")
    with pytest.raises(ValueError, match="3 labels in target but 2 texts"):
        explain(models["lstm"], WET[:2], target=["wet"] * 3)
    with pytest.raises(ValueError, match=r"Got target of shape \(2, 2\) but expected a label, or"):
        explain(models["lstm"], WET[:2], target=np.eye(2))
    with pytest.raises(ValueError, match=r"target='cold' but the classes are \['dry', 'wet'\]"):
        explain(models["lstm"], WET[:2], target="cold")


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"method": "magic"}, "method"),
        ({"tolerance": 0}, "tolerance"),
        ({"max_steps": 0}, "max_steps"),
    ],
)
def test_wrong_parameters(models, params, match):
    with pytest.raises(ValueError, match=match):
        explain(models["lstm"], WET[:1], **params)


def test_wrong_estimators(models):
    with pytest.raises(NotFittedError):
        explain(clone(models["lstm"]), WET[:1])
    with pytest.raises(TypeError, match="LogisticRegression"):
        explain(LogisticRegression().fit([[0], [1]], [0, 1]), [[0]])
    clf = models["lstm"][-1]
    with pytest.raises(TypeError, match="JapaneseTokenizer before the classifier"):
        explain(Pipeline([("tokens", JapaneseTokenizer()), ("clf", clf)]), WET[:1])
    with pytest.raises(TypeError, match="single str"):
        explain(models["lstm"], "雨")


def test_no_texts(models):
    assert explain(models["lstm"], []) == []


def test_repr_names_what_counts_most():
    one = TokenAttribution("a a b", ["a", "a", "b"], None, np.array([1.0, 2.0, -4.0]), "wet", 1, 2)
    assert one.top() == [("b", -4.0), ("a", 3.0)]
    assert repr(one) == (
        "<TokenAttribution: 'wet', score=1.000, baseline_score=2.000, {'b': -4.000, 'a': +3.000}>"
    )
