"""Draw the pictures of README and of the front page into ``docs/_static``.

``words.png`` and ``report.png`` are of the lyrics that ship, ``transfer.png`` is of
``benchmarks/results/transfer.jsonl``. Run as ``python docs/pictures.py``, with the extra ``test``,
Chromium, and fonts with Japanese in them (Debian: ``apt-get install chromium fonts-noto-cjk``).
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from sklearn_w2v import explain, make_w2v_pipeline, write_report
from sklearn_w2v.datasets import load_lyrics

DOCS = Path(__file__).parent
STATIC = DOCS / "_static"
RESULTS = DOCS.parent / "benchmarks" / "results"
SHOWN = ["立ちこぎ坂", "桜、既読スルー"]  # songs, on albums of which no other is learnt from
HALF = (840, 1120)  # pixels of a half of the report
KINDS = {
    "short sentences": ["moral"],
    "encyclopedia articles": ["kyoto"],
    "poems, prose, news": ["poets", "poets-grouped", "prose", "livedoor", "livedoor-10"],
}
STYLE = """
body { margin: 0; padding: 16px; width: 668px; background: #fff; color: #15191f;
       font: 17px system-ui, "Noto Sans CJK JP", sans-serif; }
main { display: grid; grid-template-columns: 1fr 1fr; gap: 24px; }
"""


def words(browser: Browser) -> None:
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
    save(page.screenshot(full_page=True), STATIC / "words.png")


def report(browser: Browser) -> None:
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
            title="Whose song is it? 12 songs to learn from",
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
    save(work.getvalue(), STATIC / "report.png")


def transfer() -> None:
    """Save what the network brought where the probe said that vectors pay, and where not."""
    lines = (RESULTS / "transfer.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    figure = Figure(figsize=(7.0, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(2, 6, color="#e66101", alpha=0.09, linewidth=0)
    axes.axhline(0, color="#777", linewidth=1)
    axes.axvline(2, color="#777", linewidth=1, linestyle="--")
    for (kind, corpora), marker in zip(KINDS.items(), "o^s", strict=True):
        here = [row for row in rows if row["corpus"] in corpora]
        gains = [100 * (row["with_network"] - row["linear"]) for row in here]
        axes.scatter([row["z"] for row in here], gains, s=55, marker=marker, alpha=0.8, label=kind)
    axes.set(
        xlabel="z of the probe, asked before anything is trained",
        ylabel="accuracy that the network adds, points",
        xlim=(-0.2, 5.4),
        ylim=(-5.8, 4.3),
    )
    axes.text(2.08, 3.75, "the probe says: transfer pays", va="center")
    axes.grid(alpha=0.25)
    axes.legend(loc="lower right")
    work = io.BytesIO()
    figure.savefig(work, format="png", dpi=150)
    save(work.getvalue(), STATIC / "transfer.png")


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
        words(chromium)
        report(chromium)
        chromium.close()
    transfer()
