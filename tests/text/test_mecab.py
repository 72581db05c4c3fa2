"""Dictionaries, taggers, cleaning and the joining of windows."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import threading
import unicodedata
from pathlib import Path

import pytest
import unidic_lite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from sklearn_w2v import JapaneseTokenizer
from sklearn_w2v.text import mecab as _mecab

LITE = Path(unidic_lite.DICDIR)
PARTS = ("sys.dic", "unk.dic", "char.bin", "matrix.bin", "dicrc")
# an invented noun, written さえずりぬく; its lemma has a gloss
NOUN = (
    "名詞,普通名詞,一般,*,*,*,サエズリヌク,サエズリ貫く-twitter,さえずりぬく,"
    "サエズリヌク,囀り貫く,サエズリヌク,混,*,*,*,*"
)
TEXT = "毎朝さえずりぬくの声"


def compile_dictionary(*arguments):
    """Run fugashi's compiler, the one that the documentation names."""
    script = Path(sysconfig.get_path("scripts")) / "fugashi-build-dict"
    run = subprocess.run([script, *map(str, arguments)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def compile_user_dictionary(path, rows, folder=LITE, options=()):
    """Compile rows of ``surface -> UniDic fields`` to a user dictionary."""
    source = path.with_suffix(".csv")
    lines = [f"{surface},0,0,-20000,{fields}\n" for surface, fields in rows.items()]
    source.write_text("".join(lines), encoding="utf-8")
    compile_dictionary("-d", folder, "-u", path, *options, source)
    return path


@pytest.fixture(scope="module")
def user_dictionary(tmp_path_factory):
    path = tmp_path_factory.mktemp("user") / "user.dic"
    return compile_user_dictionary(path, {"さえずりぬく": NOUN})


def compile_system_dictionary(folder, rows, unknown="補助記号,一般,*,*,*,*", options=()):
    """Compile a whole dictionary of a few words."""
    source = folder / "source"
    source.mkdir(parents=True)
    files = {
        "dicrc": f"bos-feature = BOS/EOS{',*' * 16}\ncost-factor = 700\nconfig-charset = utf8\n",
        "char.def": "DEFAULT 1 0 2\nSPACE 0 1 0\n0x0020 SPACE\n0x000A SPACE\n",
        "unk.def": f"DEFAULT,0,0,9000,{unknown}\nSPACE,0,0,9000,{unknown}\n",
        "matrix.def": "1 1\n0 0 0\n",
        "lex.csv": "".join(f"{surface},0,0,-20000,{fields}\n" for surface, fields in rows.items()),
        "left-id.def": "0 *\n",
        "right-id.def": "0 *\n",
        "rewrite.def": "",
        "feature.def": "",
        "pos-id.def": "",
    }
    for name, text in files.items():
        (source / name).write_text(text, encoding="utf-8")
    compile_dictionary("-d", source, "-o", folder, *options)
    shutil.copy(source / "dicrc", folder)
    return folder


@pytest.fixture(scope="module")
def tiny_dictionary(tmp_path_factory):
    return compile_system_dictionary(tmp_path_factory.mktemp("tiny") / "dic", {"さえずり": NOUN})


def link_parts(folder, *, without=()):
    folder.mkdir()
    for part in set(PARTS) - set(without):
        try:
            os.symlink(LITE / part, folder / part)
        except OSError:  # Windows asks for a right that few users have
            pytest.skip("no symbolic links here")
    return folder


def in_a_process(**parameters):
    """What the tokenizer says in a process of its own, where a crash is a failure."""
    program = (
        "import sys\nfrom sklearn_w2v import JapaneseTokenizer\n"
        "try:\n"
        "    print(JapaneseTokenizer(**eval(sys.argv[1])).fit_transform([sys.argv[2]]))\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, repr(parameters), TEXT], capture_output=True, text=True
    )
    assert run.returncode == 0, f"ended with {run.returncode}: {run.stderr[-500:]}"
    return run.stdout


# named dictionaries


def test_named_dictionary_is_a_folder_with_a_compiled_dictionary():
    assert _mecab.dictionary_folder("unidic-lite") == unidic_lite.DICDIR


@pytest.mark.parametrize(("name", "module"), [("unidic", "unidic"), ("unidic-lite", "unidic_lite")])
def test_missing_dictionary_package_is_an_error_with_the_pip_line(monkeypatch, name, module):
    monkeypatch.setitem(sys.modules, module, None)  # import raises ImportError
    with pytest.raises(ImportError, match=f"pip install {name}$"):
        JapaneseTokenizer(dictionary=name).fit(["雨"])


@pytest.fixture
def install_unidic(monkeypatch, tmp_path):
    """Put a package `unidic` with a given source on the path; None makes it a bare folder."""

    def install(source):
        (tmp_path / "unidic").mkdir()
        if source is not None:
            (tmp_path / "unidic" / "__init__.py").write_text(source)
        monkeypatch.delitem(sys.modules, "unidic", raising=False)
        monkeypatch.setattr(sys, "path", [str(tmp_path), str(LITE.parents[1])])

    yield install
    sys.modules.pop("unidic", None)


def test_package_without_its_data_is_an_error_with_the_download_line(install_unidic, tmp_path):
    install_unidic(f"DICDIR = {str(tmp_path / 'nothing')!r}")
    with pytest.raises(ImportError, match="pip install unidic && python -m unidic download"):
        JapaneseTokenizer(dictionary="unidic").fit(["雨"])


def test_installed_unidic_is_used(install_unidic, tiny_dictionary):
    install_unidic(f"DICDIR = {str(tiny_dictionary)!r}")
    found = JapaneseTokenizer(dictionary="unidic").fit_transform(["さえずり"])
    assert found == [["囀り貫く"]]
    assert JapaneseTokenizer().fit_transform(["さえずり"]) == [["さえずり"]]


def test_folder_that_has_the_name_of_the_package_is_not_taken_for_it(install_unidic):
    install_unidic(None)  # Python imports a bare folder, too
    with pytest.raises(ImportError, match=r"pip install unidic$"):
        JapaneseTokenizer(dictionary="unidic").fit(["雨"])


# dictionaries by path


@pytest.mark.parametrize("kind", [str, Path])
def test_dictionary_by_path_is_that_by_name(lyrics, kind):
    by_path = JapaneseTokenizer(dictionary=kind(LITE)).fit_transform(lyrics.data[:10])
    assert by_path == JapaneseTokenizer().fit_transform(lyrics.data[:10])


@pytest.mark.parametrize(
    "name", ["with space", "漢字'\"", "comma,comma", "percent%d", "back\\slash"]
)
def test_path_may_hold_any_character(tmp_path, user_dictionary, name):
    folder = link_parts(tmp_path / name)
    user = shutil.copy(user_dictionary, folder / f"{name}.dic")
    found = JapaneseTokenizer(dictionary=folder, user_dictionary=user).fit_transform([TEXT])
    assert found == [["毎朝", "囀り貫く", "声"]]


@pytest.mark.parametrize("path", ["", "missing", "."])
def test_folder_without_a_dictionary_is_refused(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"expected 'unidic-lite', 'unidic' or a folder"):
        JapaneseTokenizer(dictionary=path).fit(["雨"])


@pytest.mark.parametrize("part", [part for part in PARTS if part != "sys.dic"])
@pytest.mark.parametrize("content", [None, b"", b"no dictionary" * 99])
def test_folder_with_a_missing_or_broken_part_is_refused(tmp_path, part, content):
    folder = link_parts(tmp_path / "dic", without=[part])
    if content is not None:
        (folder / part).write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(str(folder))):
        JapaneseTokenizer(dictionary=folder).fit_transform(["雨"])


@pytest.mark.parametrize("content", [b"", b"x", bytes(72), b"no dictionary" * 99])
def test_folder_with_a_broken_lexicon_is_refused(tmp_path, content):
    folder = link_parts(tmp_path / "dic", without=["sys.dic"])
    (folder / "sys.dic").write_bytes(content)
    with pytest.raises(ValueError, match="is not a compiled MeCab dictionary"):
        JapaneseTokenizer(dictionary=folder).fit(["雨"])


def test_small_dictionary_of_the_users_own(tiny_dictionary):
    text = "さえずりwx 雨さえずり"
    for form, word in {"surface": "さえずり", "base": "囀り貫く", "lemma": "サエズリ貫く"}.items():
        tokenizer = JapaneseTokenizer(form=form, dictionary=tiny_dictionary, pos=None)
        assert tokenizer.fit_transform([text]) == [[word, "wx", "雨", word]]
        assert tokenizer.set_params(pos="content").transform([text]) == [[word, word]]
        # it does not know the ideographic space
        assert tokenizer.set_params(pos=None).transform(["\u3000\u3000"]) == [[]]


def test_system_dictionary_with_few_fields_is_an_error_and_no_crash(tmp_path):
    folder = compile_system_dictionary(tmp_path / "dic", {"雨": "名詞,普通名詞,一般,*,*,*,雨"})
    assert "ValueError" in in_a_process(dictionary=str(folder))
    with pytest.raises(ValueError, match=r"an entry has 7 fields .* but at least 11 are needed"):
        JapaneseTokenizer(dictionary=folder).fit(["雨"])


def test_unknown_words_with_one_field_are_an_error_and_no_crash(tmp_path):
    folder = compile_system_dictionary(tmp_path / "dic", {"雨": NOUN}, unknown="未知語")
    assert "ValueError" in in_a_process(dictionary=str(folder))
    with pytest.raises(ValueError, match=r"unk\.dic.* an entry has 1 fields .*at least 2"):
        JapaneseTokenizer(dictionary=folder).fit(["雨"])


def test_dictionary_in_another_encoding_is_refused(tmp_path):
    folder = compile_system_dictionary(tmp_path / "dic", {"雨": NOUN}, options=["-t", "euc-jp"])
    with pytest.raises(ValueError, match="is in 'euc-jp' but expected UTF-8"):
        JapaneseTokenizer(dictionary=folder).fit(["雨"])


# user dictionaries


@pytest.mark.parametrize(
    ("form", "word"), [("surface", "さえずりぬく"), ("base", "囀り貫く"), ("lemma", "サエズリ貫く")]
)
@pytest.mark.parametrize("kind", [str, Path])
def test_invented_word_becomes_one_token(user_dictionary, form, word, kind):
    tokenizer = JapaneseTokenizer(form=form, user_dictionary=kind(user_dictionary))
    assert tokenizer.fit_transform([TEXT]) == [["毎朝", word, "声"]]
    assert word not in JapaneseTokenizer(form=form).fit_transform([TEXT])[0]


def test_words_of_the_user_may_hold_blanks_commas_and_empty_fields(tmp_path):
    def fields(lemma, base):
        return f"名詞,普通名詞,一般,*,*,*,カナ,{lemma},表記,カナ,{base},カナ,固,*,*,*,*"

    rows = {
        "New Yorker": fields("New Yorker", "New Yorker"),
        "砂　丘": fields("砂　丘", "砂　丘"),
        "点々": fields('"点,""々"""', '"点,""々"""'),
        "無-記": fields("", ""),
    }
    user = compile_user_dictionary(tmp_path / "user.dic", rows)
    text = "New Yorker　砂　丘　点々　無-記　✨"
    for pos, rest in {"content": [], None: ["✨"]}.items():
        tokenizer = JapaneseTokenizer("surface", pos, user_dictionary=user)
        words = ["New Yorker", "砂　丘", "点々", "無-記"]
        assert tokenizer.fit_transform([text]) == [words + rest]
        words[2] = '点,"々"'
        for form in ("base", "lemma"):
            tokenizer.set_params(form=form)
            assert tokenizer.transform([text]) == [words + rest]


def test_user_dictionary_reaches_long_documents_and_workers(user_dictionary):
    tokenizer = JapaneseTokenizer(user_dictionary=user_dictionary)
    [found] = tokenizer.fit_transform([(TEXT + "。") * 3_000])
    assert found == ["毎朝", "囀り貫く", "声"] * 3_000
    tokenizer.set_params(n_jobs=2)
    assert tokenizer.transform([TEXT] * 1_200) == [["毎朝", "囀り貫く", "声"]] * 1_200


def test_tokenizers_with_different_dictionaries_do_not_mix_up(user_dictionary, tiny_dictionary):
    plain = JapaneseTokenizer(pos=None)
    user = JapaneseTokenizer(pos=None, user_dictionary=user_dictionary)
    tiny = JapaneseTokenizer(pos=None, dictionary=tiny_dictionary)
    expected = [tokenizer.fit_transform([TEXT]) for tokenizer in (plain, user, tiny)]
    assert expected[1] == [["毎朝", "囀り貫く", "の", "声"]]
    assert expected[2] == [["毎朝", "囀り貫く", "ぬく", "の声"]]
    assert expected[0] not in expected[1:]
    for _ in range(2):
        assert [tokenizer.transform([TEXT]) for tokenizer in (plain, user, tiny)] == expected


def test_replaced_user_dictionary_is_noticed(tmp_path, user_dictionary):
    path = shutil.copy(user_dictionary, tmp_path / "user.dic")
    tokenizer = JapaneseTokenizer(user_dictionary=path)
    assert tokenizer.fit_transform([TEXT]) == [["毎朝", "囀り貫く", "声"]]
    other = compile_user_dictionary(
        tmp_path / "other.dic", {"さえずりぬく": NOUN.replace("囀り貫く", "鳴く")}
    )
    os.utime(other, ns=(0, os.stat(path).st_mtime_ns + 1))
    former = path.read_bytes()
    os.replace(other, path)
    with pytest.raises(ValueError, match=r"user_dictionary '.*user.dic' has changed: its finger"):
        tokenizer.transform([TEXT])
    assert clone(tokenizer).transform([TEXT]) == [["毎朝", "鳴く", "声"]]  # not fitted
    assert clone(tokenizer).fit_transform([TEXT]) == [["毎朝", "鳴く", "声"]]
    path.write_bytes(former)
    assert tokenizer.transform([TEXT]) == [["毎朝", "囀り貫く", "声"]]
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"fitted with the user_dictionary '.*user.dic'"):
        tokenizer.transform([TEXT])
    with pytest.raises(ValueError, match="is not a file"):
        tokenizer.fit([TEXT])
    assert tokenizer.set_params(user_dictionary=None).transform([TEXT]) != [[]]


