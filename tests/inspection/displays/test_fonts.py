"""Japanese shows as Japanese."""

from __future__ import annotations

import builtins
import warnings

import matplotlib as mpl
import pytest

from sklearn_w2v.inspection.displays import fonts as _fonts
from sklearn_w2v.inspection.displays.fonts import label, missing_glyphs, require_matplotlib

mpl.use("agg")

TEXT = "朝霧ナツメの歌詞、々〆〜ゔ「」ー。漢字カナ"


@pytest.fixture(autouse=True)
def _defaults():
    """A session as it starts: no font has been chosen yet."""
    import matplotlib.pyplot as plt

    _fonts._japanese_family.cache_clear()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.use("agg")
        yield
    plt.close("all")
    _fonts._japanese_family.cache_clear()


def test_the_default_font_has_no_japanese_and_the_one_that_is_found_has():
    assert missing_glyphs(TEXT, mpl.rcParams["font.family"]) > set("朝霧ナツメ")
    plt = require_matplotlib()
    assert missing_glyphs(TEXT, plt.rcParams["font.family"]) == set()


def test_no_glyph_is_missing_from_a_picture(tmp_path):
    plt = require_matplotlib()
    figure, ax = plt.subplots()
    ax.set_title(TEXT)
    ax.set_yticks([0, 1], ["雨", "rain"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of each glyph that is missing
        figure.savefig(tmp_path / "picture.png")
    families = ax.title.get_fontfamily()
    assert missing_glyphs(TEXT, families) == set()


def test_the_users_font_comes_first_and_a_second_call_adds_nothing():
    mpl.rcParams["font.family"] = ["DejaVu Serif"]
    plt = require_matplotlib()
    families = list(plt.rcParams["font.family"])
    assert families[0] == "DejaVu Serif"
    assert len(families) == 2
    assert list(require_matplotlib().rcParams["font.family"]) == families


def test_a_font_of_the_user_that_has_japanese_stays_alone():
    family = _fonts._japanese_family()
    mpl.rcParams["font.family"] = [family]
    assert list(require_matplotlib().rcParams["font.family"]) == [family]


def test_any_font_with_japanese_will_do(monkeypatch):
    require_matplotlib()  # the font of matplotlib-fontja is among those that are there
    _fonts._japanese_family.cache_clear()
    monkeypatch.setattr(_fonts, "_FAMILIES", ())
    monkeypatch.setattr(_fonts, "find_spec", lambda name: None)
    assert missing_glyphs("雨", [_fonts._japanese_family()]) == set()


def test_without_any_the_way_out_is_named_where_it_matters(monkeypatch):
    monkeypatch.setattr(_fonts, "_japanese_family", lambda: None)
    with pytest.warns(UserWarning, match="pip install matplotlib-fontja"):
        require_matplotlib(["rain", "雨"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        require_matplotlib(["rain", "ëß"])
        require_matplotlib()


def test_labels_hold_no_formula_and_no_half_character(tmp_path):
    plt = require_matplotlib()
    figure, ax = plt.subplots()
    texts = ["\n", "$\\frac$", "\ud800", "\0雨"]
    ax.set_yticks(range(4), map(label, texts))
    figure.savefig(tmp_path / "picture.png")
    shown = [text.get_text() for text in ax.get_yticklabels()]
    assert shown == ["↵", r"\$\frac\$", "\ufffd", "\ufffd雨"]


def test_a_file_that_is_no_font_has_no_glyphs(tmp_path):
    (tmp_path / "no.ttf").write_text("no font")
    assert _fonts._glyphs(str(tmp_path / "no.ttf")) == frozenset()
    assert _fonts._glyphs(str(tmp_path / "none.ttf")) == frozenset()
    assert missing_glyphs("雨", ["No Such Family"]) == {"雨"}


def test_a_missing_matplotlib_names_the_extra(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-w2v\[plot\]'"):
        require_matplotlib()
