"""W2VCNNClassifier: channels, padding, weights, and its place among scikit-learn's tools."""

from __future__ import annotations

import pickle
from functools import cache

import joblib
import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_w2v import TokenIds, W2VCNNClassifier, W2VIndexer, WordVectors, load, save

RAIN, SUMMER = ["雨", "雪", "霧", "傘"], ["夏", "海", "砂", "祭"]
CHANNELS = ["rand", "static", "non-static", "multichannel"]
every_channel = pytest.mark.parametrize("channels", CHANNELS)


def small(**params):
    settings = {
        "filters": 6,
        "kernel_sizes": (1, 2, 3),
        "epochs": 12,
        "learning_rate": 0.05,
        "batch_size": 8,
        "random_state": 0,
    }
    return W2VCNNClassifier(**{**settings, **params})


# words of rain on one side, of summer on the other; documents of two of each, so that the
# other four never come in training
VECTORS = WordVectors(
    [*RAIN, *SUMMER],
    np.hstack(
        [
            np.repeat([[1.0], [-1.0]], 4, axis=0) + [[0], [0.1], [-0.1], [0.2]] * 2,
            np.random.default_rng(0).normal(0, 0.05, (8, 3)),
        ]
    ),
)
INDEXER = W2VIndexer(VECTORS)
X = INDEXER.fit_transform([["雨", "雪"], ["夏", "海"], ["雪"], ["海"], ["雨"], ["夏"]] * 8)
y = np.array(["rain", "summer"] * 24)


@cache
def learnt(channels="non-static"):
    """A fitted classifier, which tests may look at but not change."""
    return small(channels=channels).fit(X, y)


def weights_of(clf):
    return [*clf.model_.get_weights(), clf._network.table.values]


def same(a, b):
    return len(a) == len(b) and all(map(np.array_equal, a, b))


# -------------------------------------------------------------------- documents
@every_channel
def test_it_learns(channels):
    clf = learnt(channels)
    assert clf.score(X, y) == 1.0
    assert clf.classes_.tolist() == ["rain", "summer"]
    np.testing.assert_allclose(clf.predict_proba(X).sum(axis=1), 1, atol=1e-6)


def test_padding_behind_a_document_changes_nothing():
    wide = TokenIds(np.pad(np.asarray(X), ((0, 0), (0, 40))), X.vectors)
    clf = small().fit(wide, y)
    assert same(weights_of(clf), weights_of(learnt()))
    np.testing.assert_array_equal(clf.predict_proba(wide), learnt().predict_proba(X))


def test_probabilities_hang_on_no_other_document():
    """The width of a batch is that of its longest document."""
    draw = np.random.default_rng(0)
    lengths = draw.integers(1, 60, 60)
    ids = np.where(np.arange(60) < lengths[:, None], draw.integers(2, 10, (60, 60)), 0)
    documents = TokenIds(ids.astype(np.int32), VECTORS)
    clf = small(epochs=2).fit(documents, np.arange(60) % 2)
    together = clf.predict_proba(documents)
    np.testing.assert_allclose(clf.predict_proba(documents[::-1]), together[::-1], atol=1e-6)
    alone = [clf.predict_proba(documents[row : row + 1])[0] for row in range(0, 60, 9)]
    np.testing.assert_allclose(together[::9], alone, atol=1e-6)


def test_documents_shorter_than_every_window():
    assert small(kernel_sizes=(5, 9)).fit(X, y).score(X, y) == 1.0
    one_word = TokenIds([[2], [6]], X.vectors)  # narrower than any document in training
    clf = small(kernel_sizes=(5, 9), epochs=20, batch_size=2, dropout=0.0)
    assert clf.fit(one_word, ["a", "b"]).predict(one_word).tolist() == ["a", "b"]


def test_an_empty_document_counts_as_one_unknown_word():
    clf = learnt()
    empty = TokenIds(np.zeros((1, X.shape[1]), np.int32), X.vectors)
    unknown = INDEXER.transform([["嵐"]])
    assert np.asarray(unknown)[0].tolist() == [1, 0]
    np.testing.assert_array_equal(clf.predict_proba(empty), clf.predict_proba(unknown))
    np.testing.assert_array_equal(
        clf.predict_proba(INDEXER.transform([[]])), clf.predict_proba(unknown)
    )


def test_training_takes_empty_documents():
    ids = np.asarray(X).copy()
    ids[:4] = 0
    clf = small().fit(TokenIds(ids, X.vectors), y)
    assert np.isfinite(clf.predict_proba(X)).all()


