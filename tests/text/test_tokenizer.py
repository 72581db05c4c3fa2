"""JapaneseTokenizer: forms, parts of speech, hard texts, containers, scikit-learn's checks."""

from __future__ import annotations

import os
import pickle
import re
import shlex
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import fugashi
import numpy as np
import pandas as pd
import polars as pl
import pytest
import unidic_lite
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted

from sklearn_w2v import JapaneseTokenizer, Token, W2VIndexer, Word2VecTrainer, WordVectors
from sklearn_w2v.text import mecab as _mecab
from sklearn_w2v.text.unidic import CONTENT_POS, CONTENT_POS_WITHOUT, break_lines

FORMS = ["surface", "base", "lemma"]
EVERY_BLANK = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]

few_examples = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def words(text, **parameters):
    """Words of one text."""
    return JapaneseTokenizer(**parameters).fit_transform([text])[0]


def all_surfaces(text, **parameters):
    return words(text, form="surface", pos=None, **parameters)


def unspaced(text):
    return "".join(text.split())


@pytest.fixture(scope="module")
def naive_nodes():
    """Words by the slow way, as ``(surface, pos1, pos2, base, lemma)``."""
    tagger = fugashi.Tagger(shlex.join(["-r", os.devnull, "-d", unidic_lite.DICDIR]))

    def read(text):
        found = []
        for node in tagger(text):
            pos = (node.feature.pos1, node.feature.pos2)
            base = node.feature.orthBase or node.surface
            lemma = node.surface
            if not node.is_unk and node.feature.lemma:
                lemma = re.sub("(?<=.)-.*", "", node.feature.lemma)
            found.append((node.surface, *pos, base, lemma))
        return found

    return read


def naive_words(nodes, form, pos):
    column = {"surface": 0, "base": 3, "lemma": 4}[form]
    return [
        node[column]
        for node in nodes
        if not node[0].isspace()
        and (pos is None or (node[1] in CONTENT_POS and node[2] not in CONTENT_POS_WITHOUT))
    ]


# forms


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("surface", ["スポーツ", "を", "聴い", "た"]),
        ("base", ["スポーツ", "を", "聴く", "た"]),
        ("lemma", ["スポーツ", "を", "聞く", "た"]),
    ],
)
def test_form_chooses_spelling(form, expected):
    assert words("スポーツを聴いた", form=form, pos=None) == expected


def test_lemma_merges_spellings_and_writes_names_in_katakana():
    assert words("東京で撮る。取る", form="lemma") == ["トウキョウ", "取る", "取る"]


@pytest.mark.parametrize("form", FORMS)
def test_gloss_is_cut_from_the_lemma_but_never_from_a_surface(form):
    # the dictionary's lemma is スポーツ-sport; the hyphens of the text are words of their own
    assert words("スポーツ-sport", form=form, pos=None) == ["スポーツ", "-", "sport"]
    assert words("‐-‐ x--y", form=form, pos=None) == ["‐-‐", "x", "--", "y"]


@pytest.mark.parametrize("form", FORMS)
def test_unknown_words_come_out_as_written(form):
    assert words("ゔぁゔぃゔぅをqwzx", form=form, pos=None)[-1] == "qwzx"


@pytest.mark.parametrize("pos", [None, "content"])
@pytest.mark.parametrize("form", FORMS)
def test_lyrics_come_out_as_by_reading_node_features(lyrics, naive_nodes, form, pos):
    found = JapaneseTokenizer(form=form, pos=pos).transform(lyrics.data)
    expected = [naive_words(naive_nodes(text), form, pos) for text in lyrics.data]
    assert found == expected
    assert sum(map(len, found)) > 8_000


# further forms


def forms_of(text, **parameters):
    return {str(word): word.forms for word in words(text, forms=True, pos=None, **parameters)}


@pytest.mark.parametrize(
    ("text", "word", "forms"),
    [
        ("雨を聴いた", "聴い", ("聞く", "聴く")),  # lemma, then base
        ("雨が降る", "雨", ()),
        ("私がした", "し", ("為る", "する")),
        ("スポーツだ", "スポーツ", ()),  # without the gloss
        ("東京へ", "東京", ("東京", "トウキョウ")),  # a name: its reading comes last
        ("ＵＳＢの", "ＵＳＢ", ("ＵＳＢ", "USB", "usb")),
        ("それはqwzXだ", "qwzX", ("qwzX", "qwzx")),  # not in the dictionary
        ("㍿", "㍿", ("㍿", "株式会社")),
    ],
)
def test_further_forms_of_surfaces(text, word, forms):
    assert forms_of(text, form="surface")[word] == forms


def test_surface_is_among_the_forms_of_another_form():
    assert forms_of("雨を聴いた", form="lemma")["聞く"] == ("聞く", "聴く", "聴い")
    assert forms_of("雨を聴いた", form="base")["聴く"] == ("聞く", "聴く", "聴い")
    assert forms_of("東京へ", form="lemma")["トウキョウ"] == ("東京",)