def test_user_dictionary_of_the_same_size_and_time_is_noticed(tmp_path, user_dictionary):
    path = shutil.copy(user_dictionary, tmp_path / "user.dic")
    other = compile_user_dictionary(
        tmp_path / "other.dic", {"さえずりぬく": NOUN.replace("囀り貫く", "鳴き貫く")}
    )
    assert os.path.getsize(other) == os.path.getsize(path)
    plain = JapaneseTokenizer(user_dictionary=path)
    fitted = clone(plain).fit([TEXT])
    assert plain.transform([TEXT]) == [["毎朝", "囀り貫く", "声"]]
    stamp = os.stat(path).st_mtime_ns
    os.utime(other, ns=(stamp, stamp))
    os.replace(other, path)
    assert plain.transform([TEXT]) == [["毎朝", "鳴き貫く", "声"]]
    with pytest.raises(ValueError, match="has changed"):
        fitted.transform([TEXT])


def test_a_fitted_tokenizer_finds_its_dictionary_from_any_folder(
    tmp_path, monkeypatch, user_dictionary, tiny_dictionary
):
    shutil.copy(user_dictionary, tmp_path / "user.dic")
    shutil.copytree(tiny_dictionary, tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    fitted = [
        JapaneseTokenizer(user_dictionary="user.dic").fit([TEXT]),
        JapaneseTokenizer(pos=None, dictionary="tiny").fit([TEXT]),
    ]
    expected = [one.transform([TEXT]) for one in fitted]
    monkeypatch.chdir("/")
    for one, tokens in zip(fitted, expected, strict=True):
        assert one.transform([TEXT]) == pickle.loads(pickle.dumps(one)).transform([TEXT]) == tokens
    shutil.copy(os.path.join(LITE, "char.bin"), tmp_path / "tiny" / "char.bin")
    with open(tmp_path / "tiny" / "char.bin", "ab") as file:
        file.write(b" ")
    with pytest.raises(ValueError, match=r"The dictionary '.*tiny' has changed"):
        fitted[1].transform([TEXT])


def test_replaced_user_dictionary_is_checked_again(tmp_path, user_dictionary):
    path = shutil.copy(user_dictionary, tmp_path / "user.dic")
    tokenizer = JapaneseTokenizer(user_dictionary=path).fit(["雨"])
    broken = tmp_path / "broken.dic"
    broken.write_bytes(b"no dictionary" * 99)
    os.replace(broken, path)
    with pytest.raises(ValueError, match="is not a compiled MeCab dictionary"):
        clone(tokenizer).transform(["雨"])


def test_relative_paths_follow_the_working_directory(tmp_path, monkeypatch, user_dictionary):
    other = compile_user_dictionary(
        tmp_path / "other.dic", {"さえずりぬく": NOUN.replace("囀り貫く", "鳴く")}
    )
    stamp = os.stat(user_dictionary).st_mtime_ns
    for name, source in {"one": user_dictionary, "two": other}.items():
        (tmp_path / name).mkdir()
        os.utime(shutil.copy(source, tmp_path / name / "user.dic"), ns=(stamp, stamp))
    tokenizer = JapaneseTokenizer(user_dictionary="user.dic")
    monkeypatch.chdir(tmp_path / "one")
    assert tokenizer.fit_transform([TEXT]) == [["毎朝", "囀り貫く", "声"]]
    monkeypatch.chdir(tmp_path / "two")
    assert tokenizer.fit_transform([TEXT]) == [["毎朝", "鳴く", "声"]]


@pytest.mark.parametrize(
    "fields",
    [
        "名詞,普通名詞,一般,*,*",
        '名詞,普通名詞,"a,b,c,d,e,f,g,h,i",*,*',  # five, not thirteen
        "名詞,普通名詞,一般,*,*,*,カナ,語,語,カナ",
    ],
)
def test_user_dictionary_with_few_fields_is_an_error_and_no_crash(tmp_path, fields):
    rows = {"雨": NOUN, "さえずりぬく": fields}
    path = compile_user_dictionary(tmp_path / "user.dic", rows)
    assert "ValueError" in in_a_process(user_dictionary=str(path))
    with pytest.raises(ValueError, match=r"an entry has (5|10) fields .* but at least 11"):
        JapaneseTokenizer(user_dictionary=path).fit(["雨"])


@pytest.mark.parametrize("damage", ["empty", "text", "header only", "cut off", "longer"])
def test_damaged_user_dictionary_is_refused(tmp_path, user_dictionary, damage):
    whole = user_dictionary.read_bytes()
    content = {
        "empty": b"",
        "text": "雨,0,0,0,名詞\n".encode() * 50,
        "header only": whole[:72],
        "cut off": whole[:-1],
        "longer": whole + b"\0",
    }[damage]
    path = tmp_path / "user.dic"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"user_dictionary .* is not a compiled MeCab dictionary"):
        JapaneseTokenizer(user_dictionary=path).fit(["雨"])