# --------------------------------------------------------------------- channels
def test_rand_ignores_the_values_of_the_vectors():
    other = WordVectors(VECTORS.words, np.random.default_rng(9).normal(size=(8, 4)))
    a = learnt("rand")
    b = small(channels="rand").fit(TokenIds(np.asarray(X), other), y)
    assert same(weights_of(a), weights_of(b))
    assert not same(weights_of(b), weights_of(learnt("non-static")))
    unseen = INDEXER.transform([["霧", "傘"]])
    np.testing.assert_array_equal(
        a.predict_proba(unseen), b.predict_proba(TokenIds(np.asarray(unseen), other))
    )


def test_rand_has_the_size_of_the_vectors_and_random_rows():
    clf = small(channels="rand").initialize(X, y)
    (table,) = clf.model_.get_layer("embedding").get_weights()
    assert table.shape == (2 + 4, VECTORS.dim)
    assert len(np.unique(table, axis=0)) == 6
    assert np.abs(table).max() <= 0.25
    trained = clf.partial_fit(X, y)._network.table.values
    assert (trained[2:] != table[2:]).any(axis=1).all()  # and they are trained


def test_rand_takes_words_that_training_never_saw_for_unknown_ones():
    clf = learnt("rand")
    unseen, unknown = INDEXER.transform([["霧"]]), INDEXER.transform([["嵐"]])
    assert not np.array_equal(unseen, unknown)
    np.testing.assert_array_equal(clf.predict_proba(unseen), clf.predict_proba(unknown))


@pytest.mark.parametrize("channels", CHANNELS[1:])
def test_words_that_training_never_saw_count_as_their_neighbours(channels):
    clf = learnt(channels)
    unseen = INDEXER.transform([["霧", "傘"], ["砂"], ["傘"], ["祭", "砂"]])
    assert not set(np.asarray(unseen).ravel()) & set(np.asarray(X).ravel()) - {0}
    assert clf.predict(unseen).tolist() == ["rain", "summer", "rain", "summer"]


def test_static_leaves_the_table_bit_equal():
    clf = learnt("static")
    (table,) = clf.model_.get_layer("embedding").get_weights()
    assert np.array_equal(table, VECTORS.take(clf._network.table.rows.ids))
    assert np.array_equal(clf.word_vectors_.vectors, VECTORS.vectors)


@pytest.mark.parametrize("channels", ["non-static", "multichannel"])
def test_training_moves_the_rows_that_come_and_no_others(channels):
    clf = learnt(channels)
    after = clf.word_vectors_
    for word in ("雨", "雪", "夏", "海"):
        assert not np.array_equal(after[word], VECTORS[word])
    for word in ("霧", "傘", "砂", "祭"):
        assert np.array_equal(after[word], VECTORS[word])
    held = INDEXER.transform([["霧"], ["砂"]])  # in the table, but not trained on
    clf = small(channels=channels).fit(X, y, X_val=held, y_val=["rain", "summer"])
    assert len(clf._network.table.values) == 2 + 6
    assert np.array_equal(clf.word_vectors_["霧"], VECTORS["霧"])


def naive_logits(clf, tables, ids):
    """The paper's formulas in loops: every filter over every window of every channel."""
    head = clf.model_.get_layer("head")
    states = []
    for document in np.asarray(ids):
        words, state = document[document != 0], []
        for size in clf.kernel_sizes:
            kernel, bias = head.get_layer(f"windows_of_{size}").get_weights()
            channels = [np.pad(t[words], [(size - 1, size - 1), (0, 0)]) for t in tables]
            for number in range(clf.filters):
                answers = [
                    sum(np.sum(c[at : at + size] * kernel[:, :, number]) for c in channels)
                    + bias[number]
                    for at in range(len(words) + size - 1)
                ]
                state.append(max(0.0, *answers))
        states.append(state)
    kernel, bias = head.get_layer("output").get_weights()
    return np.array(states) @ kernel + bias


@pytest.mark.parametrize("channels", CHANNELS[1:])
def test_predictions_are_those_of_naive_loops_over_the_channels(channels):
    """Rows of words that training saw and of those that it did not, by id."""
    clf = learnt(channels)
    extra = np.zeros((2, 4), np.float32)  # padding; unknown
    extra[1] = VECTORS.take(np.array([1], np.int32))[0]
    first = np.concatenate([extra, VECTORS.vectors])
    trained = np.concatenate([extra, clf.word_vectors_.vectors])
    tables = {"static": [first], "non-static": [trained], "multichannel": [first, trained]}
    ids = INDEXER.transform([["雨", "霧"], ["夏"], ["祭", "雪"], ["砂", "海"]])
    scores = np.exp(naive_logits(clf, tables[channels], ids))
    np.testing.assert_allclose(
        clf.predict_proba(ids), scores / scores.sum(axis=1, keepdims=True), atol=1e-5
    )