@pytest.mark.parametrize("pos", [None, "content", ["助詞", ("名詞", "数詞")]])
@pytest.mark.parametrize("form", FORMS)
def test_forms_change_no_word(lyrics, form, pos):
    texts = [*lyrics.data, "", " ", "すごい😀\n次\u3000\n※雨￤\u3000￤", "-‐- x--y ｽﾎﾟｰﾂ\ud800 ㎡"]
    stop_words = {"の", "雨", "聴く"}
    plain = JapaneseTokenizer(form=form, pos=pos, stop_words=stop_words)
    found = clone(plain).set_params(forms=True).transform(texts)
    assert found == plain.transform(texts)
    assert {type(word) for doc in found for word in doc} == {Token}
    assert all(type(form) is str and form for doc in found for word in doc for form in word.forms)


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_long_documents(lyrics_text, form):
    text = lyrics_text * 2
    assert len(text) > _mecab.MAX_WHOLE
    found = words(text, form=form, forms=True)
    assert found == words(text, form=form)
    assert_tokens_shared([found])


def assert_tokens_shared(found):
    flat = [word for doc in found for word in doc]
    assert len(set(map(id, flat))) == len({(word, word.forms) for word in flat}) < len(flat) / 5


def test_tokens_print_as_strings():
    assert repr(words("聴いた", form="surface", pos=None, forms=True)) == "['聴い', 'た']"


def test_two_processes_give_the_tokens_of_one(lyrics):
    documents = [line for text in lyrics.data for line in text.split("\n")][:1_200]
    assert len(documents) == 1_200
    serial = JapaneseTokenizer(form="surface", pos=None, stop_words=["の"], forms=True)
    found = clone(serial).set_params(n_jobs=2).transform(documents)
    expected = serial.transform(documents)
    assert found == expected
    assert [[word.forms for word in doc] for doc in found] == [
        [word.forms for word in doc] for doc in expected
    ]
    assert_tokens_shared(found)


# parts of speech


@pytest.mark.parametrize(
    ("text", "kept", "dropped"),
    [
        ("三つの猫", ["猫"], "数詞"),
        ("降りそうだ", ["降る"], "助動詞語幹"),
        ("綺麗なようだ", ["綺麗"], "助動詞語幹"),
        ("見ていることが", ["見る", "いる", "こと"], None),  # 非自立可能 stays
        ("私は静かにゆっくり歩く", ["私", "静か", "ゆっくり", "歩く"], None),
        ("そして、ああ、この赤い花", ["赤い", "花"], None),
    ],
)
def test_content_keeps_words_that_name_something(naive_nodes, text, kept, dropped):
    assert words(text) == kept
    if dropped:  # the case is what it says
        assert dropped in {pos2 for _, _, pos2, _, _ in naive_nodes(text)}


def test_pos_none_keeps_particles_numbers_and_punctuation():
    assert all_surfaces("三人で、見た。") == ["三", "人", "で", "、", "見", "た", "。"]


@pytest.mark.parametrize(
    ("pos", "expected"),
    [
        (["助詞"], ["で", "を"]),
        (["名詞"], ["三", "雨"]),
        ([("名詞", "数詞")], ["三"]),
        ([["名詞", "数詞"]], ["三"]),
        (["助詞", ("名詞", "普通名詞")], ["で", "雨", "を"]),
        (("助詞", "助動詞"), ["で", "を", "た"]),  # a tuple is a list of pos1, not a pair
        ([("名詞", "数")], []),  # whole names only
        (["名"], []),
        ([".詞"], []),  # no regular expression
        ([], []),
    ],
)
@pytest.mark.filterwarnings("ignore:No word of the dictionary")
def test_pos_takes_names_and_pairs(pos, expected):
    assert words("三人で雨を見た", form="surface", pos=pos) == expected


@pytest.mark.parametrize("pos", ["名詩", ("名詞", "普通"), ["助", "助詞"]])
def test_parts_of_speech_that_no_word_has_are_named(pos):
    tokenizer = JapaneseTokenizer(pos=["名詞", pos])
    with pytest.warns(
        UserWarning, match="No word of the dictionary has .* 助詞, 動詞, 名詞"
    ) as caught:
        assert tokenizer.fit_transform(["雨が降る"]) == [["雨"]]
    assert len(caught) == 1
    assert repr(pos) in str(caught[0].message)


def test_parts_of_speech_of_the_dictionary_are_known(recwarn):
    folder, _ = _mecab.resolve("unidic-lite", None)
    known = sorted(_mecab.parts_of_speech(folder))
    assert len(known) > 30
    names = sorted({pos1 for pos1, _ in known})
    JapaneseTokenizer(pos=[*names, *known]).transform(["雨が降る"])
    assert not len(recwarn)


def test_parts_of_speech_together_are_the_whole(lyrics, naive_nodes):
    text = "\n".join(lyrics.data[:5])
    names = sorted({pos1 for _, pos1, _, _, _ in naive_nodes(text)})
    assert len(names) > 8
    assert words(text, pos=names) == words(text, pos=None)
    assert sum(len(words(text, pos=[name])) for name in names) == len(words(text, pos=None))


