"""Cleaning: whether taking out addresses, HTML entities and joined emoji pays."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from _common import ALIASES, CHIVE, machine, markdown, parser, tfidf, write
from _corpora import kyoto, livedoor, moral, poets, prose
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from sklearn_w2v import JapaneseTokenizer, WordVectors
from sklearn_w2v.classifiers.linear_branch import Features, LinearBranch
from sklearn_w2v.datasets import load_chabsa
from sklearn_w2v.features.flat_ids import FlatIds

FOLDS = 5
ADDRESS = r"https?://[!-~]+|[\w.+-]+@[\w-]+\.[\w.-]+"
KINDS = {
    "addresses": ADDRESS,
    "HTML entities": r"&(?:#\d+|#x[\da-f]+|[a-z]\w*);",
    "joined emoji": r"\ufe0f?\u200d.",
    "kaomoji": r"[(（][^\w()（）]{0,4}[\^´｀∀ωД゜≧≦；;][^()（）ぁ-ゖ一-鿿]{1,6}[)）]",
}
FLAGS = re.ASCII | re.IGNORECASE
NOISE = re.compile("|".join(list(KINDS.values())[:3]), FLAGS)
Tokens = list[list[str]]


def without_noise(text: str) -> str:
    """Put blanks in the place of addresses, and characters in that of entities."""

    def blank(found: re.Match[str]) -> str:
        return html.unescape(found[0]) if found[0].startswith("&") else " "

    return NOISE.sub(blank, text)


def hosts(text: str) -> str:
    """Make one word of an address: its host."""

    def host(found: re.Match[str]) -> str:
        name = re.split(r"[/?#]", re.sub(r"^https?://|^.*@", "", found[0]))[0]
        return f" {re.sub('[^a-z]', '', name.lower())} "

    return without_noise(re.sub(ADDRESS, host, text, flags=FLAGS))


def counts(data: Any) -> list[list[str]]:
    """Return how many documents of each corpus hold any."""
    corpora = {one.__name__: one(data).texts for one in (livedoor, poets, prose, kyoto, moral)}
    corpora["chabsa"] = load_chabsa(data / "chabsa" / "chABSA.tar.gz").data
    rows = []
    for name, texts in corpora.items():
        found = [sum(bool(re.search(kind, one, FLAGS)) for one in texts) for kind in KINDS.values()]
        rows.append([name, f"{len(texts):,}", *map(str, found)])
    return rows


def tfidf_right(documents: Tokens, y: NDArray[Any], splits: Any) -> list[NDArray[np.bool_]]:
    """Return which test documents of each fold TF-IDF labels rightly."""
    right = []
    for train, test in splits:
        model = tfidf().fit([documents[row] for row in train], y[train])
        right.append(model.predict([documents[row] for row in test]) == y[test])
    return right


def branch_right(documents: Tokens, y: NDArray[Any], splits: Any) -> list[NDArray[np.bool_]]:
    """Do the same with the recipe's linear branch, alone."""
    words = sorted({word for one in documents for word in one})
    number = {word: id_ for id_, word in enumerate(words, 2)}
    ids = np.array([number[word] for one in documents for word in one], np.int32)
    flat = FlatIds(ids, np.array(list(map(len, documents)), np.int64))
    vectors = WordVectors(words, np.ones((len(words), 1), np.float32))
    right = []
    for train, test in splits:
        features = Features("ngrams")
        counted = features.count(flat.take(train), vectors)
        branch = LinearBranch(10.0, 0).fit(counted, y[train], int(y.max()) + 1)
        logits = branch.decide(features.count(flat.take(test), vectors))
        right.append(logits.argmax(1) == y[test])
    return right


def compared(former: list[NDArray[np.bool_]], new: list[NDArray[np.bool_]], rows: Any) -> list[str]:
    """Return accuracy, and its difference with the corrected error of Nadeau and Bengio (2003)."""
    gaps = [b[of].mean() - a[of].mean() for a, b, of in zip(former, new, rows, strict=True)]
    error = np.std(gaps, ddof=1) * np.sqrt(1 / FOLDS + 1 / (FOLDS - 1))
    mean = np.mean([b[of].mean() for b, of in zip(new, rows, strict=True)])
    return [f"{100 * mean:.1f}", f"{100 * np.mean(gaps):+.2f} ± {100 * error:.2f}"]


def main() -> None:
    args = parser(__doc__).parse_args()
    held = markdown(["corpus", "documents", *KINDS], counts(args.data))
    print(held, flush=True)
    corpus = livedoor(args.data)
    holds = np.array([bool(NOISE.search(one)) for one in corpus.texts])
    rng = np.random.default_rng(args.seed)
    others = rng.permutation(np.flatnonzero(~holds))[: holds.sum()]
    chosen = np.sort(np.concatenate([np.flatnonzero(holds), others]))
    texts, y, holds = [corpus.texts[row] for row in chosen], corpus.y[chosen], holds[chosen]
    y = np.unique(y, return_inverse=True)[1]
    splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=args.seed).split(texts, y))
    known = set(WordVectors.load(args.data / CHIVE, aliases=args.data / ALIASES).words)
    tokenizer = JapaneseTokenizer(form="surface", pos=None)
    changes: dict[str, Callable[[str], str]] = {
        "as they are": str,
        "without them": without_noise,
        "addresses as hosts": hosts,
    }
    every, those = [np.full(len(test), True) for _, test in splits], [holds[t] for _, t in splits]
    former: dict[Any, Any] = {}
    rows = []
    for name, change in changes.items():
        documents = tokenizer.transform(list(map(change, texts)))
        held_words = [word for one, of in zip(documents, holds, strict=True) if of for word in one]
        cells = [f"{len(held_words) / holds.sum():.0f}"]
        cells.append(f"{100 * np.mean([word in known for word in held_words]):.1f}")
        for learner in (tfidf_right, branch_right):
            new = learner(documents, y, splits)
            former.setdefault(learner, new)
            cells += compared(former[learner], new, every)
            cells += compared(former[learner], new, those)
        rows.append([name, *cells])
        print(" | ".join(rows[-1]), flush=True)
    scores = [
        f"{learner}{part}"
        for learner in ("TF-IDF", "linear branch")
        for part in (", %", ", difference", ", % of those", ", difference")
    ]
    header = ["addresses, entities and joined emoji", "words of those", "known, %", *scores]
    notes = (
        f"How many documents hold any, and what {len(texts):,} articles of livedoor say: the "
        f"{holds.sum():,} that hold addresses, entities or joined emoji (*those*) and as many "
        "others. "
        f"{FOLDS} folds, the same for all; differences are to the first row, with the corrected "
        "standard error. *known*: share of the running words of *those* that chiVe's 480,443 words "
        "hold, as they are. Kaomoji are counted by a rough pattern and left in.\n\n" + machine()
    )
    write(args.out / "cleaning.md", "What cleaning brings", notes, [held, markdown(header, rows)])


if __name__ == "__main__":
    main()