@pytest.mark.parametrize("field", range(1, 10))
@pytest.mark.parametrize("value", [0, 0x7FFFFFFF])
def test_damaged_header_of_a_user_dictionary_never_crashes(tmp_path, user_dictionary, field, value):
    content = bytearray(user_dictionary.read_bytes())
    changed = struct.unpack_from("<I", content, 4 * field)[0] != value
    struct.pack_into("<I", content, 4 * field, value)
    path = tmp_path / "user.dic"
    path.write_bytes(content)
    tokenizer = JapaneseTokenizer(user_dictionary=path)
    if changed and field not in (3, 9):  # number of words, reserved: MeCab does not use them
        with pytest.raises(ValueError, match=re.escape(str(path))):
            tokenizer.fit_transform([TEXT])
    else:
        assert tokenizer.fit_transform([TEXT]) == [["毎朝", "囀り貫く", "声"]]


@pytest.mark.parametrize("name", ["", ".", "missing.dic"])
def test_missing_user_dictionary_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"user_dictionary .* is not a file"):
        JapaneseTokenizer(user_dictionary=name).fit(["雨"])


def test_files_that_do_not_fit_together_are_refused(tmp_path, user_dictionary, tiny_dictionary):
    of_tiny = compile_user_dictionary(tmp_path / "u.dic", {"雨": NOUN}, tiny_dictionary / "source")
    for dictionary, user, reason in [
        ("unidic-lite", LITE / "sys.dic", "not a user dictionary"),
        ("unidic-lite", of_tiny, "incompatible dictionary"),
        (tiny_dictionary, user_dictionary, "incompatible dictionary"),
    ]:
        tokenizer = JapaneseTokenizer(dictionary=dictionary, user_dictionary=user)
        with pytest.raises(ValueError, match=f"can load together: .*{reason}"):
            tokenizer.fit_transform(["雨"])