@pytest.mark.parametrize("kind", [set, frozenset, list, tuple])
def test_stop_words_are_compared_with_the_chosen_form(kind):
    text = "雨を聴いた"
    assert words(text, pos=None, stop_words=kind(["聴く", "た"])) == ["雨", "を"]
    assert words(text, pos=None, stop_words=kind(["聴い"])) == ["雨", "を", "聴く", "た"]
    assert words(text, form="lemma", stop_words=kind(["聞く"])) == ["雨"]
    assert words(text, form="surface", pos=None, stop_words=kind(["聴い"])) == ["雨", "を", "た"]


# blanks


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pos", [None, ["空白", "補助記号", "記号", "名詞", "助詞", "動詞"]])
def test_blank_tokens_never_come_out(form, pos):
    tokenizer = JapaneseTokenizer(form=form, pos=pos)
    for blank in EVERY_BLANK:
        texts = [
            blank,
            blank * 30,
            f"雨が{blank}降る",
            f"{blank}雨が降る{blank * 2}",
            f"✨{blank}✨",
        ]
        for text, found in zip(texts, tokenizer.transform(texts), strict=True):
            assert unspaced("".join(found)) == unspaced(text), repr(text)
            assert not any(word.isspace() for word in found), repr(text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("blank", sorted(set(EVERY_BLANK) - {"\u3000"}))
def test_no_word_begins_or_ends_with_white_space(form, blank):
    # MeCab joins white space that is not in its dictionary to unknown symbols; the
    # ideographic space is in it, and stays where MeCab leaves it
    for text in (f"😀{blank}次", f"あ✨{blank}う", f"{blank}※雨", f'"雨"{blank}"夏"', f"-{blank}-"):
        found = words(text, form=form, pos=None)
        assert [word.strip() for word in found] == found
        assert "" not in found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\x85", "\x0c"])
def test_any_line_end_gives_the_words_of_a_newline(lyrics, form, end):
    texts = [*lyrics.data[:10], "すごい😀\n次\n\n※雨\n"]
    tokenizer = JapaneseTokenizer(form=form, pos=None)
    assert tokenizer.transform([text.replace("\n", end) for text in texts]) == tokenizer.transform(
        texts
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pos", [None, "content"])
def test_empty_and_blank_documents_have_no_words(form, pos):
    texts = ["", " ", "\n\n", "\u3000\u3000", "\x00", "\t \x85\u2028", "雨"]
    found = JapaneseTokenizer(form=form, pos=pos).transform(texts)
    assert found == [[], [], [], [], [], [], ["雨"]]
    assert JapaneseTokenizer(form=form, pos=pos).transform([]) == []


# line breaks


@pytest.mark.parametrize("forms", [False, True])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("雨が\n降る", "雨 が | 降る"),
        ("雨が\n\n降る\n夜", "雨 が | | 降る | 夜"),
        ("雨が\r\n\r\n降る", "雨 が | | 降る"),  # each counts once
        ("雨が\r降る\u2028夜", "雨 が 降る 夜"),  # blanks
        ("\n \n\u3000雨\n\n", "雨"),
        ("雨 \n\u3000\t\n\u3000\u3000夜", "雨 | | 夜"),  # lines of blanks are empty lines
        ("雨\n", "雨"),
        ("\n", ""),
        ("", ""),
        ("1\n2\na\nb", "1 | 2 | a | b"),
        ("夜\nー\n夜", "夜 | ー | 夜"),
        ("\0雨\0\n\0\n夜", "雨 | | 夜"),
        ("😀\n👨‍👩‍👧\n雨\ud800\n夜", "😀 | 👨‍👩‍👧 | 雨 � | 夜"),  # no unit but the character
    ],
)
def test_line_breaks_stand_between_the_words(text, expected, forms):
    found = all_surfaces(text, line_breaks=True, forms=forms)
    assert (
        " ".join(found).replace("\n", "|").replace("👨 \u200d 👩 \u200d 👧", "👨‍👩‍👧") == expected
    )


@pytest.mark.parametrize("blank", ["\u3000\n", "\n\u3000", "\u3000\n\u3000", " \u3000 \n "])
def test_blank_that_mecab_ties_to_a_symbol_moves_no_line_break(blank):
    text = f"￤\u3000￤{blank}雨✨{blank}夜￤{blank}海"
    found = all_surfaces(text, line_breaks=True)
    assert found[0].startswith("￤\u3000￤")  # one word
    kept = [word.rstrip("\u3000") for word in found[1:]]
    assert kept == ["\n", "雨", "✨", "\n", "夜", "￤", "\n", "海"]