def test_multichannel_keeps_its_first_channel():
    clf = learnt("multichannel")
    ids = clf._network.table.rows.ids
    for name, frozen in (("frozen", True), ("embedding", False)):
        layer = clf.model_.get_layer(name)
        assert layer.trainable != frozen
        assert np.array_equal(layer.get_weights()[0], VECTORS.take(ids)) == frozen


def test_channels_of_plain_ids_without_vectors():
    """Nothing to transfer: every table is random, but still frozen, trained or both."""
    plain = np.asarray(X)
    results = {}
    for channels in CHANNELS:
        with pytest.warns(UserWarning, match="X brings no word vectors"):
            clf = small(channels=channels).fit(plain, y)
        assert clf.score(plain, y) > 0.9
        results[channels] = clf.predict_proba(plain)
        again = pickle.loads(pickle.dumps(clf))
        np.testing.assert_array_equal(again.predict_proba(plain), results[channels])
    np.testing.assert_array_equal(results["rand"], results["non-static"])
    assert not np.array_equal(results["static"], results["rand"])


# -------------------------------------------------------------------- max norm
def test_max_norm_bounds_the_output_weights_of_a_fit():
    norms = {}
    for bound in (3.0, 0.5, None):
        clf = small(max_norm=bound, learning_rate=0.5, epochs=3).fit(X, y)
        kernel = clf.model_.get_layer("head").get_layer("output").get_weights()[0]
        norms[bound] = np.linalg.norm(kernel, axis=0)
        assert norms[bound].shape == (2,)
    assert (norms[3.0] <= 3 * (1 + 1e-6)).all()
    assert (norms[0.5] <= 0.5 * (1 + 1e-6)).all()
    assert norms[None].max() > 3.5


@pytest.mark.parametrize("dropout", [0.0, 0.5, 0.75])
def test_max_norm_is_that_of_the_paper_s_dropout(dropout):
    """Which multiplies the weights by the share of units that it keeps, ahead of a test."""
    clf = small(max_norm=1.0, dropout=dropout, learning_rate=0.5, epochs=4).fit(X, y)
    kernel = clf.model_.get_layer("head").get_layer("output").get_weights()[0]
    assert np.linalg.norm(kernel, axis=0).max() == pytest.approx(1 - dropout, rel=1e-3)


def test_max_norm_bounds_averaged_weights_and_those_of_no_training():
    """Weights at the start are within the bound, and so is what averages are made of."""
    clf = small(max_norm=0.1, optimizer__use_ema=True, learning_rate=0.5, epochs=3).fit(X, y)
    start = small(max_norm=0.1).initialize(X, y)
    for one in (clf, start):
        kernel = one.model_.get_layer("head").get_layer("output").get_weights()[0]
        assert np.linalg.norm(kernel, axis=0).max() <= 0.1 * (1 + 1e-5)


# ---------------------------------------------------------------- randomness
@every_channel
def test_the_same_seed_gives_bit_equal_fits(channels):
    a, b = learnt(channels), small(channels=channels).fit(X, y)
    assert same(weights_of(a), weights_of(b))
    np.testing.assert_array_equal(a.predict_proba(X), b.predict_proba(X))
    assert a.history_ == b.history_


def test_other_seeds_give_other_weights():
    assert not same(weights_of(learnt()), weights_of(small(random_state=1).fit(X, y)))


def test_global_seeds_are_left_alone(global_seed_is_left_alone):
    small(epochs=1).fit(X, y).predict(X)


# ------------------------------------------------------------- going on, travelling
@every_channel
def test_pickles_predict_and_go_on_alike(channels, tmp_path):
    clf = learnt(channels)
    documents = INDEXER.transform([["雨", "霧"], ["夏"], ["祭"], [], ["嵐"]])
    path = tmp_path / "clf.joblib"
    joblib.dump(clf, path)
    for copied in (pickle.loads(pickle.dumps(clf)), joblib.load(path)):
        np.testing.assert_array_equal(copied.predict_proba(documents), clf.predict_proba(documents))
        assert copied.history_ == clf.history_
    assert copied.partial_fit(X, y).n_iter_ == clf.n_iter_ + 1


