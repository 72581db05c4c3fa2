"""HTML that holds anything, and can be read."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

from sklearn_w2v import TokenAttribution
from sklearn_w2v.inspection.highlighting import AGAINST, FOR, OPACITY

EVIL = "<script>alert('1')</script> & \"quoted\" \x00\ud800 雨"


class Reader(HTMLParser):
    """Elements and text of a fragment; every element is closed."""

    def __init__(self, fragment):
        super().__init__()
        self.tags, self.attributes, self.text, self._open = [], [], "", []
        self.feed(fragment)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes.append(dict(attributes))
        self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    @property
    def titles(self):
        return [one["title"] for one in self.attributes if "title" in one]


def attribution(text, tokens, spans, values, target="wet"):
    return TokenAttribution(text, tokens, spans, np.array(values, float), target, 1.0, 0.25)


def test_everything_is_escaped():
    tokens = ["<script>", "'1'", '"quoted"']
    spans = [(EVIL.index(token), EVIL.index(token) + len(token)) for token in tokens]
    for places in (spans, None):
        page = attribution(EVIL, tokens, places, [1, -1, 0.5], target=EVIL)
        read = Reader(page.to_html())
        assert set(read.tags) == {"div", "span", "strong"}
        assert [title.rsplit(" ", 1)[0] for title in read.titles] == tokens
        page.to_html().encode()  # no surrogates
        assert "\0" not in page.to_html()


def test_no_resource_from_outside():
    page = attribution("雨", ["雨"], [(0, 1)], [1.0]).to_html()
    assert "http" not in page
    assert "url(" not in page
    assert "src=" not in page


def test_the_text_is_there_as_it_was():
    text = "  雨が <b>降った</b>\n夏"
    page = Reader(attribution(text, ["雨", "夏"], [(2, 3), (16, 17)], [1, -1]).to_html())
    assert page.text.endswith(text)
    assert page.titles == ["雨 +1.0000", "夏 -1.0000"]


def test_line_feeds_show():
    page = Reader(attribution("a\n \u3000b", ["\n", "\u3000"], [(1, 2), (3, 4)], [1, 1]).to_html())
    assert page.text.endswith("a↵\n \u3000b")
    assert page.titles[0] == "↵ +1.0000"


def test_tokens_of_one_place_are_one_mark():
    page = Reader(
        attribution("㎡の", ["m", "2", "の"], [(0, 1), (0, 1), (1, 2)], [1, 2, 1]).to_html()
    )
    assert page.titles == ["m 2 +3.0000", "の +1.0000"]
    assert page.text.endswith("㎡の")


def test_without_spans_the_tokens_stand_side_by_side():
    page = Reader(attribution("a b", ["a", "b"], None, [1, 2]).to_html())
    assert page.text.endswith("a b")
    assert page.titles == ["a +1.0000", "b +2.0000"]


@pytest.mark.parametrize("values", [[], [0.0]])
def test_nothing_to_show(values):
    tokens = ["雨"] * len(values)
    assert Reader(attribution("雨", tokens, [(0, 1)] * len(values), values)._repr_html_())


def test_one_scale_for_many_texts():
    page = attribution("雨", ["雨"], [(0, 1)], [1.0])
    assert f"rgba(230,97,1,{OPACITY:.3f})" in page.to_html()
    assert f"rgba(230,97,1,{OPACITY / 4:.3f})" in page.to_html(scale=4.0)


def luminance(color):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color / 255]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("color", [FOR, AGAINST])
@pytest.mark.parametrize(("page", "ink"), [(255, 0), (255, 33), (17, 255), (30, 212)])
def test_text_can_be_read_in_light_and_dark_mode(color, page, ink):
    """WCAG 2 asks for a contrast of 4.5."""
    for share in (0.25, 1.0):
        alpha = OPACITY * share
        behind = alpha * np.array(color, float) + (1 - alpha) * page
        pair = sorted([luminance(behind), luminance(np.full(3, float(ink)))])
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
