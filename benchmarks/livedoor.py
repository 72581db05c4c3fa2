"""livedoor news, nine classes: the full pipeline and TF-IDF + LinearSVC.

Stratified 5-fold cross-validation; chiVe vectors; content words and all words, frozen and
fine-tuned. Run as ``python benchmarks/livedoor.py --data FOLDER``.
"""

from __future__ import annotations

import warnings

from _common import CHIVE, SCORES, Folds, machine, markdown, parser, write
from _transfer import FORM, compare
from sklearn.model_selection import StratifiedKFold

from sklearn_w2v.datasets import load_livedoor
from sklearn_w2v.exceptions import TruncationWarning


def main() -> None:
    """Run and write ``results/livedoor.md``."""
    options = parser(__doc__)
    options.add_argument("--maxlen", type=int, default=250, help="words of an article that count")
    options.add_argument("--epochs", type=int, default=4)
    options.add_argument("--batch-size", type=int, default=64)
    args = options.parse_args()
    # most articles are longer than maxlen, on purpose: the table says so
    warnings.simplefilter("ignore", TruncationWarning)
    corpus = load_livedoor(args.data / "livedoor" / "ldcc-20140209-text.tar.gz")
    folds = StratifiedKFold(5, shuffle=True, random_state=args.seed)
    splits = list(folds.split(corpus.data, corpus.target))
    notes = (
        f"{len(corpus.data)} articles, stratified 5-fold, seed {args.seed}. The network reads the "
        f"first {args.maxlen} words of an article, TF-IDF all of them. Pipeline: "
        f"`make_w2v_pipeline` with the network alone (`bow=None`), {args.epochs} epochs, "
        f"batches of {args.batch_size}; chiVe vectors, "
        f"form `{FORM}` unless the row says surface. Seconds: fit and predict of one fold, from "
        f"token lists on, on a machine that other work shared.\n\n{machine()}"
    )

    def seen(done: list[Folds]) -> None:
        table = markdown(["split", "words", "model", *SCORES], [fold.row() for fold in done])
        write(args.out / "livedoor.md", "livedoor news, 9 classes", notes, [table])

    compare(
        corpus,
        splits,
        args.data / CHIVE,
        "stratified",
        args.seed,
        args.maxlen,
        seen,
        epochs=args.epochs,
        batch_size=args.batch_size,
    )


if __name__ == "__main__":
    main()