# taggers


def test_tagger_is_made_once_for_each_thread_and_format():
    def get(node="%m\\n"):
        return _mecab.get_tagger(unidic_lite.DICDIR, None, node, "%m\\n")

    assert get() is get()
    assert get() is not get("%m %m\\n")
    others = []
    thread = threading.Thread(target=lambda: others.extend([get(), get()]))
    thread.start()
    thread.join()
    assert others[0] is others[1]
    assert others[0] is not get()


def test_taggers_do_not_pile_up():
    for number in range(70):
        _mecab.get_tagger(unidic_lite.DICDIR, None, f"{number} %m\\n", "%m\\n")
    assert 0 < len(_mecab._local.taggers) <= 32


def test_search_over_dictionaries_outlives_the_cache(user_dictionary):
    tokenizer = JapaneseTokenizer(user_dictionary=user_dictionary)
    lattice = _mecab.Lattice(unidic_lite.DICDIR, str(user_dictionary), "%m", "%m")
    for number in range(40):
        _mecab.get_tagger(unidic_lite.DICDIR, None, f"{number}! %m\\n", "%m\\n")
    assert lattice.parse("さえずりぬく") == "さえずりぬく\nEOS"
    assert tokenizer.transform([TEXT]) == [["毎朝", "囀り貫く", "声"]]


