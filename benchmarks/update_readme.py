"""Put the figures of ``results/`` into both READMEs and the page of models.

Run as ``python benchmarks/update_readme.py`` after the scripts that write the results; a test
checks that the pages hold what it makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGES = ["README.md", "README.ja.md", "docs/models.md", "docs/ja/models.md"]
RECIPE_MODELS = [
    "TF-IDF + LinearSVC",
    "TF-IDF of characters 1-3 + LinearSVC",
    "mean vector + logistic regression",
    "recipe",
]
# in English and in Japanese
RECIPE_HEADERS = (
    [
        "task",
        "TF-IDF + SVM, words",
        "TF-IDF + SVM, characters",
        "mean vector + LR",
        "the recipe",
        "folds with network",
    ],
    [
        "課題",
        "TF-IDF + SVM(語)",
        "TF-IDF + SVM(文字)",
        "平均ベクトル + LR",
        "レシピ",
        "ネットワークを使った分割",
    ],
)
TASKS = {
    "livedoor": ("livedoor news, 9 outlets", "livedoor ニュース、9 媒体"),
    "livedoor-10": ("livedoor, 10 labels per class", "livedoor、1 クラス 10 件"),
    "prose": ("prose, 13 authors, by work", "散文、13 作家、作品ごとに分割"),
    "poets": ("poems, 8 poets", "詩、8 詩人"),
    "poets-grouped": ("poems, by collection", "詩、詩集ごとに分割"),
    "kyoto": ("Wikipedia on Kyoto, 15 subjects", "京都の Wikipedia、15 主題"),
    "moral": ("commonsense morality, 2 classes", "常識道徳、2 クラス"),
    "moral-3000": ("the same, 3,000 sentences", "同、3,000 文"),
    "moral-1500": ("the same, 1,500 sentences", "同、1,500 文"),
}
HEADERS = (
    ["corpus, split", "words", "TF-IDF + SVM", "LSTM, frozen", "LSTM, fine-tuned"],
    ["コーパス、分割", "語", "TF-IDF + SVM", "LSTM(凍結)", "LSTM(ファインチューニング)"],
)
WORDS_JA = {
    "content words": "内容語",
    "all words": "すべての語",
    "all words, surface": "すべての語(表層形)",
}
MODELS = ["TF-IDF + LinearSVC", "word2vec + LSTM, frozen", "word2vec + LSTM, fine-tuned"]
COST_HEADERS = (
    ["what", "time", "of TF-IDF + SVM", "memory"],
    ["処理", "時間", "TF-IDF + SVM の時間", "メモリ"],
)
# tasks of recipe.md whose fit and prediction of a fold are shown
FITS = {
    "poets, 8 authors, random 5-fold": (
        "fit and predict, a fold of 716 poems",
        "詩 716 編の 1 分割の学習と予測",
    ),
    "livedoor, 9 classes, stratified 5-fold": (
        "the same, 7,367 news articles",
        "同、ニュース 7,367 記事",
    ),
    "commonsense-moral-ja, given train/val": (
        "15,971 short sentences, with network",
        "短い文 15,971 件、ネットワークあり",
    ),
    "kyoto-wiki, 15 classes, stratified 5-fold": (
        "14,111 encyclopedia articles, with network",
        "百科事典 14,111 記事、ネットワークあり",
    ),
}


def rows_of(name: str) -> list[list[str]]:
    """Cells of all tables of a result file."""
    lines = (RESULTS / f"{name}.md").read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|")
    ]


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """Table in Markdown."""
    lines = [f"| {' | '.join(cells)} |" for cells in [header, *rows]]
    return "\n".join([lines[0], "|---" * len(header) + "|", *lines[1:]]) + "\n"


def results(japanese: bool) -> str:
    """Accuracy of the network alone, frozen and fine-tuned."""
    rows = []
    for name in ("livedoor", "poets"):
        found: dict[tuple[str, str], dict[str, str]] = {}
        for cells in rows_of(name):
            if len(cells) == 6 and cells[2] in MODELS:
                found.setdefault((cells[0], cells[1]), {})[cells[2]] = cells[3].split(" ")[0]
        for (split, words), models in found.items():
            cells = [models.get(model, "") for model in MODELS]
            shown = WORDS_JA[words] if japanese else words
            rows.append([f"{name}, {split}", shown, *_marked(cells)])
    return markdown(HEADERS[japanese], rows)


def recipe(japanese: bool) -> str:
    """Accuracy of the recipe and of TF-IDF."""
    lines = (RESULTS / "recipe.jsonl").read_text(encoding="utf-8").splitlines()
    measured = [json.loads(line) for line in lines]
    rows = []
    for name, titles in TASKS.items():
        found: dict[str, list[float]] = {}
        for row in measured:
            if row["corpus"] == name:
                found.setdefault(row["model"], []).append(row["accuracy"])
        if not found:
            continue
        means = {model: f"{sum(found[model]) / len(found[model]):.3f}" for model in found}
        cells = [means.get(model, "") for model in RECIPE_MODELS]
        folds = [row for row in measured if row["corpus"] == name and row["model"] == "recipe"]
        used = f"{sum(row['weight'] > 0 for row in folds)} / {len(folds)}"
        rows.append([titles[japanese], *_marked(cells), used])
    return markdown(RECIPE_HEADERS[japanese], rows)


def cost(japanese: bool) -> str:
    """What the probe, fits, predictions and the service take."""
    lines = (RESULTS / "transfer.jsonl").read_text(encoding="utf-8").splitlines()
    probes = [json.loads(line) for line in lines]
    sizes, seconds = ([row[key] for row in probes] for key in ("documents", "probe_seconds"))
    fits = {(cells[0], cells[1]): cells for cells in rows_of("recipe")}
    measured = {cells[0]: cells[-1] for cells in rows_of("serving")}  # the last p99 is of `serve`
    few, many = f"{min(sizes):,}", f"{max(sizes):,}"
    quick, slow = f"{min(seconds):.1f}", f"{max(seconds):.1f}"
    texts = measured["`serve --workers 2`, 16 connections, texts a second"]
    rows = [
        (
            f"the probe, {few} to {many} documents",
            f"事前判定、文書 {few}〜{many} 件",
            f"{quick}〜{slow} s" if japanese else f"{quick} to {slow} s",
        )
    ]
    for task, titles in FITS.items():
        ours, peer = fits[task, "recipe"], fits[task, "TF-IDF + LinearSVC"]
        rows.append((*titles, _seconds(ours[4]), _seconds(peer[4]), f"{int(ours[5]):,} MB"))
    rows += [
        (
            "predict one text of 60 characters",
            "60 文字のテキスト 1 件の予測",
            _seconds(measured["one text of 60 characters through the pipeline, p50, ms"], 1000),
        ),
        (
            "import, load and first prediction of a new process, without TensorFlow",
            "新しいプロセスのインポート、読み込み、最初の予測(TensorFlow なし)",
            _seconds(measured["import, load and first prediction in a fresh process, s"]),
            "",
            measured["resident memory of that process, MB"] + " MB",
        ),
        (
            f"`serve --workers 2`, {texts} texts a second: 99 % of the answers",
            f"`serve --workers 2`、毎秒 {texts} 件: 応答の 99%",
            _seconds(measured["the same, p99, ms"], 1000),
            "",
            measured["proportional memory of its three processes afterwards, MB"] + " MB",
        ),
    ]
    padded = [[row[japanese], *row[2:], "", ""][:4] for row in rows]
    return markdown(COST_HEADERS[japanese], padded)


def _seconds(cell: str, units: int = 1) -> str:
    """Two or three digits of a time of which a second has so many units."""
    time = float(cell.split(" ")[0]) / units
    if time < 0.03:
        return f"{1000 * time:.2g} ms"
    return f"{time:.{0 if time >= 10 else 1 if time >= 1 else 2}f} s"


def _marked(cells: list[str]) -> list[str]:
    """Mark the best."""
    return [f"**{cell}**" if cell == max(cells) else cell for cell in cells]


TABLES: dict[str, Callable[[bool], str]] = {"recipe": recipe, "results": results, "cost": cost}


def updated(page: str) -> str:
    """The page with its tables updated."""
    text = (ROOT / page).read_text(encoding="utf-8")
    japanese = page.endswith(".ja.md") or "/ja/" in page
    for name, table in TABLES.items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = marks.sub(rf"\g<1>{table(japanese)}\g<2>", text)
    return text


if __name__ == "__main__":
    for page in PAGES:
        (ROOT / page).write_text(updated(page), encoding="utf-8")
        print(page)
