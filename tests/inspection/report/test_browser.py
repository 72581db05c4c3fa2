"""The report and the diagrams of pipelines as a browser shows them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_w2v import W2VIndexer, WordVectors, explain, make_w2v_pipeline, write_report
from sklearn_w2v.utils.sklearn_compat import fitted_attributes_table

pytestmark = pytest.mark.filterwarnings("ignore:The vectors know only:UserWarning")

EVIL = "<script>window.hacked=1</script>"
EVIL_IMAGE = "\"'><img src=x onerror=window.hacked=1>"
# scikit-learn's own script warns of each list of output features, CountVectorizer's too
SKLEARN_S_OWN = "Expected copy-paste icon is missing from the DOM structure"
NAMES = [f"雨の歌{EVIL}", f"夏の歌{EVIL_IMAGE}", "<b>雪</b>"]


def documents():
    """Three classes of texts, some of them with the other class' words, all of them hostile."""
    X = [f"雨 霧 {EVIL} {i}" for i in range(12)] + [f"夏 海 {EVIL_IMAGE} {i}" for i in range(12)]
    X += [f"雪 氷 &amp; {i}" for i in range(12)]
    y = [0] * 12 + [1] * 12 + [2] * 12
    return X, y


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report with all sections, of names, texts, words and paths that would run if they could."""
    folder = tmp_path_factory.mktemp("report")
    vectors = folder / f"{EVIL_IMAGE.replace('/', '')}.bin"
    WordVectors(["雨", "霧", "夏", "海", "雪"], [[1, 0], [1, 1], [-1, 0], [-1, 1], [0, 1]]).save(
        vectors
    )
    X, y = documents()
    model = make_w2v_pipeline(
        vectors, tokenizer=None, random_state=0, epochs=2, units=2, hidden=None, bow="words"
    ).fit(X, y)
    wrong = [*y[1:], 0][::-1]
    path = folder / "report.html"
    write_report(
        path,
        model,
        X,
        wrong,
        X_train=X,
        y_train=y,
        title=f"詩 {EVIL}",
        target_names=NAMES,
        n_examples=4,
    )
    return path


@pytest.fixture
def open_page(pages):
    """Opens a file; at the end, nothing may have been said on the console or asked for."""
    yield lambda path, **options: pages.open(path.as_uri(), **options)
    pages.close()
    assert [one for one in pages.said if one != SKLEARN_S_OWN] == []
    asked = pages.asked
    assert all(url.startswith("file://") and url.endswith(".html") for url in asked), asked


# what a reader sees: the background with all that shines through, and the text on it
CONTRASTS = """() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", {willReadFrequently: true});
  const paint = (color) => { context.fillStyle = color; context.fillRect(0, 0, 1, 1); };
  const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = () => {
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map(v => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const bar = getComputedStyle(document.body).getPropertyValue("--share-bar");
  const unseen = "script, svg title, .hidden, details:not([open]) > :not(summary)";
  const out = [];
  for (const element of document.querySelectorAll("body, body *")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || element.closest(unseen)) continue;
    const chain = [];
    for (let e = element; e; e = e.parentElement) chain.unshift(e);
    paint("white");
    for (const e of chain) {
      const style = getComputedStyle(e);
      paint(style.backgroundColor);
      if (style.backgroundImage !== "none") paint(bar);
    }
    const below = luminance();
    const style = getComputedStyle(element);
    paint(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const above = luminance();
    const ratio = (Math.max(below, above) + 0.05) / (Math.min(below, above) + 0.05);
    out.push([ratio, element.outerHTML.slice(0, 80)]);
  }
  return out;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_the_contrast_that_wcag_asks_for(report, open_page, scheme):
    page = open_page(report, color_scheme=scheme)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 200
    assert [one for one in found if one[0] < 4.5] == []


def test_hostile_texts_are_shown_and_do_not_run(report, open_page):
    page = open_page(report)
    assert page.evaluate("window.hacked") is None
    assert page.inner_text("h1") == f"詩 {EVIL}"
    assert page.title() == f"詩 {EVIL}"
    labels = page.locator("#labels tbody th").all_inner_texts()
    assert labels == NAMES
    body = page.inner_text("body")
    assert EVIL in page.locator(".text").first.inner_text() + page.locator("#doubtful").inner_text()
    assert "onerror=window.hacked" in page.inner_text("#model")  # the path of the vectors
    assert "&amp;amp;" not in body
    assert page.locator("img").count() == 0


def test_the_policy_stops_scripts_that_are_not_the_page_s_own(report, browser):
    page = browser.new_page()
    messages = []
    page.on("console", lambda message: messages.append(message.text))
    page.goto(report.as_uri())
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        " document.body.append(s); document.body.insertAdjacentHTML('beforeend',"
        " '<img src=x onerror=\"window.hacked = 1\">'); }"
    )
    page.wait_for_timeout(100)
    assert page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in message for message in messages)
    page.close()