# cleaning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain ascii\n\t", "plain ascii\n\t"),
        ("a\0b", "a b"),
        ("a\r\nb\x0b\x0c\x1c\x1f", "a \nb    "),
        ("雨\x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f海", "雨" + " " * 9 + "海"),
        ("雨\u3000海\u200b", "雨\u3000海\u200b"),  # known to UniDic; no white space
        ("\ud800", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\udc00\ud800a", "\ufffd\ufffda"),
        ("\ufeff\ud800雨", "\ufeff\ufffd雨"),  # no byte order mark gets lost
        ("ﾊﾞｶﾞ｡ｰ", "バガ。ー"),
        (unicodedata.normalize("NFD", "ガ"), "ガ"),
        ("①㎡ＡＢ", "①㎡ＡＢ"),
    ],
)
def test_clean(text, expected):
    assert _mecab.clean(text, "NFC") == expected


def test_clean_without_normalization_only_removes_what_mecab_cannot_take():
    text = "ﾊﾞ" + unicodedata.normalize("NFD", "ガ") + "①\0\ud800"
    assert _mecab.clean(text, None) == text[:-2] + " \ufffd"


@given(st.text(st.characters(exclude_categories=[])), st.sampled_from(["NFC", "NFKC", None]))
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_clean_is_idempotent_and_leaves_what_mecab_can_take(text, normalize):
    cleaned = _mecab.clean(text, normalize)
    assert type(cleaned) is str
    assert _mecab.clean(cleaned, normalize) == cleaned
    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert set(filter(str.isspace, cleaned)) <= set(" \t\n\u3000")