def test_a_frozen_table_is_no_part_of_a_pickle():
    big = WordVectors([f"w{i}" for i in range(3000)], np.zeros((3000, 50), np.float32))
    X = TokenIds(np.arange(2, 3002, dtype=np.int32).reshape(100, 30), big)
    y = np.arange(100) % 2
    frozen, trained = (small(channels=c, epochs=1).fit(X, y) for c in ("static", "non-static"))
    states = [clf.__getstate__()["_network"] for clf in (frozen, trained)]
    assert states[0].values is None
    assert states[1].values.shape == (3002, 50)


@every_channel
def test_partial_fit_with_new_words_keeps_what_was_learnt(channels):
    def ids(*rows):
        return TokenIds(list(rows) * 20, VECTORS)

    clf = small(channels=channels)
    first, labels = ids([2, 3], [6, 7], [3, 0], [7, 0]), ["rain", "summer"] * 40
    clf.partial_fit(first, labels, classes=["rain", "snow", "summer"])
    before = clf._network.table
    steps = int(clf.model_.optimizer.iterations)
    expected = clf.predict_proba(first)
    clf._go_on(clf.vectors_, np.array([[4, 5, 8]], np.int32), None)
    np.testing.assert_allclose(clf.predict_proba(first), expected, atol=1e-6)
    table = clf._network.table
    assert table.rows.ids.tolist() == [*before.rows.ids, 4, 5, 8]
    assert np.array_equal(table.values[: len(before.values)], before.values)
    assert int(clf.model_.optimizer.iterations) == steps == 10
    new, labels = ids([4, 5], [8, 0], [5, 0], [8, 8]), ["snow", "summer"] * 40
    for _ in range(5):
        clf.partial_fit(new, labels)
    assert clf.predict(new).tolist() == labels
    assert clf.n_iter_ == 6
    assert clf.classes_.tolist() == ["rain", "snow", "summer"]


def test_partial_fit_needs_the_classes_first():
    with pytest.raises(ValueError, match="classes must be passed"):
        small().partial_fit(X, y)


def test_warm_start_goes_on_and_a_cold_start_does_not():
    warm = small(warm_start=True, epochs=2).fit(X, y)
    first = list(warm.history_["loss"])
    warm.fit(X, y)
    assert warm.n_iter_ == 4
    assert warm.history_["loss"][:2] == first
    assert warm.history_["loss"][2] < first[0]
    cold = small(epochs=2).fit(X, y)
    assert cold.fit(X, y).history_["loss"] == first


# ---------------------------------------------------------- scikit-learn's tools
def test_clone_copies_parameters_and_nothing_learnt():
    clf = small(channels="multichannel", optimizer__clipnorm=1.0, kernel_sizes=[2, 4], epochs=2)
    clf.fit(X, y)
    copied = clone(clf)
    assert copied.get_params() == clf.get_params()
    assert copied.kernel_sizes == [2, 4]
    assert not hasattr(copied, "classes_")
    assert is_classifier(copied)
    np.testing.assert_array_equal(copied.fit(X, y).predict_proba(X), clf.predict_proba(X))


def test_a_search_over_channels_in_a_pipeline():
    draw = np.random.default_rng(0)
    documents = [
        list(draw.choice(words, draw.integers(1, 5))) for _ in range(12) for words in (RAIN, SUMMER)
    ]
    labels = ["rainy", "sunny"] * 12
    pipeline = make_pipeline(W2VIndexer(VECTORS), small())
    grid = {"w2vcnnclassifier__channels": CHANNELS}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(documents, labels)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ > 0.9
    assert search.predict([["霧", "雨"], ["海"]]).tolist() == ["rainy", "sunny"]


@pytest.mark.parametrize("channels", ["rand", "multichannel"])
def test_zero_weight_is_absence(channels):
    weights = np.where(np.arange(len(X)) < 30, 1.0, 0.0)
    a = small(channels=channels).fit(X, y, sample_weight=weights)
    b = small(channels=channels).fit(X[:30], y[:30], sample_weight=np.ones(30))
    np.testing.assert_allclose(a.predict_proba(X), b.predict_proba(X), atol=1e-5)


def test_weights_decide_between_contradicting_labels():
    ids, labels = TokenIds([[2], [2]] * 10, VECTORS), np.array(["a", "b"] * 10)
    for heavy in "ab":
        clf = small().fit(ids, labels, sample_weight=np.where(labels == heavy, 5, 1))
        assert set(clf.predict(ids)) == {heavy}
    clf = small(class_weight={"a": 5}).fit(ids, labels)
    assert set(clf.predict(ids)) == {"a"}


