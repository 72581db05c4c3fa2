"""One network or three: the recipe beside a soft vote of three classifiers.

Each classifier has its own seed, and so holds other documents out to weigh its network on. Run as
``python benchmarks/voting.py --data FOLDER``.
"""

from __future__ import annotations

import time
import warnings
from itertools import islice
from typing import Any

import numpy as np
from _common import ALIASES, CHIVE, machine, markdown, parser, write
from _corpora import CORPORA
from sklearn.ensemble import VotingClassifier
from sklearn.metrics import accuracy_score
from sklearn.pipeline import Pipeline

from sklearn_w2v import WordVectors, make_w2v_pipeline
from sklearn_w2v.exceptions import TruncationWarning

MEMBERS = 3
MODELS = "the recipe", f"a vote of {MEMBERS}"


def vote(vectors: WordVectors, seed: int) -> Pipeline:
    """The recipe on token lists, with classifiers that vote by their probabilities."""
    recipe = make_w2v_pipeline(vectors, tokenizer=None, random_state=seed)
    members = [
        (f"seed {number}", make_w2v_pipeline(vectors, random_state=number)["clf"])
        for number in range(MEMBERS * seed, MEMBERS * (seed + 1))
    ]
    return Pipeline([*recipe.steps[:-1], ("clf", VotingClassifier(members, voting="soft"))])


def main() -> None:
    """Run and write ``results/voting.md``."""
    options = parser(__doc__)
    known = list(CORPORA)
    default = ["poets", "moral-1500", "moral-3000", "moral"]
    options.add_argument("--corpora", nargs="+", choices=known, default=default)
    options.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options.add_argument("--folds", type=int, default=1, help="of each seed")
    args = options.parse_args()
    warnings.simplefilter("ignore", TruncationWarning)
    vectors = WordVectors.load(args.data / CHIVE, aliases=args.data / ALIASES)
    rows = []
    for name in args.corpora:
        title, load, *_ = CORPORA[name]
        corpus = load(args.data)
        tokens: Any = np.empty(len(corpus.texts), object)
        tokens[:] = make_w2v_pipeline(vectors)["tokens"].transform(corpus.texts)
        found: dict[str, list[tuple[float, float]]] = {model: [] for model in MODELS}
        for seed in args.seeds:
            for train, test in islice(corpus.splits(seed), args.folds):
                one = make_w2v_pipeline(vectors, tokenizer=None, random_state=seed)
                for model, pipeline in zip(MODELS, (one, vote(vectors, seed)), strict=True):
                    started = time.perf_counter()
                    predicted = pipeline.fit(tokens[train], corpus.y[train]).predict(tokens[test])
                    seconds = time.perf_counter() - started
                    found[model].append((accuracy_score(corpus.y[test], predicted), seconds))
                    print(name, seed, model, found[model][-1], flush=True)
        for model, scores in found.items():
            accuracy, seconds = np.transpose(scores)
            spread = f" ± {accuracy.std():.3f}" if len(scores) > 1 else ""
            cells = [f"{accuracy.mean():.3f}{spread}", f"{seconds.mean():.0f}", str(len(scores))]
            rows.append([title, model, *cells])
    note = (
        "Means and standard deviations over seeds and folds. Seconds: fit and predict of one fold, "
        f"from tokens on; compare them within a task, as other work ran beside.\n\n{machine()}"
    )
    header = ["task", "model", "accuracy", "seconds a fold", "folds"]
    write(args.out / "voting.md", "One network or a vote of three", note, [markdown(header, rows)])


if __name__ == "__main__":
    main()
