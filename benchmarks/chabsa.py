"""chABSA: many labels for each document. The recipe and TF-IDF + one LinearSVC for each label.

Sentences of annual reports and the categories that they have an opinion on; five folds that
keep each report together. Run as ``python benchmarks/chabsa.py --data FOLDER``.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from _common import ALIASES, CHIVE, identity, machine, markdown, parser, write
from recipe import objects
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GroupKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from sklearn_w2v import JapaneseTokenizer, WordVectors, make_w2v_pipeline
from sklearn_w2v.datasets import load_chabsa

SCORES = ["micro-F1", "macro-F1", "subset accuracy", "seconds a fold"]


def tfidf() -> Pipeline:
    """Sublinear TF-IDF and a linear SVM for each label, on token lists."""
    vectorizer = TfidfVectorizer(analyzer=identity, sublinear_tf=True)
    return make_pipeline(vectorizer, OneVsRestClassifier(LinearSVC()))


def run(model: Callable[[], Any], tokens: Any, y: Any, splits: Any, label: str) -> list[str]:
    """Cells of a table: one model over all folds."""
    scores = []
    for train, test in splits:
        started = time.perf_counter()
        predicted = model().fit(tokens[train], y[train]).predict(tokens[test])
        seconds = time.perf_counter() - started
        # labels that a fold neither has nor predicts do not count in its mean
        macro = f1_score(y[test], predicted, average="macro", zero_division=np.nan)
        micro = f1_score(y[test], predicted, average="micro")
        scores.append((micro, macro, accuracy_score(y[test], predicted), seconds))
        cells = ", ".join(f"{n} {v:.4f}" for n, v in zip(SCORES, scores[-1], strict=True))
        print(f"{label}: fold {len(scores)}, {cells}", flush=True)
    mean, deviation = np.mean(scores, axis=0), np.std(scores, axis=0)
    spread = [f"{m:.3f} ± {d:.3f}" for m, d in zip(mean[:3], deviation[:3], strict=True)]
    return [label, *spread, f"{mean[3]:.1f}"]


def main() -> None:
    """Run and write ``results/chabsa.md``."""
    args = parser(__doc__).parse_args()
    warnings.filterwarnings("ignore", "Label not", UserWarning)  # a rare one in no training fold
    corpus = load_chabsa(args.data / "chabsa" / "chABSA.tar.gz")
    vectors = WordVectors.load(args.data / CHIVE, aliases=args.data / ALIASES)
    y = corpus.target
    folds = GroupKFold(5, shuffle=True, random_state=args.seed)
    splits = list(folds.split(corpus.data, y, corpus.groups))
    recipe = make_w2v_pipeline(vectors).named_steps["tokens"]

    def network() -> Any:
        return make_w2v_pipeline(vectors, tokenizer=None, random_state=args.seed)

    models: list[tuple[str, Any, Callable[[], Any]]] = [
        ("TF-IDF + LinearSVC", JapaneseTokenizer(form="surface", pos=None), tfidf),
        ("recipe", recipe, network),
    ]
    labels = y.sum(axis=1)
    notes = (
        f"{len(y):,} sentences of {len(set(corpus.groups))} annual reports, {y.shape[1]} "
        f"categories, {labels.mean():.2f} a sentence; {np.sum(labels == 0):,} sentences have none, "
        "and stay in: a real task has them, too. 5 folds, each report in one of them, seed "
        f"{args.seed}. TF-IDF: sublinear, all surface tokens, one `LinearSVC` for each category. "
        "Recipe: `make_w2v_pipeline(vectors)` as it is, chiVe vectors with aliases. Mean and "
        "standard deviation over the folds; macro-F1 leaves out categories that a fold "
        "neither has nor is given; subset accuracy wants all labels of a sentence right. "
        "Seconds: fit and predict of one fold, "
        f"from token lists on.\n\n{machine()}"
    )
    rows: list[list[str]] = []
    for name, tokenizer, model in models:
        tokens = objects(tokenizer.fit_transform(corpus.data))
        rows.append(run(model, tokens, y, splits, name))
        table = markdown(["model", *SCORES], rows)
        write(args.out / "chabsa.md", "chABSA, 24 categories, many a sentence", notes, [table])


if __name__ == "__main__":
    main()
