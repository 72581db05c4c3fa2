"""Does transfer pay? What the probe says in a second, and what a network then adds.

Each set of documents is asked by the probe (mean word vectors beside the linear branch, on
held-out documents), and then trained twice: without a network, and with one that counts
whatever the gate says. So wrong answers of the probe and of the gate show, in both directions.
Run as ``python benchmarks/transfer.py --data FOLDER``.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _common import ALIASES, CHIVE, machine, markdown, parser, write
from _corpora import CORPORA
from recipe import objects

from sklearn_w2v import WordVectors, make_w2v_pipeline
from sklearn_w2v.classifiers import blend_training
from sklearn_w2v.classifiers.transfer import PAYS
from sklearn_w2v.classifiers.weigher import Weigher

# corpus, training documents (None: all of a fold), draws
SETS: list[tuple[str, int | None, int]] = [
    ("moral", 500, 3),
    ("moral", 1_500, 3),
    ("moral", 3_000, 3),
    ("kyoto", 900, 2),
    ("poets", None, 2),
    ("poets-grouped", None, 2),
    ("livedoor-10", None, 2),
    ("livedoor", 900, 1),
    ("prose", None, 1),
]
GATES = (0, 1, 2, 3)
WORTH = 0.002  # accuracy from which a network is worth having


class Recorder(Weigher):
    """A weigher that writes down the gains that it is asked for."""

    gains: list[tuple[float, float]] = []

    def gain(self, without: Any, with_it: Any) -> tuple[float, float]:
        """Write down and return gain and error."""
        found = super().gain(without, with_it)
        self.gains.append(found)
        return found


def parts(name: str, corpus: Any, n: int | None, draws: int) -> Iterator[tuple[int, Any, Any]]:
    """Yield rows to train and to test on, for each draw."""
    splits = list(corpus.splits(0))
    for draw in range(draws):
        train, test = splits[draw % len(splits)]
        if n is not None and name == "moral":  # its file has no order
            train = train[draw * n : (draw + 1) * n]
        elif n is not None:
            train = np.sort(np.random.default_rng(draw).choice(train, n, replace=False))
        yield draw, train, test


def run(args: argparse.Namespace, file: Path) -> None:
    """Ask and train, and write one line for each set."""
    vectors = WordVectors.load(args.data / CHIVE, aliases=args.data / ALIASES)
    tokenizer = make_w2v_pipeline(vectors).named_steps["tokens"]
    blend_training.Weigher = Recorder  # type: ignore[misc]
    done: dict[str, Any] = {}
    for name, n, draws in SETS:
        if name not in args.corpora:
            continue
        if name not in done:
            corpus = CORPORA[name][1](args.data)
            done[name] = corpus, objects(tokenizer.transform(corpus.texts))
        corpus, tokens = done[name]
        for draw, train, test in parts(name, corpus, n, draws):
            row = {"corpus": name, "documents": len(train), "draw": draw}
            row |= ask(vectors, tokens, corpus.y, train, test, draw)
            print(json.dumps(row), flush=True)
            with open(file, "a", encoding="utf-8") as out:
                out.write(json.dumps(row) + "\n")


def ask(vectors: Any, tokens: Any, y: Any, train: Any, test: Any, seed: int) -> dict[str, Any]:
    """Figures of one set."""

    def fitted(**params: Any) -> Any:
        Recorder.gains.clear()
        model = make_w2v_pipeline(vectors, tokenizer=None, random_state=seed, **params)
        return model.fit(tokens[train], y[train])

    enough, blend_training._ENOUGH = blend_training._ENOUGH, 1
    fitted(train_network=False)
    (first,) = Recorder.gains
    blend_training._ENOUGH = enough
    prospect, blend_training._PROSPECT = blend_training._PROSPECT, -np.inf  # ask all folds
    fitted(train_network=False)
    half, whole = Recorder.gains[0], Recorder.gains[-1]
    blend_training._PROSPECT = prospect
    linear = fitted(train_network=False)
    probe = linear["clf"].transfer_
    # the gate is open, so that the network always counts
    gate = blend_training._ERRORS, blend_training.LEAST_GAIN
    blend_training._ERRORS = blend_training.LEAST_GAIN = -np.inf
    started = time.perf_counter()
    both = fitted(train_network=True)
    seconds = time.perf_counter() - started
    blend_training._ERRORS, blend_training.LEAST_GAIN = gate
    of_network = Recorder.gains[-1]
    return {
        "z_first": _z(first),
        "z_half": _z(half),
        "z_whole": _z(whole),
        "z": probe.z,
        "gain": probe.gain,
        "probe_seconds": probe.seconds,
        "linear": linear.score(tokens[test], y[test]),
        "with_network": both.score(tokens[test], y[test]),
        "z_network": _z(of_network),
        "seconds": seconds,
    }


def _z(gain: tuple[float, float]) -> float:
    return gain[0] / gain[1] if gain[1] else 0.0


def tables(file: Path) -> None:
    """Write the tables."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    cells = []
    for name, n, _ in SETS:
        mine = [
            row for row in rows if row["corpus"] == name and (n is None or row["documents"] == n)
        ]
        cells += [
            [
                CORPORA[name][0],
                str(row["documents"]),
                f"{row['z_first']:.1f}",
                f"{row.get('z_half', float('nan')):.1f}",  # nan: measured before it was asked
                f"{row.get('z_whole', float('nan')):.1f}",
                f"{row['z']:.1f}",
                f"{row['gain']:.4f}",
                f"{row['probe_seconds']:.1f}",
                f"{row['linear']:.3f}",
                f"{row['with_network']:.3f}",
                f"{row['z_network']:.1f}",
                f"{row['seconds']:.0f}",
                "yes" if row["z"] >= PAYS else "no",
            ]
            for row in mine
        ]
    header = [
        "task",
        "documents",
        "z, first fold",
        "z, 500",
        "z, 1,000",
        "z",
        "gain",
        "probe, s",
        "linear members",
    ]
    header += ["with network", "z of the network", "training, s", "trained by itself"]
    write(
        file.with_suffix(".md"),
        "Does transfer pay?",
        "One line for each set of training documents. *z*: standard errors by which mean word "
        "vectors lower the loss of the linear branch, on the first inner fold, on as many as hold "
        "500 and 1,000 documents out, and where the probe stops by itself. "
        "*Linear members* and *with network*: accuracy on documents "
        "that nobody has seen, without and with a network that counts whatever is found. *z of "
        "the network*: standard errors by which it lowers the held-out loss. It is trained where "
        f"z is {PAYS:g} or more, and counts where it then lowers the loss more than mean vectors "
        "do (a gate of 0).\n\n" + machine(),
        [markdown(header, cells), "", _wrong(rows)],
    )