def test_line_breaks_stay_where_words_around_are_dropped():
    text = "、\n雨が\n、\n降る\nね"
    assert words(text, line_breaks=True) == ["\n", "雨", "\n", "\n", "降る", "\n"]
    stop = {"雨", "降る"}
    assert words(text, line_breaks=True, stop_words=stop) == ["\n"] * 4
    assert words(text, line_breaks=True, stop_words={*stop, "\n"}) == []
    assert words(text, line_breaks=True, pos=[]) == ["\n"] * 4


def test_line_break_among_tokens_is_one_token_without_forms():
    found = words("雨\n夜\n\n海", line_breaks=True, forms=True)
    breaks = [word for word in found if word == "\n"]
    assert {(type(word), word.forms) for word in breaks} == {(Token, ())}
    assert len(breaks) == 3
    assert len(set(map(id, breaks))) == 1


HARD_TEXTS = ["", " ", "\n", "すごい😀\n次\u3000\n※雨￤\u3000￤\n", "-‐-\nx--y ｽﾎﾟｰﾂ\ud800\n㎡"]


def without_breaks(found):
    return [[word for word in doc if word != "\n"] for doc in found]


def analysed(found):
    return [[(word, getattr(word, "forms", None)) for word in doc] for doc in found]


@pytest.mark.parametrize("forms", [False, True])
@pytest.mark.parametrize("pos", [None, "content", ["助詞", ("名詞", "数詞")]])
@pytest.mark.parametrize("form", FORMS)
def test_line_breaks_change_no_word(lyrics, form, pos, forms):
    texts = [*lyrics.data, *HARD_TEXTS]
    plain = JapaneseTokenizer(form=form, pos=pos, stop_words={"の", "雨", "聴く"}, forms=forms)
    found = clone(plain).set_params(line_breaks=True).transform(texts)
    assert analysed(without_breaks(found)) == analysed(plain.transform(texts))
    for text, doc in zip(texts, found, strict=True):
        assert doc.count("\n") == text.strip().count("\n")
    assert {type(word) for doc in found for word in doc} == {Token if forms else str}


@pytest.mark.parametrize("normalize", ["NFC", "NFKC", None])
@pytest.mark.parametrize("forms", [False, True])
def test_surfaces_and_line_breaks_of_lyrics_make_up_the_text(lyrics, forms, normalize):
    texts = [*lyrics.data, *HARD_TEXTS]
    tokenizer = JapaneseTokenizer("surface", pos=None, forms=forms, normalize=normalize)
    found = tokenizer.set_params(line_breaks=True).transform(texts)
    assert list(map(without_other_blanks, map("".join, found))) == [
        without_other_blanks(_mecab.clean(text, normalize).strip()) for text in texts
    ]


def without_other_blanks(text):
    return re.sub(r"[^\S\n]", "", text)


@given(
    st.text(
        st.sampled_from(
            "\n\n\n\r\u3000 \t\0\x85\u2028ああいをのん雨漢夜降聴京アーｶﾞxab1-。、※✨😀￤\u200b"
        ),
        max_size=60,
    ),
    st.sampled_from([None, "content", ["補助記号", "名詞"]]),
    st.sampled_from(FORMS),
    st.booleans(),
)
@settings(few_examples, max_examples=200)
@example("￤\u3000\n￤雨\n\u3000雨", None, "surface", False)
def test_line_breaks_in_any_mixture(text, pos, form, forms):
    plain = JapaneseTokenizer(form=form, pos=pos, forms=forms)
    found = clone(plain).set_params(line_breaks=True).transform([text])
    assert analysed(without_breaks(found)) == analysed(plain.transform([text]))
    whole = all_surfaces(text, forms=forms, line_breaks=True)
    cleaned = _mecab.clean(text, "NFC").strip()
    assert without_other_blanks("".join(whole)) == without_other_blanks(cleaned)


@pytest.mark.parametrize("pos", [None, "content"])
@pytest.mark.parametrize("form", FORMS)
def test_line_breaks_of_long_documents(lyrics_text, form, pos):
    text = lyrics_text * 2
    assert len(text) > _mecab.MAX_WHOLE
    plain = words(text, form=form, pos=pos)
    for forms in (False, True):
        found = words(text, form=form, pos=pos, forms=forms, line_breaks=True)
        assert without_breaks([found]) == [plain]
        assert found.count("\n") == text.strip().count("\n") > 2_000
    whole = "".join(all_surfaces(text, line_breaks=True))
    assert without_other_blanks(whole) == without_other_blanks(text.strip())


def test_line_breaks_by_the_hundred_thousand():
    found = all_surfaces("雨\n" * 300_000, line_breaks=True)
    assert found == (["雨", "\n"] * 300_000)[:-1]


def test_two_processes_give_the_line_breaks_of_one(lyrics):
    lines = [line for text in lyrics.data for line in text.split("\n")]
    texts = ["\n".join(lines[at : at + 4]) for at in range(1_150)]
    for forms in (False, True):
        serial = JapaneseTokenizer("surface", pos=None, forms=forms, line_breaks=True)
        found = clone(serial).set_params(n_jobs=2).transform(texts)
        assert analysed(found) == analysed(serial.transform(texts))
        breaks = [word for doc in found for word in doc if word == "\n"]
        assert len(breaks) > 1_150
        assert len(set(map(id, breaks))) == 1