# windows


@pytest.fixture
def lattice():
    return _mecab.Lattice(unidic_lite.DICDIR, None, r"%m\t%f[0]", r"%m\t?")


def test_output_ends_with_a_named_line(lattice):
    assert lattice.parse("雨qwzx ") == "雨\t名詞\nqwzx\t?\nEOS"
    assert lattice.parse("EOS") == "EOS\t?\nEOS"
    assert lattice.parse(" \n ") == "EOS"


def test_windows_give_the_lines_of_the_whole(lattice, lyrics, monkeypatch):
    text = "\n\n".join(lyrics.data)
    parts = lattice.parse(text)
    assert len(text) > _mecab.MAX_WHOLE
    monkeypatch.setattr(_mecab, "MAX_WHOLE", len(text))
    assert lattice.parse(text) == parts


# overlaps longer than MeCab's longest unknown word
@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(_mecab, "MAX_WHOLE", 100)
    monkeypatch.setattr(_mecab, "WINDOW", 90)
    monkeypatch.setattr(_mecab, "OVERLAP", 40)


@given(
    st.lists(
        st.tuples(
            # windows that begin within a run of うう, うう, ... can lack a common word
            st.sampled_from(["雨", "雨が降った。", *"xéう✨😀ア \u3000\n"]),
            st.integers(1, 120),
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_window_loses_or_doubles_a_character(small_windows, runs):
    text = "".join(part * times for part, times in runs)
    [found] = JapaneseTokenizer("surface", None).transform([text])
    assert "".join(found) == "".join(text.split())


def test_windows_of_natural_text_agree_with_the_whole(small_windows, lattice, lyrics, monkeypatch):
    texts = ["".join(text.split()) for text in lyrics.data]
    texts = [text for text in texts if len(text) > _mecab.MAX_WHOLE]
    parts = [lattice.parse(text) for text in texts]
    monkeypatch.setattr(_mecab, "MAX_WHOLE", 10_000)
    same = [lattice.parse(text) == part for text, part in zip(texts, parts, strict=True)]
    assert len(texts) > 150
    assert sum(same) > 0.98 * len(texts)  # with an overlap of forty characters only


def test_positions_count_bytes_from_the_offset():
    lines = "0 3\t雨\n4 10\t海辺\nEOS"
    assert _mecab._positions(lines, 100) == [(100, 103, "雨"), (104, 110, "海辺")]
    assert _mecab._positions("EOS", 100) == []


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # at the common word nearest to the middle of the overlap: far from both ends
        (
            [(0, 3, "a"), (3, 6, "b"), (6, 9, "x"), (9, 12, "c"), (12, 15, "cut")],
            [(3, 6, "b"), (6, 9, "y"), (9, 12, "c"), (12, 18, "whole")],
            [(0, 3, "a"), (3, 6, "b"), (6, 9, "x"), (9, 12, "c"), (12, 18, "whole")],
        ),
        # the same place with another reading is no common word
        ([(0, 3, "a"), (3, 6, "b")], [(3, 6, "x"), (6, 9, "c")], None),
        # a blank overlap has nothing to agree on
        ([(0, 3, "a")], [(6, 9, "c")], [(0, 3, "a"), (6, 9, "c")]),
        ([], [(3, 6, "b")], [(3, 6, "b")]),
        # the end of a word that begins before the overlap, which is blank behind it
        ([(0, 6, "ab")], [(3, 6, "b"), (9, 12, "c")], [(0, 6, "ab"), (9, 12, "c")]),
        ([(0, 6, "ab")], [(3, 6, "b"), (6, 9, "c")], [(0, 6, "ab"), (6, 9, "c")]),
    ],
)
def test_join(left, right, expected):
    assert _mecab._join(left, right, 3) == expected
