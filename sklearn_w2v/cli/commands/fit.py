"""``sklearn-w2v fit``: its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .. import options
from ..console import Ui


def fit(
    data: Annotated[str, typer.Argument(help=f"Labelled texts. {options.DATA_HELP}")],
    out: Annotated[Path, typer.Option(help="Where the model goes, as in model.w2v.")],
    text: options.Text = None,
    label: options.Label = "label",
    group: Annotated[
        str | None,
        typer.Option(
            help="Column of what belongs together (an album, an author's work): no fold tests on "
            "a group that it learnt from."
        ),
    ] = None,
    vectors: options.Vectors = None,
    aliases: options.Aliases = None,
    network: Annotated[
        Literal["lstm", "cnn"], typer.Option(help="The network beside the linear branch.")
    ] = "lstm",
    tokenizer: options.Tokenizer = "japanese",
    search: Annotated[
        bool, typer.Option("--search", help="Look for good parameters first, on the folds.")
    ] = False,
    folds: Annotated[
        int, typer.Option(min=0, help="Folds of the cross-validation; 0 leaves it out.")
    ] = 5,
    maxlen: Annotated[
        int | None,
        typer.Option(min=1, help="Words of a text that are read; by default most texts' length."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="The most epochs there are.")] = None,
    keep: Annotated[
        Literal["rows", "all", "reference"] | None,
        typer.Option(
            help="Which rows of the vectors the model holds: rows (those that training used), all, "
            "or reference (none: the file stays where it is). Left out: all where the network "
            "counts and that is below 100 MB, else rows."
        ),
    ] = None,
    drop_empty: options.DropEmpty = False,
    drop_rare: Annotated[
        int, typer.Option(min=1, help="Leave labels out that have fewer documents than this.")
    ] = 1,
    seed: options.Seed = 0,
    jobs: options.Jobs = 1,
    format: options.Format = None,  # noqa: A002
    encoding: options.Encoding = "utf-8",
    delimiter: options.Delimiter = None,
    no_quotes: options.NoQuotes = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Train a classifier on labelled texts and write it into one file.

    At the end stands its cross-validated accuracy beside TF-IDF + LinearSVC on the same folds,
    and which of them to take. Ctrl-C stops the training: the best weights so far are written,
    and the exit status is 130.
    """
    from ..fit_run import Fit, run_fit
    from ..tables import Reading

    order = Fit(
        data=data,
        out=out,
        text=text,
        label=label,
        group=group,
        vectors=vectors,
        aliases=aliases,
        network=network,
        tokenizer=tokenizer,
        search=search,
        folds=folds,
        maxlen=maxlen,
        epochs=epochs,
        keep=keep,
        drop_empty=drop_empty,
        drop_rare=drop_rare,
        seed=seed,
        jobs=jobs,
        reading=Reading(format, encoding, delimiter, not no_quotes),
    )
    raise typer.Exit(run_fit(order, Ui(quiet), json))
