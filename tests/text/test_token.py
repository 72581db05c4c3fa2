"""Token: a str with forms; how documents of tokens are counted and shared."""

from __future__ import annotations

import copy
import pickle
from collections import Counter

import joblib
import numpy as np
import pytest

from sklearn_w2v.text.token import Token, analyses, count_words, share_tokens
from sklearn_w2v.text.unidic import UnidicTokens


def test_it_is_its_text_in_every_way():
    token = Token("行っ", ["行く"])
    assert token == "行っ"
    assert hash(token) == hash("行っ")
    assert {"行っ": 1}[token] == {token: 1}["行っ"] == 1
    assert repr([token, Token("た")]) == "['行っ', 'た']"
    assert f"{token}た" == " ".join([token, "た"]).replace(" ", "") == "行った"
    assert type(str(token)) is str
    assert sorted([token, "雨", Token("た")]) == ["た", "行っ", "雨"]


def test_tokens_of_one_text_are_equal_whatever_their_forms_are():
    assert Token("行っ", ["行く"]) == Token("行っ", ["行う"]) == Token("行っ")


@pytest.mark.parametrize(
    ("forms", "kept"),
    [
        ((), ()),
        (["b", "a", "b"], ("b", "a")),
        (iter(["b", "a"]), ("b", "a")),
        (["text", "b"], ("text", "b")),  # marks the place at which the text is tried
    ],
)
def test_forms_keep_their_order_without_repeats(forms, kept):
    assert Token("text", forms).forms == kept


@pytest.mark.parametrize(
    ("text", "forms", "message"),
    [
        (3, (), "Got text=3 of type int but expected a str"),
        (None, (), "NoneType"),
        ("行っ", "行く", "Got forms='行く' but expected an iterable of str"),
        ("行っ", ["行く", None], "Got None of type NoneType in forms but expected str"),
        ("行っ", 3, "int"),
    ],
)
def test_wrong_types_are_named(text, forms, message):
    with pytest.raises(TypeError, match=message):
        Token(text, forms)


def test_it_has_one_slot_and_no_dictionary():
    with pytest.raises(AttributeError):
        Token("雨").reading = "あめ"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_keeps_forms_and_shares_objects(protocol):
    token = Token("行っ", ["行く"])
    data = pickle.dumps([token] * 1_000, protocol)
    again = pickle.loads(data)
    assert again == [token] * 1_000
    assert again[0].forms == ("行く",)
    assert len(set(map(id, again))) == 1
    assert len(data) < 5_000


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copies_keep_their_forms(duplicate):
    (token,) = duplicate([Token("行っ", ["行く"])])
    assert (token, type(token), token.forms) == ("行っ", Token, ("行く",))


def test_joblib_sees_the_forms():
    one, other = [Token("行っ", ["行く"])], [Token("行っ", ["行う"])]
    assert joblib.hash(one) == joblib.hash([Token("行っ", ["行く"])])
    assert len({joblib.hash(tokens) for tokens in (one, other, ["行っ"])}) == 3


def test_unidic_lines_of_equal_text_and_forms_share_a_token():
    tokens = UnidicTokens("surface")
    verb = tokens["動詞,一般\t行っ\t行く\t行く"]
    assert tokens["動詞,一般\t行っ\t行く\t行く"] is verb
    assert tokens["動詞,非自立可能\t行っ\t行く\t行く"] is verb
    assert tokens["動詞,一般\t行っ\t行う\t行う"] is not verb
    assert verb.forms == ("行く",)


@pytest.mark.parametrize(
    ("line", "text", "forms"),
    [
        ("記号,一般\tq\t\t", "q", ()),  # an unknown word, and fields that are empty
        ("名詞,一般\tボール\tボール\tボール-ball", "ボール", ()),
        ("記号,一般\t-\t-\t-", "-", ()),
        ("記号,一般\t-x\t-x\t-x", "-x", ()),  # no gloss without a word
    ],
)
@pytest.mark.parametrize("form", ["surface", "base", "lemma"])
def test_unidic_lines_with_odd_fields(line, text, forms, form):
    token = UnidicTokens(form)[line]
    assert (token, token.forms) == (text, forms)


def test_sharing_makes_one_object_of_equal_tokens_only():
    a, b = Token("行っ", ["行く"]), Token("行っ", ["行う"])
    copies = [[copy.copy(a), copy.copy(b), a], [b, copy.copy(a)]]
    pool = {}
    shared = share_tokens(copies[:1], pool) + share_tokens(copies[1:], pool)
    assert [[word.forms for word in doc] for doc in shared] == [
        [("行く",), ("行う",), ("行く",)],
        [("行う",), ("行く",)],
    ]
    assert len({id(word) for doc in shared for word in doc}) == len(pool) == 2


def test_counts_of_plain_words():
    counts, forms = count_words([["a", "b"], [], ["a", np.str_("c")]])
    assert counts == Counter(a=2, b=1, c=1)
    assert forms == {}
    assert count_words([]) == (Counter(), {})


@pytest.mark.parametrize("duplicate", [lambda token: token, copy.copy])
def test_counts_are_those_of_texts_and_forms_those_of_most_occurrences(duplicate):
    go, do = Token("行っ", ["行く"]), Token("行っ", ["行う"])
    docs = [[duplicate(word) for word in doc] for doc in ([do, go, "雨"], [go, "行っ", "雨"])]
    counts, forms = count_words(docs)
    assert counts == {"行っ": 4, "雨": 2}
    assert forms == {"行っ": ("行く",), "雨": ()}
    assert {type(text) for text in (*counts, *forms)} == {str}


def test_equally_frequent_forms_are_decided_by_their_order():
    tokens = [Token("行っ", ["行く"]), Token("行っ", ["行う"])]
    assert count_words([tokens])[1] == count_words([tokens[::-1]])[1] == {"行っ": ("行う",)}


def test_analyses_tell_forms_apart():
    go, do = Token("行っ", ["行く"]), Token("行っ", ["行う"])
    found = analyses([go, do, "行っ", copy.copy(go), "雨"])
    assert found == [("行っ", ("行く",)), ("行っ", ("行う",)), ("行っ", ()), ("雨", ())]
    assert {type(text) for text, _ in found} == {str}
    assert analyses(["b", "a", "b"]) == [("b", ()), ("a", ())]