def test_one_class_left_by_the_weights_is_predicted():
    clf = small().fit(X, y, sample_weight=(y == "rain").astype(float))
    assert set(clf.predict(X)) == {"rain"}


def test_many_labels_for_a_document():
    rain = (y == "rain").astype(int)
    Y = np.column_stack([rain, 1 - rain, np.ones_like(rain)])
    clf = small(epochs=20, dropout=0.2).fit(X, Y)
    assert np.array_equal(clf.predict(X), Y)


# -------------------------------------------------------------------- parameters
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ((), ValueError, r"Got kernel_sizes=\(\) but expected positive integers"),
        ((3, 0), ValueError, r"Got kernel_sizes=\(3, 0\) but expected positive integers"),
        ([2, -1], ValueError, r"Got kernel_sizes=\[2, -1\] but expected positive integers"),
        ((2, 3.0), ValueError, r"Got kernel_sizes=\(2, 3.0\) but expected positive integers"),
        (("3",), ValueError, r"Got kernel_sizes=\('3',\) but expected positive integers"),
        (3, ValueError, "'kernel_sizes' parameter of W2VCNNClassifier"),
        ("345", ValueError, "'kernel_sizes' parameter of W2VCNNClassifier"),
        (None, ValueError, "'kernel_sizes' parameter of W2VCNNClassifier"),
    ],
    ids=str,
)
def test_wrong_kernel_sizes_are_named(value, error, message):
    with pytest.raises(error, match=message):
        small(kernel_sizes=value).fit(X, y)


def test_kernel_sizes_are_any_sequence_of_whole_numbers():
    results = [
        small(kernel_sizes=sizes, epochs=1).fit(X, y).predict_proba(X)
        for sizes in ((2, 3), [2, 3], tuple(np.array([2, 3])))
    ]
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_a_window_size_can_come_twice():
    """Kim's follow-up (Zhang, Wallace 2017) found several equal windows best at times."""
    assert small(kernel_sizes=(2, 2)).fit(X, y).score(X, y) == 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("channels", "dynamic"),
        ("filters", 0),
        ("max_norm", 0),
        ("max_norm", -1.0),
        ("dropout", 1.0),
        ("hidden", 0),
        ("batch_size", 0),
    ],
)
def test_wrong_values_are_named(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter of W2VCNNClassifier"):
        small(**{name: value}).fit(X, y)


def test_unknown_parameters_are_refused():
    with pytest.raises(TypeError, match="unexpected keyword argument 'units'"):
        W2VCNNClassifier(units=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'train_embeddings'"):
        W2VCNNClassifier(train_embeddings=False)


def test_the_paper_s_values_are_the_defaults():
    clf = W2VCNNClassifier()
    assert (clf.kernel_sizes, clf.filters, clf.dropout) == ((3, 4, 5), 100, 0.5)
    assert (clf.max_norm, clf.batch_size, clf.hidden) == (3.0, 50, None)
    assert not [name for name in vars(W2VCNNClassifier(filters=-1)) if name.endswith("_")]


# ------------------------------------------------------- settings of keras.json
@pytest.fixture
def settings_of_keras():
    """Give Keras' settings to a test that changes them, and take them back."""
    import keras

    former = keras.config.floatx(), keras.config.image_data_format()
    policy = keras.config.dtype_policy()
    yield keras.config
    keras.config.set_floatx(former[0])
    keras.config.set_image_data_format(former[1])
    keras.config.set_dtype_policy(policy)


def test_images_may_have_their_channels_first(settings_of_keras):
    settings_of_keras.set_image_data_format("channels_first")
    np.testing.assert_array_equal(small().fit(X, y).predict_proba(X), learnt().predict_proba(X))


@pytest.mark.parametrize("channels", ["static", "non-static", "multichannel"])
def test_numbers_may_be_of_double_precision(channels, settings_of_keras, tmp_path):
    settings_of_keras.set_floatx("float64")
    settings_of_keras.set_dtype_policy("float64")  # as it is where the first one came first
    clf = small(channels=channels, epochs=2).fit(X, y)
    expected = clf.predict_proba(X)
    assert expected.dtype == np.float32
    save(clf, tmp_path / "model.w2v")
    np.testing.assert_array_equal(load(tmp_path / "model.w2v").predict_proba(X), expected)
    assert clf.word_vectors_.take(np.array([2])).dtype == np.float32
