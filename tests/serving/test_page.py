"""The page as a browser shows it."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from sklearn_w2v import make_w2v_pipeline, save

from .conftest import Service

EVIL = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    """A model whose labels would run if they could."""
    path = tmp_path_factory.mktemp("evil") / "evil.w2v"
    model = make_w2v_pipeline(random_state=0, train_network=False)
    model.fit(["雨と雪", "夏の海"] * 12, [f"雨{EVIL}", "夏"] * 12)
    save(model, path)
    return path


@pytest.fixture(scope="module")
def plain(weather):
    """A service that several tests ask."""
    one = Service(weather / "weather.w2v")
    yield one
    one.stop()


@pytest.fixture
def visit(pages):
    """Opens the page of a service; at the end, nothing may have gone wrong or elsewhere."""
    homes = []

    def open_(service, **options):
        homes.append(service.address)
        return pages.open(service.address, **options)

    yield open_
    pages.close()
    assert pages.said == []
    assert all(url.startswith((*homes, "data:")) for url in pages.asked)


def test_a_text_is_typed_labelled_and_highlighted_without_a_mouse(plain, visit):
    page = visit(plain, locale="ja-JP")
    assert page.locator("h1").inner_text() == "文章を分類する"
    assert page.locator("html").get_attribute("lang") == "ja"
    page.keyboard.type("雨と雪の𠮟日")  # the field has the focus
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#explained:not([hidden])")
    assert page.locator("#label").inner_text() == "wet"
    assert page.locator("#probabilities th").all_inner_texts() == ["wet", "dry"]
    shares = [
        float(one.rstrip(" %")) for one in page.locator("#probabilities .number").all_inner_texts()
    ]
    assert sum(shares) == pytest.approx(100, abs=0.2)
    bars = [one.bounding_box()["width"] for one in page.locator(".bar").all()]
    assert bars[0] > bars[1]
    assert page.locator("#marked").inner_text() == "雨と雪の𠮟日"
    marks = page.locator("#marked .mark")
    assert "雪" in marks.all_inner_texts()
    assert float(marks.first.get_attribute("title")) != 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the button does the same, and keeps the focus
    page.wait_for_selector("#send[aria-disabled=false]")
    assert page.evaluate("document.activeElement.id") == "send"
    rows = page.locator("#strongest tr").all_inner_texts()
    assert 3 <= len(rows) <= 5
    assert any(row.startswith("雪") for row in rows)
    assert page.locator("#status").inner_text().startswith("判定: wet, ")
    shown = page.locator("main").inner_text()
    names = {"wet", "dry", "Ctrl", "Enter", "Mac", "HTTP", "API"}
    assert set(re.findall("[A-Za-z]+", shown)) == names
    assert re.search(r"\d\.\d%\n", shown)


def test_english_for_others_and_an_empty_text_is_told(plain, visit):
    page = visit(plain, locale="en-GB")
    assert page.locator("h1").inner_text() == "Label a text"
    page.locator("#send").click()
    assert page.locator("#problem").inner_text() == "Please enter a text."
    assert page.locator("#text").get_attribute("aria-invalid") == "true"
    page.goto(page.url + "docs")
    assert "POST /predict" in page.locator("main").inner_text()


@pytest.mark.parametrize(("named", "asked"), [("ja", "en-GB"), ("en", "ja-JP")])
def test_who_runs_the_service_may_name_the_language(service, visit, weather, named, asked):
    page = visit(service(weather / "weather.w2v", before=("--language", named)), locale=asked)
    assert page.locator("html").get_attribute("lang") == named


def test_a_locale_of_the_machine_names_nothing(service, visit, weather, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    page = visit(service(weather / "weather.w2v"), locale="en-GB")
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_page_uses_the_words_that_it_gets():
    from sklearn_w2v.serving import pages

    script = files(pages.__package__).joinpath("page", "page.js").read_text(encoding="utf-8")
    words = pages._words()
    used = set(re.findall(r"\bwords\.(\w+)", script))
    [listed] = re.findall(r"for \(const id of (\[.*?\])\)", script)
    assert used | set(json.loads(listed)) == set(words["en"]) == set(words["ja"])


def test_long_texts_are_told_and_never_cut(service, visit, weather):
    page = visit(
        service(weather / "weather.w2v", "--max-length", 30, "--max-explained", 10), locale="ja-JP"
    )
    page.locator("#text").fill("雨と雪" * 5)
    page.locator("#send").click()
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator("#label").inner_text() == "wet"
    assert page.locator("#problem").inner_text().startswith("10 文字を超える文章では")
    assert page.locator("#explained").is_hidden()
    page.locator("#text").fill("雨と雪" * 11)
    page.locator("#send").click()
    assert page.locator("#problem").inner_text() == "文章が長すぎます(30 文字まで)。"
    assert page.locator("#result").is_hidden()  # that of the text before


def test_a_second_text_waits_for_the_first(plain, visit):
    page = visit(plain, locale="ja-JP")
    waiting = []
    page.route("**/explain", lambda route: waiting.append(route))
    page.locator("#text").fill("雨と雪")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#result:not([hidden])")
    page.locator("#text").fill("夏の海")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(200)
    [route] = waiting
    route.continue_()
    page.wait_for_selector("#explained:not([hidden])")
    assert page.locator("#label").inner_text() == "wet"
    assert page.locator("#marked").inner_text() == "雨と雪"


def test_nothing_in_labels_and_texts_runs(service, visit, evil):
    page = visit(service(evil), locale="ja-JP")
    page.locator("#text").fill(f"雨と{EVIL}雪")
    page.locator("#send").click()
    page.wait_for_selector("#explained:not([hidden])")
    assert page.locator("#label").inner_text() == f"雨{EVIL}"
    assert page.locator("#marked").inner_text() == f"雨と{EVIL}雪"
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_its_background(plain, visit, scheme):
    page = visit(plain, locale="ja-JP", color_scheme=scheme)
    page.locator("#text").fill("雨と海")
    page.locator("#send").click()
    page.wait_for_selector("#explained:not([hidden])")
    paper = colour(page, "body", "backgroundColor")
    for selector in ("h1", "label", "small", "caption", "footer a", "th", ".number", "#label"):
        assert contrast(colour(page, selector, "color"), paper) >= 4.5, selector
    button = colour(page, "button", "color"), colour(page, "button", "backgroundColor")
    assert contrast(*button) >= 4.5
    ink = colour(page, "#marked", "color")
    for mark in ("#against", "#for"):  # the strongest colours
        red, green, blue, alpha = rgba(page, mark, "backgroundColor")
        mixed = [
            alpha * one + (1 - alpha) * other
            for one, other in zip((red, green, blue), paper, strict=True)
        ]
        assert contrast(ink, mixed) >= 4.5, mark


def rgba(page, selector, name):
    text = page.locator(selector).first.evaluate(f"one => getComputedStyle(one).{name}")
    numbers = [float(one) for one in re.findall(r"[\d.]+", text)]
    return (*numbers, 1.0)[:4]


def colour(page, selector, name):
    return rgba(page, selector, name)[:3]


def contrast(one, other):
    """Ratio of WCAG 2."""
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(rgb):
    shares = [value / 255 for value in rgb]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in shares
    ]
    return sum(
        weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )
