"""Eight poets: the full pipeline and TF-IDF + LinearSVC, random and grouped splits.

5-fold cross-validation, at random and grouped by collection (no collection is in training
and test); chiVe vectors; content words and all words, frozen and fine-tuned. Run as
``python benchmarks/poets.py --data FOLDER``.
"""

from __future__ import annotations

from _common import CHIVE, SCORES, Folds, machine, markdown, parser, write
from _transfer import FORM, compare
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from sklearn_w2v.datasets import load_poets


def main() -> None:
    """Run and write ``results/poets.md``."""
    options = parser(__doc__)
    options.add_argument("--epochs", type=int, default=15)
    args = options.parse_args()
    corpus = load_poets(args.data / "poets")
    notes = (
        f"{len(corpus.data)} poems, 5 folds, seed {args.seed}. Grouped: the poems of a collection "
        "stay together. Pipeline: `make_w2v_pipeline` with the network alone (`bow=None`), "
        f"{args.epochs} epochs; chiVe vectors, form "
        f"`{FORM}` unless the row says surface. Seconds: fit and predict of one fold, from token "
        f"lists on, on a machine that other work shared.\n\n{machine()}"
    )
    finished: list[Folds] = []

    def seen(done: list[Folds]) -> None:
        rows = [fold.row() for fold in [*finished, *done]]
        table = markdown(["split", "words", "model", *SCORES], rows)
        write(args.out / "poets.md", "Eight poets", notes, [table])

    kinds = {
        "random": StratifiedKFold(5, shuffle=True, random_state=args.seed),
        "grouped": StratifiedGroupKFold(5, shuffle=True, random_state=args.seed),
    }
    for name, folds in kinds.items():
        splits = list(folds.split(corpus.data, corpus.target, groups=corpus.groups))
        finished += compare(
            corpus, splits, args.data / CHIVE, name, args.seed, None, seen, epochs=args.epochs
        )


if __name__ == "__main__":
    main()
