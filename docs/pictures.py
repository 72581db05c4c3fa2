"""Draw the pictures of README and of the front page into ``docs/_static``.

``words.png`` and ``report.png`` are of the lyrics that ship, ``transfer.png`` is of
``benchmarks/results/transfer.jsonl``; ``words.ja.png`` and so on have Japanese labels. Run as
``python docs/pictures.py``, with the extra ``test``, Chromium, and fonts with Japanese in them
(Debian: ``apt-get install chromium fonts-noto-cjk``).
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from sklearn_w2v import explain, make_w2v_pipeline, write_report
from sklearn_w2v.datasets import load_lyrics
from sklearn_w2v.inspection.displays.fonts import require_matplotlib

DOCS = Path(__file__).parent
STATIC = DOCS / "_static"
RESULTS = DOCS.parent / "benchmarks" / "results"
SHOWN = ["立ちこぎ坂", "桜、既読スルー"]  # songs, on albums of which no other is learnt from
HALF = (840, 1120)  # pixels of a half of the report
TITLE = {"en": "Whose song is it? 12 songs to learn from", "ja": "誰の歌か: 12 曲から学習"}
KINDS = [["moral"], ["kyoto"], ["poets", "poets-grouped", "prose", "livedoor", "livedoor-10"]]
WORDS = {  # of the plot: its axes, what it says, and the kinds
    "en": [
        "z of the probe, asked before anything is trained",
        "accuracy that the network adds, points",
        "the probe says: transfer pays",
        "short sentences",
        "encyclopedia articles",
        "poems, prose, news",
    ],
    "ja": [
        "事前判定の z(学習の前に求める)",
        "ネットワークによる正解率の増減(ポイント)",
        "事前判定: 転移学習が効く",
        "短い文",
        "百科事典の記事",
        "詩、散文、ニュース",
    ],
}
STYLE = """
body { margin: 0; padding: 16px; width: 668px; background: #fff; color: #15191f;
       font: 17px system-ui, "Noto Sans CJK JP", sans-serif; }
main { display: grid; grid-template-columns: 1fr 1fr; gap: 24px; }
"""


def words(browser: Browser, language: str) -> None:
    """Save two stanzas as a notebook shows them, their words highlighted."""
    songs = load_lyrics()
    artists = np.array(songs.target_names, dtype=object)[songs.target]
    shown = [list(songs.title).index(title) for title in SHOWN]
    rest = ~np.isin(songs.album, songs.album[shown])
    texts = np.array(songs.data, dtype=object)
    model = make_w2v_pipeline(random_state=0).fit(texts[rest], artists[rest])
    stanzas = [texts[place].split("\n\n")[0] for place in shown]
    parts = [one.to_html() for one in explain(model, stanzas)]
    assert list(model.predict(stanzas)) == list(artists[shown])
    page = browser.new_page(viewport={"width": 700, "height": 100}, device_scale_factor=2)
    page.set_content(f"<style>{STYLE}</style><main>{''.join(parts)}</main>")
    save(page.screenshot(full_page=True), STATIC / named("words", language))


def report(browser: Browser, language: str) -> None:
    """Save a report: scores, labels and confusions in light colours, errors in dark ones."""
    songs = load_lyrics()
    texts = np.array(songs.data, dtype=object)
    _, albums = np.unique(songs.album, return_inverse=True)
    first = np.array([albums[songs.target == artist].min() for artist in songs.target])
    learnt, train = albums == first, np.zeros(len(texts), dtype=bool)
    for artist in np.unique(songs.target):
        train[np.flatnonzero(learnt & (songs.target == artist))[:2]] = True
    model = make_w2v_pipeline(random_state=0).fit(texts[train], songs.target[train])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        write_report(
            path,
            model,
            texts[~learnt],
            songs.target[~learnt],
            X_train=texts[train],
            y_train=songs.target[train],
            target_names=songs.target_names,
            title=TITLE[language],
            language=language,
        )
        halves = []
        for scheme, section in (("light", "scores"), ("dark", "errors")):
            page = browser.new_page(viewport={"width": HALF[0], "height": 900}, color_scheme=scheme)
            page.goto(path.as_uri())
            top = 0 if section == "scores" else page.locator(f"#{section}").bounding_box()["y"]
            whole = Image.open(io.BytesIO(page.screenshot(full_page=True)))
            halves.append(whole.crop((0, int(top), HALF[0], int(top) + HALF[1])))
    both = Image.new("RGB", (2 * HALF[0], HALF[1]))
    for place, half in enumerate(halves):
        both.paste(half, (HALF[0] * place, 0))
    work = io.BytesIO()
    both.save(work, "PNG")
    save(work.getvalue(), STATIC / named("report", language))


def transfer(language: str) -> None:
    """Save what the network brought where the probe said that vectors pay, and where not."""
    lines = (RESULTS / "transfer.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    across, up, pays, *kinds = WORDS[language]
    pyplot = require_matplotlib(WORDS[language])
    figure, axes = pyplot.subplots(figsize=(7.0, 4.0), layout="constrained")
    axes.axvspan(2, 6, color="#e66101", alpha=0.09, linewidth=0)
    axes.axhline(0, color="#777", linewidth=1)
    axes.axvline(2, color="#777", linewidth=1, linestyle="--")
    for kind, corpora, marker in zip(kinds, KINDS, "o^s", strict=True):
        here = [row for row in rows if row["corpus"] in corpora]
        gains = [100 * (row["with_network"] - row["linear"]) for row in here]
        axes.scatter([row["z"] for row in here], gains, s=55, marker=marker, alpha=0.8, label=kind)
    axes.set(
        xlabel=across,
        ylabel=up,
        xlim=(-0.2, 5.4),
        ylim=(-5.8, 4.3),
    )
    axes.text(2.08, 3.75, pays, va="center")
    axes.grid(alpha=0.25)
    axes.legend(loc="lower right")
    work = io.BytesIO()
    figure.savefig(work, format="png", dpi=150)
    save(work.getvalue(), STATIC / named("transfer", language))


def named(picture: str, language: str) -> str:
    return f"{picture}.png" if language == "en" else f"{picture}.{language}.png"


def save(picture: bytes, path: Path) -> None:
    """Write a PNG with a palette of 128 colours, which is enough for pages of text."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path, image.size, f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    browsers = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, browsers)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for language in WORDS:
            os.environ["SKLEARN_W2V_LANGUAGE"] = language  # of what explain() shows
            words(chromium, language)
            report(chromium, language)
        chromium.close()
    for language in WORDS:
        transfer(language)