def test_tables_are_sorted_by_click_and_by_keyboard(report, open_page):
    page = open_page(report)
    table = page.locator("#labels table")

    def column(place):
        return table.locator(f"tbody tr > :nth-child({place})").all_inner_texts()

    head = table.locator("thead th").nth(3)
    assert head.get_attribute("aria-sort") == "none"
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    falling = column(4)
    assert falling == sorted(falling, reverse=True)
    assert len(set(falling)) > 1
    page.keyboard.press("Enter")  # the button has the focus
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(4) == sorted(falling)
    names = table.locator("thead th").first
    names.get_by_role("button").focus()
    page.keyboard.press("Space")
    assert names.get_attribute("aria-sort") == "ascending"
    assert head.get_attribute("aria-sort") == "none"
    order = column(1)
    assert sorted(order) == sorted(NAMES)
    page.keyboard.press("Space")
    assert column(1) == order[::-1]


def brightness(page):
    return page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)"
        ".reduce((a, b) => a + b) / 765"
    )


def test_dark_and_light_follow_the_system_and_the_button(report, open_page):
    for scheme, dark in (("light", False), ("dark", True)):
        page = open_page(report, color_scheme=scheme)
        button = page.locator("#theme")
        assert (brightness(page) < 0.2) == dark
        assert button.inner_text() == ("Light" if dark else "Dark")
        button.click()
        assert (brightness(page) < 0.2) != dark
        assert button.inner_text() == ("Dark" if dark else "Light")
        assert [one for one in page.evaluate(CONTRASTS) if one[0] < 4.5] == []
        button.click()
        assert (brightness(page) < 0.2) == dark


def test_print_has_light_colours_and_nothing_to_click(report, open_page):
    page = open_page(report, color_scheme="dark")
    page.locator("#theme").click()
    page.locator("#theme").click()  # dark by the button, too
    page.emulate_media(media="print")
    assert brightness(page) == 1
    for hidden in ("nav", "#theme"):
        assert not page.locator(hidden).is_visible()
    assert page.locator(".text").first.evaluate("e => getComputedStyle(e).maxHeight") == "none"
    assert [one for one in page.evaluate(CONTRASTS) if one[0] < 4.5] == []
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_headings_tables_and_pictures_are_accessible(report, open_page):
    page = open_page(report)
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map(e => Number(e.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("main table").count() >= 5
    assert page.locator("svg:not([role=img][aria-label])").count() == 0
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    for link in page.locator("nav a").all():
        assert link.get_attribute("href")[1:] in ids
    for one in page.locator("[aria-labelledby]").all():
        assert one.get_attribute("aria-labelledby") in ids


@pytest.mark.parametrize("width", [390, 1100])
def test_no_page_is_wider_than_its_window(report, open_page, width):
    page = open_page(report, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_many_labels_fit_the_window_and_have_contrast(open_page, tmp_path):
    X = [f"word{i} word{i % 7} more" for i in range(120)]
    y = [f"とても長い名前のラベル{i % 40:02}番" for i in range(120)]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(X, y)
    write_report(tmp_path / "report.html", model, X, [*y[5:], *y[:5]])
    for width in (390, 1100):
        page = open_page(tmp_path / "report.html", viewport={"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".matrix tbody tr").count() == 40
        assert [one for one in page.evaluate(CONTRASTS) if one[0] < 4.5] == []


def test_diagrams_of_pipelines_show_coverage_and_run_nothing(open_page, tmp_path):
    indexer = W2VIndexer(WordVectors(["雨"], [[1.0, 0.0]]), random_state=0)
    model = make_pipeline(indexer).fit([["雨", EVIL_IMAGE], ["雨", "雨"]])
    path = tmp_path / "diagram.html"
    path.write_text(f"<!doctype html><meta charset=utf-8>{model._repr_html_()}", encoding="utf-8")
    page = open_page(path)
    caption = page.locator(".caption").first
    assert caption.is_visible()
    assert caption.inner_text() == "75.0% of words known · 2 × 2"
    for one in page.locator("label.sk-toggleable__label").all():
        one.click()
    for one in page.locator("summary").all():
        one.click()
    # older releases of scikit-learn have no table of what was learnt
    has_table = fitted_attributes_table(model, {}, "") is not None
    assert ("<img src=x" in page.inner_text("body")) == has_table
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0


def test_highlights_and_diagrams_of_hostile_texts_labels_and_paths_run_nothing(open_page, tmp_path):
    vectors = tmp_path / f"{EVIL_IMAGE.replace('/', '')}.bin"
    WordVectors(["雨", "夏"], [[1.0, 0.0], [0.0, 1.0]]).save(vectors)
    X, y = documents()
    model = make_w2v_pipeline(
        vectors, tokenizer=None, random_state=0, epochs=1, units=2, hidden=None, bow="words"
    ).fit(X, [NAMES[label] for label in y])
    shown = [one._repr_html_() for one in explain(model, X[::12])]
    path = tmp_path / "notebook.html"
    path.write_text(
        f"<!doctype html><meta charset=utf-8>{model._repr_html_()}{''.join(shown)}",
        encoding="utf-8",
    )
    page = open_page(path)
    for one in page.locator("label.sk-toggleable__label").all():
        one.click()
    text = page.inner_text("body")
    assert EVIL in text
    assert EVIL_IMAGE in text
    assert NAMES[2] in text
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
