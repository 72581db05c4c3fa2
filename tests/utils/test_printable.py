"""What a page shows of texts."""

from __future__ import annotations

import pytest

from sklearn_w2v.utils.printable import clean, escaped


@pytest.mark.parametrize("text", ["雨が降る。\n夏\t海", "עברית and English", "👨‍👩‍👧 \u200d\u3000"])
def test_texts_stay_as_they_are(text):
    assert clean(text) == text
    assert escaped(text) == text


@pytest.mark.parametrize(
    "character",
    [*"\x00\x1b\x7f\x85", "\ud800", "\ufdd0", "\ufffe", *"\u202a\u202d\u202e\u2066\u2069"],
)
def test_what_a_page_must_not_hold_is_replaced_one_by_one(character):
    """Among it the marks that would turn the direction of the page after a text."""
    assert clean(f"a{character}b{character}") == "a\ufffdb\ufffd"
    assert escaped(f"<{character}") == "&lt;\ufffd"


def test_text_is_escaped_for_elements_and_attributes():
    assert escaped("<b a=\"1\" c='2'>&") == "&lt;b a=&quot;1&quot; c=&#x27;2&#x27;&gt;&amp;"