@pytest.mark.parametrize(
    ("surfaces", "expected"),
    [
        (["あ", "い", "う"], "あ | い う"),
        (["あ", "う"], "あ | う"),  # a dictionary that drops い
        (["い", "う"], "| い う"),
        (["あ"], "あ |"),
        (["あ", "x", "う"], "あ | x う"),
        (["あい", "う"], "あい | う"),  # a word over the end of a line
        ([], "|"),
    ],
)
def test_surfaces_that_do_not_make_up_the_text_raise_nothing(surfaces, expected):
    lines = "\n".join([*surfaces, "EOS"])
    found = break_lines(surfaces, lines, "あ\nい う")
    assert " ".join(found).replace("\n", "|") == expected


def test_words_of_a_user_dictionary_with_blanks_move_no_line_break():
    words = ["夏", "New York", "", "の", "\u3000x\u3000"]
    lines = "\n".join([*words[:2], "\u3000", *words[3:], "EOS"])
    found = break_lines(words, lines, "夏\nNew York\u3000\n\u3000の\n\u3000x\u3000")
    assert found == ["夏", "\n", "New York", "\n", "の", "\n", "\u3000x\u3000"]


@pytest.mark.parametrize("forms", [False, True])
def test_line_break_has_a_row_of_its_own_after_the_vectors(forms):
    tokenizer = JapaneseTokenizer(line_breaks=True, forms=forms)
    documents = tokenizer.transform(["雨と\n\n風", "海と\n雨"])
    vectors = WordVectors(["雨", "風", "海"], np.eye(3))
    indexer = W2VIndexer(vectors, random_state=0).fit(documents)
    assert indexer.transform(documents).tolist() == [[2, 5, 5, 3], [4, 5, 2, 0]]
    assert indexer.vectors_.words == ["雨", "風", "海", "\n"]
    again = pickle.loads(pickle.dumps(indexer))
    assert again.vectors_.words == ["雨", "風", "海", "\n"]
    assert again.transform([["\n", "雪"]]).tolist()[0][:2] == [5, 1]


def test_line_breaks_are_learnt_as_words():
    documents = JapaneseTokenizer(line_breaks=True).transform(["雨\n風", "海\n雨"] * 5)
    vectors = Word2VecTrainer(vector_size=2, random_state=0).fit(documents).vectors_
    assert set(vectors.words) == {"雨", "風", "海", "\n"}


# normalization and hard characters


@pytest.mark.parametrize(
    ("normalize", "text", "expected"),
    [
        ("NFC", "20㎡①ＡＢＣ", ["20", "㎡", "①", "ＡＢＣ"]),
        ("NFKC", "20㎡①ＡＢＣ", ["20", "m", "21", "ABC"]),
        (None, "20㎡①ＡＢＣ", ["20", "㎡", "①", "ＡＢＣ"]),
        ("NFC", "ｽﾎﾟｰﾂのﾊﾞﾝﾄﾞ｡", ["スポーツ", "の", "バンド", "。"]),
        ("NFKC", "ｽﾎﾟｰﾂのﾊﾞﾝﾄﾞ｡", ["スポーツ", "の", "バンド", "。"]),
        (None, "ｽﾎﾟｰﾂのﾊﾞﾝﾄﾞ", ["ｽﾎﾟｰﾂ", "の", "ﾊﾞﾝﾄﾞ"]),
        ("NFC", "カﾞラスの雨", ["ガラス", "の", "雨"]),  # half-width mark, full-width kana
    ],
)
def test_normalize(normalize, text, expected):
    assert all_surfaces(text, normalize=normalize) == expected


@pytest.mark.parametrize("normalize", ["NFC", "NFKC"])
def test_decomposed_kana_are_composed(lyrics, normalize):
    texts = lyrics.data[:20]
    decomposed = [unicodedata.normalize("NFD", text) for text in texts]
    tokenizer = JapaneseTokenizer(normalize=normalize, pos=None)
    assert tokenizer.transform(decomposed) == tokenizer.transform(texts)
    assert tokenizer.set_params(normalize=None).transform(decomposed) != tokenizer.transform(texts)


@pytest.mark.parametrize("form", FORMS)
def test_words_after_a_nul_are_kept(form):
    expected = words("雨が\n光る夜", form=form)
    assert expected[-1] == "夜"
    assert words("雨が\0光る夜", form=form) == expected
    assert words("\0雨が\0\0光る夜\0", form=form) == expected


@pytest.mark.parametrize("normalize", ["NFC", "NFKC", None])
@pytest.mark.parametrize("form", FORMS)
def test_lone_surrogates_become_replacement_characters(form, normalize):
    for lone in ("\ud800", "\udfff", "\udc80"):
        for text in (
            f"雨{lone}が降る",
            f"雨が降る{lone}",
            lone,
            f"{lone}{lone}雨",
            f"\udc00{lone}a",
        ):
            found = words(text, form=form, pos=None, normalize=normalize)
            assert "�" in "".join(found)
            assert not re.search("[\ud800-\udfff]", "".join(found))
            assert ("雨" in found) == ("雨" in text)


