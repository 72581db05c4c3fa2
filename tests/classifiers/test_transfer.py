"""Whether word vectors pay: the probe, and what follows from it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import sparse

import sklearn_w2v
from sklearn_w2v import TransferProbe, WordVectors, load, make_w2v_pipeline, save, transfer_probe
from sklearn_w2v.classifiers import blend_training
from sklearn_w2v.networks.design import NetworkWeights

# 120 words, each in one document only: their vectors alone say what they mean
WORDS = [chr(0xAC00 + number) for number in range(120)]
SIDE = np.arange(120) % 2
_DRAW = np.random.default_rng(0)
TELLING = WordVectors(WORDS, np.column_stack([2.0 * SIDE - 1, _DRAW.normal(size=(120, 3))]))
MUTE = WordVectors(WORDS, _DRAW.normal(size=(120, 4)))
TEXTS = [[word, "は"] for word in WORDS]
LABELS = np.array(["dry", "wet"])[SIDE]
SMALL = {"units": 4, "hidden": None, "epochs": 4, "learning_rate": 0.03, "n_jobs": 1}


def recipe(vectors, **params):
    return make_w2v_pipeline(vectors, tokenizer=None, random_state=0, **{**SMALL, **params})


@pytest.fixture(scope="module")
def paid():
    return recipe(TELLING).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def spared():
    return recipe(MUTE).fit(TEXTS, LABELS)


# ------------------------------------------------------------------------------ the figures
@pytest.mark.parametrize(
    ("gain", "error", "pays", "words"),
    [
        (0.018, 0.0034, True, "lower the held-out loss by 0.018 ± 0.003 (z 5.3): transfer pays."),
        (0.01, 0.0051, False, "by 0.010 ± 0.005 (z 2.0): transfer does not pay."),
        (0.0009, 0.0001, False, "by 0.001 ± 0.000 (z 9.0): transfer does not pay."),
        (0.0, 0.0, False, "Word vectors do not lower the held-out loss: transfer does not pay."),
        (-0.01, 0.001, False, "Word vectors do not lower the held-out loss"),
    ],
)
def test_a_gain_is_two_errors_and_large_enough(gain, error, pays, words):
    probe = TransferProbe(gain, error, 100)
    assert probe.pays == pays
    assert words in str(probe)


def test_seconds_are_not_part_of_what_was_found():
    probe = TransferProbe(0.1, 0.01, 100, seconds=3.0)
    assert probe == TransferProbe(0.1, 0.01, 100)
    loaded = pickle.loads(pickle.dumps(probe))
    assert loaded == probe
    assert loaded.seconds is None


# ---------------------------------------------------------------------- before all training
def test_the_probe_tells_vectors_that_know_from_vectors_that_do_not():
    knows = transfer_probe(TEXTS, LABELS, TELLING, tokenizer=None)
    assert knows.pays
    assert knows.n_documents == 120
    assert knows.seconds > 0
    assert not transfer_probe(TEXTS, LABELS, MUTE, tokenizer=None).pays
    again = transfer_probe(TEXTS, LABELS, TELLING, tokenizer=None, n_jobs=1)
    assert again == knows
    many = np.column_stack([SIDE, np.arange(120) % 3 == 0])
    assert transfer_probe(TEXTS, many, TELLING, tokenizer=None).pays
    assert transfer_probe(TEXTS, sparse.csr_array(many), TELLING, tokenizer=None).pays


def test_the_probe_takes_texts_and_any_tokenizer():
    texts = [" ".join(words) for words in TEXTS]
    expected = transfer_probe(TEXTS, LABELS, TELLING, tokenizer=None)
    assert transfer_probe(texts, LABELS, TELLING, tokenizer=str.split) == expected
    assert transfer_probe(iter(texts), LABELS.tolist(), TELLING, tokenizer=None) == expected
    rainy = [f"{day}日に雨が降る" for day in range(20)]
    japanese = transfer_probe(
        [*rainy, *(text.replace("雨が降る", "晴れた") for text in rainy)],
        ["wet"] * 20 + ["dry"] * 20,
        MUTE,
        groups=range(40),
    )
    assert not japanese.pays


def test_groups_are_not_taken_apart():
    """Words that stand in one group only tell the branch nothing about other groups."""
    groups = np.arange(120) // 12
    texts = [[f"album{group}", word] for group, word in zip(groups, WORDS, strict=True)]
    labels = groups % 2
    mixed = transfer_probe(texts, labels, MUTE, tokenizer=None, groups=np.arange(120))
    apart = transfer_probe(texts, labels, TELLING, tokenizer=None, groups=groups)
    assert not mixed.pays
    assert not apart.pays
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        transfer_probe(texts, labels, MUTE, tokenizer=None, groups=groups[:-1])
    with pytest.raises(ValueError, match="fewer than five groups"):
        transfer_probe(texts, labels, MUTE, tokenizer=None, groups=groups % 4)
    with pytest.raises(ValueError, match="five groups with documents of their own"):
        transfer_probe(
            texts[:9] * 9, labels[:81] % 2, MUTE, tokenizer=None, groups=np.arange(81) // 9
        )


@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        (TEXTS[:8], LABELS[:8], ValueError, "fewer than ten different documents"),
        (TEXTS[:1] * 50, LABELS[:50], ValueError, "fewer than ten different documents"),
        (TEXTS, None, ValueError, "Got labels=None but expected a label for each document"),
        (TEXTS, ["wet"] * 120, ValueError, "Got 1 label in labels but expected two or more"),
        ("雨が降る", ["wet"], TypeError, "Got a single str as texts but transfer_probe expected"),
        (TEXTS, LABELS[:-1], ValueError, "Found 120 documents in X but 119 labels in y"),
    ],
)
def test_what_cannot_be_judged_is_refused(texts, labels, error, message):
    with pytest.raises(error, match=message):
        transfer_probe(texts, labels, MUTE, tokenizer=None)


# --------------------------------------------------------------------------- what follows
def test_the_network_is_trained_where_vectors_pay(paid, spared):
    assert paid["clf"].transfer_.pays
    assert paid["clf"].n_iter_ == 4
    assert (paid["clf"].means_weight_ > 0) != (paid["clf"].bow_weights_[1] > 0)
    assert "the network is trained" in paid["clf"]._transfer_in_words()
    assert not spared["clf"].transfer_.pays
    assert spared["clf"].n_iter_ == 0
    assert spared["clf"].history_ == {}
    assert spared["clf"].bow_weights_[1] == spared["clf"].means_weight_ == 0
    assert "no network is trained" in spared["clf"]._transfer_in_words()


def test_the_probe_can_be_overruled():
    forced = recipe(MUTE, train_network=True, epochs=1).fit(TEXTS, LABELS)["clf"]
    assert forced.n_iter_ == 1
    assert not forced.transfer_.pays
    never = recipe(TELLING, train_network=False).fit(TEXTS, LABELS)["clf"]
    assert never.n_iter_ == 0
    assert never.transfer_.pays
    assert never.means_weight_ > 0  # the mean vectors cost nothing more
    with pytest.raises(ValueError, match="Got train_network=False with bow=None but expected"):
        recipe(MUTE, train_network=False, bow=None).fit(TEXTS, LABELS)


def test_without_vectors_to_judge_the_network_is_trained():
    params = {name: value for name, value in SMALL.items() if name != "units"}
    clf = make_w2v_pipeline(
        MUTE, tokenizer=None, network="cnn", channels="rand", filters=2, random_state=0, **params
    )
    clf = clf.fit(TEXTS, LABELS)["clf"]
    assert clf.transfer_ is None
    assert clf.n_iter_ > 0


def test_mean_vectors_know_words_that_training_never_saw():
    """Two thirds of the words; the others are new."""
    rows = np.arange(120) < 80
    never = recipe(TELLING, train_network=False).fit(
        [one for one, row in zip(TEXTS, rows, strict=True) if row], LABELS[rows]
    )
    assert never.score(TEXTS[80:], LABELS[80:]) > 0.9


def test_a_spared_network_is_not_built_until_it_is_asked_for(spared, tmp_path):
    clf = pickle.loads(pickle.dumps(spared))["clf"]
    assert isinstance(clf._network, NetworkWeights)
    assert clf._network.head is None
    assert clf.word_vectors_["は" if "は" in clf.vectors_ else WORDS[0]] is not None
    assert clf.model_.count_params() > 0
    save(spared, tmp_path / "model.w2v", vectors="all")
    loaded = load(tmp_path / "model.w2v")
    assert loaded["clf"].transfer_ == spared["clf"].transfer_
    assert isinstance(loaded["clf"]._network, NetworkWeights)
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), spared.predict_proba(TEXTS))
    card = sklearn_w2v.read_card(tmp_path / "model.w2v")
    assert "no network is trained" in str(card)


def test_what_was_paid_for_travels(paid, tmp_path):
    save(paid, tmp_path / "model.w2v", vectors="all")
    loaded = load(tmp_path / "model.w2v")
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), paid.predict_proba(TEXTS))
    assert loaded["clf"].means_weight_ == paid["clf"].means_weight_


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_mean_vectors_have_their_share_in_explanations(method):
    never = recipe(TELLING, train_network=False).fit(TEXTS, LABELS)
    (wet,) = sklearn_w2v.explain(never, [[WORDS[1], WORDS[0], "は"]], target="wet", method=method)
    assert wet.values[0] > 0 > wet.values[1]
    if method == "integrated_gradients":
        assert abs(wet.residual) < 1e-5
        return
    scores = [
        never["clf"]._logits(never["ids"].transform([words]))[0, 1]
        for words in ([WORDS[1], WORDS[0], "は"], ["一", WORDS[0], "は"])
    ]
    assert wet.values[0] == pytest.approx(scores[0] - scores[1], abs=1e-5)


def test_the_page_of_a_spared_model_says_why(spared, tmp_path):
    sklearn_w2v.write_report(tmp_path / "page.html", spared, TEXTS, LABELS)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "The linear branch decides alone." in page
    assert "no network is trained" in page
    assert "The curves are" not in page


# ------------------------------------------------------------------------- whole documents
def test_the_branch_reads_what_the_network_does_not():
    """A word at place 31 of the longest documents tells their class."""
    draw = np.random.default_rng(0)
    short = [[f"n{n}" for n in draw.integers(0, 50, 8)] + [word] for word in ("rain", "sun") * 50]
    long = [[f"n{n}" for n in draw.integers(0, 50, 30)] + [word] for word in ("rain", "sun") * 2]
    texts, labels = short + long, ["wet", "dry"] * 52
    vectors = WordVectors([f"n{n}" for n in range(50)], draw.normal(size=(50, 3)))
    model = recipe(vectors, train_network=False, bow="words").fit(texts, labels)
    assert model["ids"].maxlen_ < 31
    new = [[f"n{n}" for n in draw.integers(0, 50, 40)] + [word] for word in ("rain", "sun") * 10]
    with pytest.warns(UserWarning, match="longer than maxlen"):
        assert model.score(new, ["wet", "dry"] * 10) == 1.0
    (one,) = sklearn_w2v.explain(model, new[:1], target="wet")  # all of it
    assert one.top(1)[0][0] == "rain"
    assert abs(one.residual) < 1e-5


def test_one_long_document_does_not_pad_the_others():
    texts = [[word] for word in WORDS[:60]] + [["a"] * 50_000]
    model = recipe(MUTE, train_network=False, bow="words")
    ids = model["ids"].fit_transform(texts)
    assert ids.shape[1] == 1
    assert ids.tails.lengths.sum() == 49_999
    assert model["clf"].fit(ids, np.arange(61) % 2).predict(ids).shape == (61,)


def test_copies_of_few_documents_do_not_stand_on_both_sides():
    """An oversampler appends them; the branch would seem to know everything."""
    draw = np.random.default_rng(0)
    common = [[f"n{n}" for n in draw.integers(0, 60, 12)] for _ in range(110)]
    rare = [["m", *(f"n{n}" for n in draw.integers(0, 60, 11))] for _ in range(10)]
    vectors = WordVectors([f"n{n}" for n in range(60)], draw.normal(size=(60, 3)))
    texts = common + rare * 11
    labels = [0] * 110 + [1] * 110
    model = recipe(vectors, train_network=False, bow="words").fit(texts, labels)
    new = [["m", *(f"n{n}" for n in draw.integers(0, 60, 11))] for _ in range(40)]
    assert (model.predict(new) == 1).mean() > 0.9


# ---------------------------------------------------------------------------- copies
def test_copies_are_no_further_evidence():
    """Each text a dozen times tells as much as once."""
    draw = np.random.default_rng(0)
    noisy = np.where(draw.random(120) < 0.3, 1 - SIDE, SIDE)
    once = transfer_probe(TEXTS, noisy, TELLING, tokenizer=None)
    often = transfer_probe(TEXTS * 12, np.tile(noisy, 12), TELLING, tokenizer=None)
    assert often.n_documents == once.n_documents == 120
    assert often.standard_error > 0.6 * once.standard_error


def test_documents_of_one_group_are_one_draw_of_the_error():
    groups = np.arange(120) // 6
    sides = np.where(np.isin(groups, [0, 3, 7, 11]), 1 - SIDE, SIDE)  # whole groups are wrong
    alone = transfer_probe(TEXTS, sides, TELLING, tokenizer=None, groups=np.arange(120))
    together = transfer_probe(TEXTS, sides, TELLING, tokenizer=None, groups=groups)
    assert together.n_documents == alone.n_documents == 120
    assert together.standard_error > 1.5 * alone.standard_error


def test_no_group_is_judged_on_what_another_one_has_taught():
    groups = np.append(np.arange(120) // 12, [9] * 24)
    found = transfer_probe(
        [*TEXTS, *TEXTS[:24]], np.append(SIDE, SIDE[:24]), TELLING, tokenizer=None, groups=groups
    )
    assert found.n_documents == 120 - 24


def test_all_groups_are_asked_however_many_documents_the_first_ones_have(monkeypatch):
    """One group, which is one draw, would have no standard error."""
    monkeypatch.setattr(blend_training, "_HALF", 10)
    monkeypatch.setattr(blend_training, "_ENOUGH", 20)
    probe = transfer_probe(TEXTS, SIDE, TELLING, tokenizer=None, groups=np.arange(120) // 24)
    assert probe.n_documents == 120
    assert probe.pays
