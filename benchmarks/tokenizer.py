"""JapaneseTokenizer, MeCab's own parse and the naive route, over the whole of livedoor.

Proves that the fast route gives what ``node.feature`` gives, for each form, with content words
and all words, and measures CPU time relative to MeCab's parse without output. Run as
``python benchmarks/tokenizer.py --data FOLDER``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import fugashi
import unidic_lite
from _common import machine, markdown, parser, write

from sklearn_w2v import JapaneseTokenizer
from sklearn_w2v.datasets import load_livedoor
from sklearn_w2v.text.mecab import clean
from sklearn_w2v.text.unidic import CONTENT_POS, CONTENT_POS_WITHOUT

SETTINGS = [(form, pos) for form in ("surface", "base", "lemma") for pos in ("content", None)]


def naive(tagger: Any, text: str, form: str, pos: str | None) -> list[str]:
    """Words through the features of each node: the route that everybody writes first."""
    words = []
    for node in tagger(clean(text, "NFC")):
        feature = node.feature
        if pos == "content" and (
            feature.pos1 not in CONTENT_POS or feature.pos2 in CONTENT_POS_WITHOUT
        ):
            continue
        word = node.surface
        if form == "base":
            word = feature.orthBase or word
        elif form == "lemma" and feature.lemma:
            word = feature.lemma[0] + feature.lemma[1:].split("-")[0]
        if not word.isspace():
            words.append(word)
    return words


def cpu(run: Callable[[], Any]) -> float:
    """CPU seconds of one run."""
    started = time.process_time()
    run()
    return time.process_time() - started


def main() -> None:
    """Compare, measure and write ``results/tokenizer.md``."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=3)
    args = options.parse_args()
    texts = load_livedoor(args.data / "livedoor" / "ldcc-20140209-text.tar.gz").data
    folder = unidic_lite.DICDIR
    tagger = fugashi.Tagger(f'-d "{folder}"')
    rows = []
    different = 0
    for form, pos in SETTINGS:
        ours = JapaneseTokenizer(form=form, pos=pos).transform(texts)
        wrong = sum(
            words != naive(tagger, text, form, pos) for text, words in zip(texts, ours, strict=True)
        )
        different += wrong
        rows.append([form, pos or "all", f"{sum(map(len, ours)):,}", str(wrong)])
        print(*rows[-1], flush=True)
    same = markdown(["form", "words", "tokens", "documents that differ"], rows)

    wakati = fugashi.GenericTagger(f'-r /dev/null -d "{folder}" -Owakati')
    silent = fugashi.GenericTagger(f'-r /dev/null -d "{folder}" -O "" -F "" -U "" -E ""')
    routes: dict[str, Callable[[], Any]] = {
        "MeCab, parse without output": lambda: [silent.parse(text) for text in texts],
        "MeCab, -Owakati and split": lambda: [wakati.parse(text).split() for text in texts],
        **{
            f"JapaneseTokenizer, {form}, {pos or 'all'}": (
                lambda form=form, pos=pos: JapaneseTokenizer(form=form, pos=pos).transform(texts)
            )
            for form, pos in SETTINGS
        },
        "node.feature, base, content": lambda: [
            naive(tagger, text, "base", "content") for text in texts
        ],
    }
    times: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(args.rounds):  # in turn, so that a busy moment hits all alike
        for name, run in routes.items():
            times[name].append(cpu(run))
            print(f"{name}: {times[name][-1]:.2f} s", flush=True)
    base = median(times["MeCab, parse without output"])
    speed = markdown(
        ["route", "CPU seconds", "relative"],
        [
            [name, f"{median(seconds):.2f}", f"{median(seconds) / base:.2f}"]
            for name, seconds in times.items()
        ],
    )
    notes = (
        f"{len(texts)} livedoor articles, medians of {args.rounds} rounds, one process, routes in "
        f"turn.\n\n{machine()}"
    )
    write(args.out / "tokenizer.md", "JapaneseTokenizer on livedoor", notes, [same, speed])
    if different:
        sys.exit(f"{different} documents differ from the naive route")


if __name__ == "__main__":
    main()