def _wrong(rows: list[dict[str, Any]]) -> str:
    """Table of wrong answers: networks that count and hurt, or would help and do not count."""
    cells = []
    for asked in (True, False):
        for gate in GATES:
            false = missed = 0
            accuracy = []
            for row in rows:
                counts = (row["z"] >= PAYS or not asked) and row["z_network"] >= gate
                gap = row["with_network"] - row["linear"]
                false += counts and gap < -WORTH
                missed += not counts and gap > WORTH
                accuracy.append(row["with_network"] if counts else row["linear"])
            cells.append(
                [
                    f"probe of {PAYS:g}" if asked else "no probe",
                    str(gate),
                    str(false),
                    str(missed),
                    f"{np.mean(accuracy):.4f}",
                ]
            )
    header = ["asked before training", "gate, standard errors", "counts, and hurts"]
    return markdown([*header, "would help, and does not count", "mean accuracy"], cells)


def main() -> None:
    """Ask all sets, and write the tables."""
    options = parser(__doc__)
    names = list(dict.fromkeys(name for name, _, _ in SETS))
    options.add_argument("--corpora", nargs="+", choices=names, default=names)
    options.add_argument("--tables", action="store_true", help="only write the tables again")
    args = options.parse_args()
    warnings.simplefilter("ignore")
    file = Path(args.out) / "transfer.jsonl"
    if not args.tables:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():  # rows of these corpora are replaced, others stay
            lines = file.read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines if json.loads(line)["corpus"] not in args.corpora]
            file.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        run(args, file)
    tables(file)


if __name__ == "__main__":
    main()
