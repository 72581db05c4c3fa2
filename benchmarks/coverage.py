"""Coverage: the share of the words of real texts that vectors know, by the form looked up."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Any

from _common import ALIASES, CHIVE, machine, markdown, parser, write
from _corpora import kyoto, livedoor, poets, prose

from sklearn_w2v import JapaneseTokenizer, W2VIndexer, Word2VecTrainer, WordVectors

CORPORA = {"livedoor news": livedoor, "poems": poets, "prose": prose}
WORDS = {"content": "content words", None: "all words"}
FORMS = ("surface", "base", "lemma")


def candidates(data: Path) -> dict[str, WordVectors]:
    """Vectors of normalised words, with and without aliases, and of words as MeCab gives them."""
    made = {
        "chiVe, 20,000 words": WordVectors.load(data / CHIVE),
        "chiVe, 480,443 words": WordVectors.load(data / CHIVE, aliases=data / ALIASES),
    }
    if importlib.util.find_spec("ja_ginza"):
        made["spacy:ja_ginza"] = WordVectors.load("spacy:ja_ginza")
    texts = kyoto(data).texts
    for form in ("surface", "base"):
        tokens = JapaneseTokenizer(form=form, pos=None).transform(texts)
        # coverage depends on the words alone, not on their vectors
        trainer = Word2VecTrainer(vector_size=10, epochs=1, min_count=5, random_state=0)
        vectors = trainer.fit(tokens).vectors_
        made[f"Wikipedia on Kyoto, {form}s, {len(vectors):,} words"] = vectors
        print(f"learnt {form}s: {len(vectors):,} words", flush=True)
    return made


def known(vectors: WordVectors, documents: list[list[str]], match: str) -> float:
    """Share of the running words that an indexer finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # low coverage is expected here
        indexer = W2VIndexer(vectors, match=match, random_state=0).fit(documents)
    return float(indexer.coverage_["tokens"])


def rows(texts: list[str], vectors: dict[str, WordVectors]) -> list[list[str]]:
    """One row for each form and choice of words."""
    made: list[list[str]] = []
    for pos, words in WORDS.items():
        plain: list[tuple[str, str, dict[str, Any]]] = [
            (form, "exact", {"form": form}) for form in FORMS
        ]
        recipe = ("surface with all forms", "auto", {"form": "surface", "forms": True})
        for name, match, params in [*plain, recipe]:
            documents = JapaneseTokenizer(pos=pos, **params).transform(texts)
            shares = [known(one, documents, match) for one in vectors.values()]
            made.append([words, name, *(f"{100 * share:.1f}" for share in shares)])
            print(" | ".join(made[-1]), flush=True)
    return made


def main() -> None:
    args = parser(__doc__).parse_args()
    vectors = candidates(args.data)
    tables = []
    for title, read in CORPORA.items():
        texts = read(args.data).texts
        table = markdown(["words", "looked up by", *vectors], rows(texts, vectors))
        tables.append(f"## {title}, {len(texts):,} documents\n\n{table}")
    notes = (
        "Share of the running words that have a vector, in %: `W2VIndexer.coverage_`. The first "
        'three rows look words up exactly as they are, `W2VIndexer(match="exact")`; the last is '
        'the recipe\'s way, `JapaneseTokenizer(form="surface", forms=True)` and '
        '`W2VIndexer(match="auto")`. chiVe has normalised words. The vectors of '
        "the last columns are learnt from 14,111 other articles by `Word2VecTrainer`, of "
        "words that come at least five times. A high share is necessary, not enough: the surface "
        "of an inflected word may be another word of the vectors.\n\n" + machine()
    )
    marked = ["<!-- tables -->\n", *tables, "<!-- /tables -->\n"]
    write(args.out / "coverage.md", "Which form meets which vectors", notes, marked)


if __name__ == "__main__":
    main()
