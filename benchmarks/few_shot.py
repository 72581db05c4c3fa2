"""livedoor with few labels: accuracy against labels per class, a table and a plot.

The recipe, TF-IDF + LinearSVC and the mean word vector + logistic regression learn from the
same draws. Run as ``python benchmarks/few_shot.py --data FOLDER``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _common import ALIASES, CHIVE, machine, markdown, parser, tfidf, write
from numpy.typing import NDArray
from recipe import objects
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_w2v import (
    JapaneseTokenizer,
    W2VIndexer,
    W2VVectorizer,
    WordVectors,
    make_w2v_pipeline,
)
from sklearn_w2v.datasets import load_livedoor

TESTED = 2_000  # documents of a draw's test set
MANY, FEW_DRAWS = 200, 3  # from so many labels on, draws differ little and cost much
OURS, BASELINE, MEAN = "recipe", "TF-IDF + LinearSVC", "mean vector + logistic regression"


class Draws:
    """Documents to learn from and to test on, in random draws.

    A draw's smaller training sets are parts of its larger ones, and its test set is the same
    for all of them: a line of the plot shows what more labels do, and nothing else.

    Parameters
    ----------
    y : ndarray of shape (n_documents,)
        Labels.
    sizes : sequence of int
        Labels per class.
    seed : int
        Of the draws.
    """

    def __init__(self, y: NDArray[Any], sizes: Sequence[int], seed: int) -> None:
        smallest = int(np.unique(y, return_counts=True)[1].min())
        if not sizes or min(sizes) < 2 or max(sizes) >= smallest:
            raise ValueError(
                f"Got labels={list(sizes)} but expected numbers from 2 to {smallest - 1}: the "
                "smallest class has no more."
            )
        self._y, self._largest, self._seed = y, max(sizes), seed

    def split(self, size: int, draw: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Rows of `size` documents of each class, and of the test set."""
        random = np.random.default_rng([self._seed, draw])
        orders = [random.permutation(np.flatnonzero(self._y == one)) for one in np.unique(self._y)]
        rest = np.concatenate([order[self._largest :] for order in orders])
        test = random.permutation(rest)[:TESTED]
        return np.sort(np.concatenate([order[:size] for order in orders])), np.sort(test)


def mean_vector(vectors: WordVectors) -> Pipeline:
    """Mean of a document's word vectors and a linear model, on token lists."""
    return make_pipeline(
        W2VIndexer(vectors),
        W2VVectorizer(),
        StandardScaler(),
        LogisticRegression(C=0.01, max_iter=1000),
    )


def measure(
    models: dict[str, tuple[Any, Callable[[], Any]]], y: Any, args: argparse.Namespace
) -> Iterator[dict[tuple[str, int], list[tuple[float, float]]]]:
    """Accuracies and seconds of all models and sizes so far, after each size."""
    draws = Draws(y, args.labels, args.seed)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for size in args.labels:
        for draw in range(min(args.draws, FEW_DRAWS) if size >= MANY else args.draws):
            train, test = draws.split(size, draw)
            for name, (tokens, model) in models.items():
                started = time.perf_counter()
                predicted = model().fit(tokens[train], y[train]).predict(tokens[test])
                seconds = time.perf_counter() - started
                score = float(accuracy_score(y[test], predicted))
                found.setdefault((name, size), []).append((score, seconds))
                print(
                    f"{size} labels, draw {draw}: {name} {score:.4f}, {seconds:.1f} s", flush=True
                )
        yield found


def plot(path: Path, names: Sequence[str], found: Any) -> None:
    """Accuracy against labels per class, with the standard deviation over draws."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    sizes = sorted({size for _, size in found})
    for name, marker in zip(names, "os^", strict=True):
        scores = [[score for score, _ in found[name, size]] for size in sizes]
        means, deviations = map(np.mean, scores), map(np.std, scores)
        axes.errorbar(
            sizes,
            list(means),
            list(deviations),
            marker=marker,
            capsize=3,
            linewidth=1.5,
            label=name,
        )
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set(xlabel="labels per class", ylabel="accuracy", title="livedoor news, 9 classes")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    work = path.with_suffix(".tmp")
    figure.savefig(work, format="png", dpi=150)
    work.replace(path)


def tables(names: Sequence[str], found: Any) -> list[str]:
    """Accuracies, and seconds of fit and predict."""
    accuracy, seconds = [], []
    for size in sorted({size for _, size in found}):
        here = [np.array(found[name, size]) for name in names]
        first = [str(size), str(len(here[0]))]
        spread = [f"{one[:, 0].mean():.3f} ± {one[:, 0].std():.3f}" for one in here]
        accuracy.append([*first, *spread])
        seconds.append([*first, *(f"{one[:, 1].mean():.1f}" for one in here)])
    header = ["labels per class", "draws", *names]
    return [
        "Accuracy\n\n" + markdown(header, accuracy),
        "Seconds\n\n" + markdown(header, seconds),
        "![Accuracy against labels per class](few_shot.png)\n",
    ]


def main() -> None:
    """Run, and write ``results/few_shot.md`` and ``results/few_shot.png``."""
    options = parser(__doc__)
    options.add_argument("--labels", nargs="+", type=int, default=[5, 10, 20, 50, 200])
    options.add_argument("--draws", type=int, default=10)
    args = options.parse_args()
    corpus = load_livedoor(args.data / "livedoor" / "ldcc-20140209-text.tar.gz")
    vectors = WordVectors.load(args.data / CHIVE, aliases=args.data / ALIASES)
    recipe = make_w2v_pipeline(vectors).named_steps["tokens"]
    tokens = objects(recipe.fit_transform(corpus.data))
    surfaces = JapaneseTokenizer(form="surface", pos=None)

    def network() -> Any:
        return make_w2v_pipeline(vectors, tokenizer=None, random_state=args.seed)

    models = {
        OURS: (tokens, network),
        BASELINE: (objects(surfaces.fit_transform(corpus.data)), tfidf),
        MEAN: (tokens, lambda: mean_vector(vectors)),
    }
    notes = (
        f"{len(corpus.data):,} articles. Each draw takes so many articles of each class to learn "
        f"from, and {TESTED:,} others to test on, the same for all models and numbers of labels; "
        f"mean and standard deviation over draws, seed {args.seed}. Recipe: `make_w2v_pipeline"
        "(vectors)` as it is, chiVe vectors with aliases. TF-IDF: sublinear, all surface tokens. "
        "Mean vector: `W2VVectorizer`, scaled. Seconds: fit and predict of one draw, from token "
        f"lists on.\n\n{machine()}"
    )
    for found in measure(models, corpus.target, args):
        plot_path = args.out / "few_shot.png"
        args.out.mkdir(parents=True, exist_ok=True)
        plot(plot_path, list(models), found)
        shown = tables(list(models), found)
        write(args.out / "few_shot.md", "livedoor news with few labels", notes, shown)


if __name__ == "__main__":
    main()
