"""The catalogue holds what the code says, and the language is the one that was asked for."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import string
import threading
from pathlib import Path

import pytest

import sklearn_w2v
from sklearn_w2v import TransferProbe
from sklearn_w2v.utils import language as room
from sklearn_w2v.utils.language import in_language, language, language_of_locale, translate

PACKAGE = Path(sklearn_w2v.__file__).parent
CATALOGUE = PACKAGE / "utils" / "messages" / "ja.json"


def messages_of_code():
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "translate",
                "message",
            ):
                first = node.args[0]
                if isinstance(first, ast.Name) and first.id == "english":
                    continue  # what passes a message on
                assert isinstance(first, ast.Constant), f"{file}:{node.lineno} is not a literal"
                found.add(first.value)
    return found


def messages_of_templates():
    jinja2 = pytest.importorskip("jinja2")
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])
    found = set()
    for file in (PACKAGE / "inspection" / "report" / "template").iterdir():
        if file.suffix in (".html", ".js"):
            text = file.read_text(encoding="utf-8")
            for _, _, args in environment.extract_translations(text):
                found.add(args if isinstance(args, str) else args[0])
    return found


@pytest.fixture(scope="module")
def catalogue():
    def once(pairs):
        assert len(dict(pairs)) == len(pairs), "a message stands twice in the catalogue"
        return dict(pairs)

    return json.loads(CATALOGUE.read_text(encoding="utf-8"), object_pairs_hook=once)


def test_the_catalogue_holds_every_message_and_no_other(catalogue):
    wanted = messages_of_code() | messages_of_templates()
    assert len(wanted) > 150
    assert wanted - set(catalogue) == set(), "not translated"
    assert set(catalogue) - wanted == set(), "not used any more"


def fields(text):
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


def test_fields_and_markup_are_the_same_in_both_languages(catalogue):
    for english, japanese in catalogue.items():
        assert fields(english) == fields(japanese), english
        tags = (sorted(re.findall(r"<[^>]*>|\[[^]]*\]", text)) for text in (english, japanese))
        assert len(set(map(tuple, tags))) == 1, english


def test_japanese_is_written_in_one_way(catalogue):
    for english, japanese in catalogue.items():
        words = re.sub(r"\{[^}]*\}", "x", re.sub(r"<[^>]*>|\[[^]]*\]", "", japanese))
        assert re.search("[\u3041-\u30ff\u4e00-\u9fff]", words) or english == "{share} %"
        assert not re.search("[\uff05\uff08\uff09\uff10-\uff1a\uff21-\uff5a]", words), (
            f"full width: {japanese}"
        )
        assert not re.search(r"\s[、。)」]|[「(、。]\s", words), f"blank: {japanese}"
        if re.search(r"\w{3}\.$", english) and "{consequence}" not in english:
            assert japanese.endswith(("。", "。</span>")), japanese


def test_english_needs_no_catalogue(monkeypatch):
    monkeypatch.setattr(room, "_catalogue", lambda name: pytest.fail("it was read"))
    assert translate("{number:,} documents", number=1234) == "1,234 documents"


def test_what_is_filled_in_is_never_translated_and_braces_in_it_mean_nothing():
    with in_language("ja"):
        assert translate("Document {name}", name="accuracy {x} {0}") == "文書 accuracy {x} {0}"


def test_languages_come_and_go(monkeypatch):
    monkeypatch.delenv("SKLEARN_W2V_LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert language() == "en"  # the library does not look at the locale
    with in_language("ja") as chosen:
        assert chosen == language() == "ja"
        with in_language(None) as chosen:
            assert chosen == "ja"
        with contextlib.suppress(ZeroDivisionError), in_language("en"):
            assert language() == "en"
            raise ZeroDivisionError
        assert language() == "ja"
        seen = []
        thread = threading.Thread(target=lambda: seen.append(language()))
        thread.start()
        thread.join()
        assert seen == ["en"]  # a report of one thread changes nothing in another
    assert language() == "en"
    with pytest.raises(ValueError, match="Got language='fr' but expected one of 'en', 'ja'"):
        in_language("fr").__enter__()


@pytest.mark.parametrize(
    ("value", "expected"), [("ja", "ja"), ("en", "en"), ("fr", "en"), ("", "en")]
)
def test_the_environment_names_a_language_and_an_unknown_one_is_ignored(
    monkeypatch, value, expected
):
    monkeypatch.setenv("SKLEARN_W2V_LANGUAGE", value)
    assert language() == expected
    with in_language("en"):
        assert language() == "en"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LC_ALL": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.eucJP"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LC_ALL": "", "LC_MESSAGES": "ja_JP.UTF-8", "LANG": "en_US.UTF-8"}, "ja"),
        ({"LC_ALL": "C", "LC_MESSAGES": "ja_JP.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_MESSAGES": "en_US.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_is_that_of_messages(monkeypatch, variables, expected):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    assert language_of_locale() == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [(("Japanese_Japan", "932"), "ja"), (("English_United States", "1252"), "en"), (None, "en")],
)
def test_without_variables_the_system_says_it(monkeypatch, found, expected):
    """As on Windows; Python refuses names that it does not know."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)

    def getlocale():
        if found is None:
            raise ValueError("unknown locale")
        return found

    monkeypatch.setattr("locale.getlocale", getlocale)
    assert language_of_locale() == expected


def test_the_verdict_on_transfer_is_a_whole_sentence():
    pays, not_at_all = TransferProbe(0.018, 0.0034, 3000), TransferProbe(0.0, 0.001, 3000)
    with in_language("ja"):
        assert str(pays) == (
            "単語ベクトルを加えると、取り分けた文書での損失が 0.018 ± 0.003 下がります(z = 5.3)。"
            "転移学習が効きます。"
        )
        assert str(not_at_all) == (
            "単語ベクトルを加えても、取り分けた文書での損失は下がりません。転移学習は効きません。"
        )
    assert str(not_at_all) == (
        "Word vectors do not lower the held-out loss: transfer does not pay."
    )