def test_surrogate_pair_is_one_character():
    assert all_surfaces("雨\ud83d\ude00が") == ["雨", "😀", "が"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("emoji", ["😀", "👨‍👩‍👧", "🇯🇵", "❤️", "👍🏽"])
def test_emoji_are_kept(form, emoji):
    assert "".join(words(f"雨{emoji}雨", form=form, pos=None)) == f"雨{emoji}雨"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
@few_examples
def test_surfaces_hold_every_character(text):
    assert unspaced("".join(all_surfaces(text, normalize=None))) == unspaced(text.replace("\0", ""))


@given(
    st.text(st.sampled_from("\u3000 \t\n\r\x1c\x85\u2028\xa0xあ漢ア1-。✨😀￤\u200b"), max_size=40)
)
@few_examples
@example("￤\u3000￤雨\u3000雨")  # a tied blank and a blank word: as many pieces as lines
def test_blanks_and_symbols_in_any_mixture(naive_nodes, text):
    cleaned = _mecab.clean(text, "NFC")
    for form in FORMS:
        assert words(text, form=form, pos=None) == naive_words(naive_nodes(cleaned), form, None)


ALL_OF_UNICODE = """
import sys
from hypothesis import configuration, given, settings, strategies as st
configuration.set_hypothesis_home_dir(sys.argv[1])
from sklearn_w2v import JapaneseTokenizer
from sklearn_w2v.text.mecab import clean

@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=[])), max_size=6),
    st.sampled_from(["surface", "base", "lemma"]),
    st.sampled_from(["NFC", "NFKC", None]),
)
def check(texts, form, normalize):
    tokenizer = JapaneseTokenizer(form=form, pos=None, normalize=normalize)
    found = tokenizer.transform(texts)
    assert len(found) == len(texts)
    assert all(word and not word.isspace() for doc in found for word in doc)
    JapaneseTokenizer(form=form, normalize=normalize).transform(texts)
    for text, doc in zip(texts, tokenizer.set_params(form="surface").transform(texts)):
        assert "".join("".join(doc).split()) == "".join(clean(text, normalize).split())

check()
print("survived")
"""


def test_no_text_of_all_unicode_ends_the_process(tmp_path):
    # a segmentation fault here is a failing test and not the end of all of them
    run = subprocess.run(
        [sys.executable, "-c", ALL_OF_UNICODE, str(tmp_path)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout == "survived\n"


# long documents


@pytest.fixture(scope="module")
def long_texts(lyrics_text):
    plain = re.sub(r"[\W_]", "", lyrics_text)
    texts = {
        "lines": lyrics_text * 3,
        "one line": lyrics_text.replace("\n", "") * 3,
        "no punctuation": plain * 3,
    }
    assert min(map(len, texts.values())) > 100_000
    return texts


@pytest.fixture(scope="module")
def lyrics_text():
    from sklearn_w2v.datasets import load_lyrics

    return "\n".join(load_lyrics().data)


@pytest.mark.parametrize("kind", ["lines", "one line", "no punctuation"])
def test_long_document_is_parsed_as_a_whole(long_texts, naive_nodes, kind):
    text = long_texts[kind]
    nodes = naive_nodes(text)  # MeCab's own parse of the whole text
    for form in FORMS:
        for pos in (None, "content"):
            assert words(text, form=form, pos=pos) == naive_words(nodes, form, pos)


@pytest.mark.parametrize("length", [19_999, 20_000, 20_001, 27_600, 27_601, 35_200])
def test_lengths_around_the_limits(long_texts, naive_nodes, length):
    text = long_texts["one line"][:length]
    assert all_surfaces(text) == naive_words(naive_nodes(text), "surface", None)


def test_ten_megabytes_in_one_line_keep_every_character(lyrics_text):
    line = unspaced(lyrics_text)
    text = line * (10_000_000 // len(line.encode()) + 1)
    found = all_surfaces(text)
    assert "".join(found) == text
    assert len(found) > 2_000_000


@pytest.mark.parametrize("character", ["a", "ー", "漢", "😀", "う"])
def test_run_of_one_character_class(character):
    text = "雨が" + character * 200_001 + "降った"
    found = all_surfaces(text)
    assert "".join(found) == text
    assert found[:2] == ["雨", "が"]


@pytest.mark.parametrize(
    ("blank", "size"),
    [
        *((blank, 10_000) for blank in (" ", "\u3000", "\n", "\r\n", "\0", " \u3000")),
        *((blank, 100_000) for blank in (" ", "\u3000", "\0")),
    ],
)
def test_run_of_blanks_drops_no_words(blank, size):
    text = "雨が降った" + blank * size + "夏の海" + blank * size + "終わり"
    expected = words("雨が降った\n\n夏の海\n\n終わり", pos=None)
    assert words(text, pos=None) == expected


@pytest.mark.parametrize("edge", range(7_598, 7_603))
def test_word_that_a_window_cuts_before_blanks_is_returned_once(edge):
    text = ("雨。" * 4_000)[:edge] + "うつくしい" + " " * 15_000 + "海"
    assert "".join(all_surfaces(text)) == unspaced(text)


# containers


DOCUMENTS = ["夜行列車の窓", "", "雨が光った😀", "rain ascii"]


@pytest.mark.parametrize(
    "make",
    [
        tuple,
        iter,
        np.array,
        lambda documents: np.array(documents, dtype=object),
        lambda documents: np.array(documents, dtype=np.dtypes.StringDType()),
        pd.Series,
        pd.Index,
        lambda documents: pd.Series(documents, index=[7, 7, 1, 0], dtype=object),
        lambda documents: pd.Series(documents, dtype="category"),
        pl.Series,
        lambda documents: (document for document in documents),
    ],
)
def test_any_container_of_documents_gives_the_same(make):
    expected = JapaneseTokenizer(pos=None).transform(DOCUMENTS)
    assert JapaneseTokenizer(pos=None).transform(make(DOCUMENTS)) == expected
    assert JapaneseTokenizer(pos=None).fit_transform(make(DOCUMENTS)) == expected


def test_words_are_plain_str_and_documents_stay_as_they_were():
    class Text(str):
        def __str__(self):
            return "夏"

    documents = [np.str_("雨 a"), Text("雨 a"), "雨\0a", np.str_("a"), Text("a")]
    found = JapaneseTokenizer(pos=None).transform(documents)
    assert found == [["雨", "a"]] * 3 + [["a"]] * 2
    assert {type(word) for doc in found for word in doc} == {str}
    assert documents == ["雨 a", "雨 a", "雨\0a", "a", "a"]


@pytest.mark.parametrize(
    "wrong", [None, 3, 2.5, float("nan"), b"bytes", ["雨"], pd.NA, np.nan, ("雨",), np.array("雨")]
)
def test_document_that_is_no_str_is_named_by_its_position(wrong):
    with pytest.raises(TypeError, match=r"Document 2 is of type .* but .* expected a str"):
        JapaneseTokenizer().transform(["雨", "夏", wrong, "海"])
    with pytest.raises(TypeError, match="Document 0 is of type"):
        JapaneseTokenizer().transform([wrong])


@pytest.mark.parametrize("series", [pd.Series(["雨", None]), pl.Series(["雨", None])])
def test_missing_value_in_a_series_is_named_by_its_position(series):
    with pytest.raises(TypeError, match="Document 1 is of type"):
        JapaneseTokenizer().transform(series)


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ("雨が降る", "single str"),
        (b"rain", "single bytes"),
        (np.str_("雨"), "single str_"),
        (np.array([["雨", "夏"]]), r"ndarray of shape \(1, 2\).*one dimension"),
        (np.array("雨"), r"ndarray of shape \(\).*one dimension"),
        (pd.DataFrame({"text": ["雨"], "n": 1}), r"DataFrame of shape \(1, 2\).*one dimension"),
        (pl.DataFrame({"text": ["雨"], "n": 1}), r"DataFrame of shape \(1, 2\).*one dimension"),
        (None, "Got NoneType but"),
        (5, "Got int but"),
    ],
)
def test_text_or_table_instead_of_documents_is_refused(table, match):
    with pytest.raises(TypeError, match=match):
        JapaneseTokenizer().transform(table)


# parameters and scikit-learn's conventions


@pytest.mark.parametrize(
    ("parameters", "error", "match"),
    [
        ({"form": "reading"}, ValueError, "'form' parameter"),
        ({"form": None}, ValueError, "'form' parameter"),
        ({"pos": "名詞"}, ValueError, "'pos' parameter"),
        ({"pos": [1]}, ValueError, "Got 1 in pos"),
        ({"pos": [""]}, ValueError, "Got '' in pos"),
        ({"pos": [("名詞", "普通名詞", "一般")]}, ValueError, "expected a str .pos1. or a pair"),
        ({"pos": [("名詞", None)]}, ValueError, "in pos"),
        ({"stop_words": "の"}, ValueError, "'stop_words' parameter"),
        ({"stop_words": [1]}, TypeError, "Got 1 in stop_words"),
        ({"normalize": "NFD"}, ValueError, "'normalize' parameter"),
        ({"normalize": True}, ValueError, "'normalize' parameter"),
        ({"dictionary": None}, ValueError, "'dictionary' parameter"),
        ({"user_dictionary": 1}, ValueError, "'user_dictionary' parameter"),
        ({"n_jobs": 1.5}, ValueError, "'n_jobs' parameter"),
        ({"forms": "yes"}, ValueError, "'forms' parameter"),
        ({"line_breaks": "\n"}, ValueError, "'line_breaks' parameter"),
        ({"line_breaks": None}, ValueError, "'line_breaks' parameter"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
def test_wrong_parameters_are_refused_by_each_method_and_not_before(
    parameters, error, match, method
):
    tokenizer = clone(JapaneseTokenizer(**parameters))
    with pytest.raises(error, match=match):
        getattr(tokenizer, method)(["雨"])


def test_zero_jobs_are_refused_for_few_documents_too():
    with pytest.raises(ValueError, match="n_jobs == 0"):
        JapaneseTokenizer(n_jobs=0).transform(["雨"])


@pytest.mark.parametrize(
    "check",
    [
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_estimator_tags_renamed",
        "check_valid_tag_types",
        "check_mixin_order",
        "check_do_not_raise_errors_in_init_or_set_params",
    ],
)
def test_checks_of_scikit_learn_that_need_no_data(check):
    getattr(estimator_checks, check)("JapaneseTokenizer", JapaneseTokenizer())


def test_it_is_stateless():
    tokenizer = JapaneseTokenizer()
    check_is_fitted(tokenizer)
    before = dict(vars(tokenizer))
    assert tokenizer.transform(["雨"]) == [["雨"]]
    assert tokenizer.fit(["夏"], ["y"]) is tokenizer
    assert vars(tokenizer) == before == tokenizer.get_params()


def test_tags_announce_strings_in_one_dimension():
    tags = JapaneseTokenizer().__sklearn_tags__()
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert not tags.requires_fit


def test_set_params_takes_effect_at_the_next_call():
    tokenizer = JapaneseTokenizer()
    assert tokenizer.fit_transform(["雨を聴いた"]) == [["雨", "聴く"]]
    tokenizer.set_params(form="lemma", pos=None, stop_words={"た"})
    assert tokenizer.transform(["雨を聴いた"]) == [["雨", "を", "聞く"]]
    with pytest.raises(ValueError, match="Invalid parameter 'mode'"):
        tokenizer.set_params(mode="fast")


@pytest.mark.parametrize("copy", [clone, lambda tokenizer: pickle.loads(pickle.dumps(tokenizer))])
def test_copies_have_equal_parameters_and_words(lyrics, copy):
    parameters = {
        "form": "lemma",
        "pos": ["名詞", ("助詞", "格助詞")],
        "stop_words": frozenset({"雨"}),
        "normalize": "NFKC",
        "dictionary": "unidic-lite",
        "user_dictionary": None,
        "n_jobs": 1,
        "forms": False,
        "line_breaks": True,
    }
    tokenizer = JapaneseTokenizer(**parameters).fit(lyrics.data)
    expected = tokenizer.transform(lyrics.data[:5])  # MeCab is loaded
    twin = copy(tokenizer)
    assert twin.get_params() == parameters
    assert twin.transform(lyrics.data[:5]) == expected


def test_pickle_is_small():
    tokenizer = JapaneseTokenizer().fit(["雨"])
    tokenizer.transform(["雨"])
    assert len(pickle.dumps(tokenizer)) < 1_000


def test_it_works_in_a_pipeline(lyrics):
    join = FunctionTransformer(lambda docs: [" ".join(doc) for doc in docs])
    pipeline = make_pipeline(JapaneseTokenizer(), join, CountVectorizer(token_pattern=r"\S+"))
    counts = pipeline.fit_transform(lyrics.data[:20])
    found = JapaneseTokenizer().transform(lyrics.data[:20])
    assert counts.sum() == sum(map(len, found))


# many documents, many threads, many processes


def test_equal_words_are_one_object(lyrics):
    assert_shared(JapaneseTokenizer(pos=None).transform(lyrics.data))


def assert_shared(found):
    flat = [word for doc in found for word in doc]
    assert len(set(map(id, flat))) == len(set(flat)) < len(flat) / 5


def test_threads_that_share_a_tokenizer_get_the_serial_result(lyrics):
    tokenizer = JapaneseTokenizer(form="lemma", pos=None)
    expected = tokenizer.transform(lyrics.data)
    chunks = [lyrics.data[start : start + 3] for start in range(0, len(lyrics.data), 3)] * 4
    with ThreadPoolExecutor(8) as executor:
        found = list(executor.map(tokenizer.transform, chunks))
    assert [doc for chunk in found for doc in chunk] == expected * 4


@pytest.mark.parametrize("form", ["surface", "lemma"])
def test_two_processes_give_the_result_of_one_in_order(lyrics, form):
    lines = [line for text in lyrics.data for line in text.split("\n")]
    documents = [f"{number % 100} {line}" for number, line in enumerate(lines[:1_234])]
    assert len(documents) == 1_234
    serial = JapaneseTokenizer(form=form, pos=None, stop_words=["の"])
    parallel = clone(serial).set_params(n_jobs=2)
    found = parallel.transform(iter(documents))
    assert found == serial.transform(documents)
    assert_shared(found)  # not only within a worker's batch


def test_error_comes_before_the_workers_start():
    with pytest.raises(TypeError, match="Document 1999 is of type NoneType"):
        JapaneseTokenizer(n_jobs=2).transform([*["雨"] * 1_999, None])
