"""Put the accuracies of ``results/`` into both READMEs.

Run as ``python benchmarks/update_readme.py`` after the scripts that write the results; a test
checks that the READMEs hold what it makes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
MARKS = re.compile(r"(<!-- results -->\n).*?(<!-- /results -->)", re.DOTALL)
RECIPE_MARKS = re.compile(r"(<!-- recipe -->\n).*?(<!-- /recipe -->)", re.DOTALL)
RECIPE_MODELS = [
    "TF-IDF + LinearSVC",
    "TF-IDF of characters 1-3 + LinearSVC",
    "mean vector + logistic regression",
    "recipe",
]
RECIPE_HEADERS = {
    "README.md": [
        "task",
        "TF-IDF + SVM, words",
        "TF-IDF + SVM, characters",
        "mean vector + LR",
        "the recipe",
        "folds with network",
    ],
    "README.ja.md": [
        "課題",
        "TF-IDF + SVM(語)",
        "TF-IDF + SVM(文字)",
        "平均ベクトル + LR",
        "レシピ",
        "ネットワークを使った分割",
    ],
}
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
HEADERS = {
    "README.md": ["corpus, split", "words", "TF-IDF + SVM", "LSTM, frozen", "LSTM, fine-tuned"],
    "README.ja.md": ["コーパス、分割", "語", "TF-IDF + SVM", "LSTM(固定)", "LSTM(微調整)"],
}
WORDS_JA = {
    "content words": "内容語",
    "all words": "すべての語",
    "all words, surface": "すべての語(表層形)",
}
MODELS = ["TF-IDF + LinearSVC", "word2vec + LSTM, frozen", "word2vec + LSTM, fine-tuned"]


def scores(name: str) -> dict[tuple[str, str], dict[str, str]]:
    """Accuracy by (split, words) and model from the table of a result file."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for line in (RESULTS / f"{name}.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 6 and cells[2] in MODELS:
            found.setdefault((cells[0], cells[1]), {})[cells[2]] = cells[3].split(" ")[0]
    return found


def table(page: str) -> str:
    """Table in Markdown for a page."""
    lines = ["| " + " | ".join(HEADERS[page]) + " |", "|---|---|---|---|---|"]
    for name in ("livedoor", "poets"):
        for (split, words), models in scores(name).items():
            shown = WORDS_JA[words] if page.endswith(".ja.md") else words
            cells = [models.get(model, "") for model in MODELS]
            best = max(cells)
            marked = [f"**{cell}**" if cell == best else cell for cell in cells]
            lines.append(f"| {name}, {split} | {shown} | " + " | ".join(marked) + " |")
    return "\n".join(lines) + "\n"


def recipe(page: str) -> str:
    """Table of the recipe and TF-IDF, from ``results/recipe.jsonl``."""
    rows = [
        json.loads(line)
        for line in (RESULTS / "recipe.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    japanese = page.endswith(".ja.md")
    lines = ["| " + " | ".join(RECIPE_HEADERS[page]) + " |", "|---|---|---|---|---|---|"]
    for name, titles in TASKS.items():
        found: dict[str, list[float]] = {}
        for row in rows:
            if row["corpus"] == name:
                found.setdefault(row["model"], []).append(row["accuracy"])
        if not found:
            continue
        means = {model: f"{sum(found[model]) / len(found[model]):.3f}" for model in found}
        cells = [means.get(model, "") for model in RECIPE_MODELS]
        best = max(cells)
        marked = [f"**{cell}**" if cell == best else cell for cell in cells]
        folds = [row for row in rows if row["corpus"] == name and row["model"] == "recipe"]
        used = f"{sum(row['weight'] > 0 for row in folds)} / {len(folds)}"
        lines.append(f"| {titles[japanese]} | " + " | ".join([*marked, used]) + " |")
    return "\n".join(lines) + "\n"


def updated(page: str) -> str:
    """The page with its tables updated."""
    text = (ROOT / page).read_text(encoding="utf-8")
    text = RECIPE_MARKS.sub(lambda found: found[1] + recipe(page) + found[2], text)
    return MARKS.sub(lambda found: found[1] + table(page) + found[2], text)


if __name__ == "__main__":
    for page in HEADERS:
        (ROOT / page).write_text(updated(page), encoding="utf-8")
        print(page)
