"""Put the accuracies of ``results/livedoor.md`` and ``results/poets.md`` into both READMEs.

Run as ``python benchmarks/update_readme.py`` after the scripts that write the results; a test
checks that the READMEs hold what it makes.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
MARKS = re.compile(r"(<!-- results -->\n).*?(<!-- /results -->)", re.DOTALL)
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


def updated(page: str) -> str:
    """The page with its table made anew."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return MARKS.sub(lambda found: found[1] + table(page) + found[2], text)


if __name__ == "__main__":
    for page in HEADERS:
        (ROOT / page).write_text(updated(page), encoding="utf-8")
        print(page)
