"""``sklearn-w2v fit``: options of the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .. import options
from ..console import CommandOutput


def fit(
    data: Annotated[str, typer.Argument(help=f"Labelled texts. {options.DATA_HELP}")],
    out: Annotated[Path, typer.Option(help="File for the model, such as model.w2v.")],
    text: options.Text = None,
    label: options.Label = "label",
    group: options.Group = None,
    vectors: options.Vectors = None,
    aliases: options.Aliases = None,
    network: Annotated[
        Literal["lstm", "cnn"],
        typer.Option(help="Network that is trained next to the linear branch."),
    ] = "lstm",
    train_network: Annotated[
        Literal["auto", "always", "never"],
        typer.Option(
            help="Whether the network is trained; auto: where word vectors tell what the linear "
            "branch does not know."
        ),
    ] = "auto",
    tokenizer: options.Tokenizer = "japanese",
    search: Annotated[
        bool, typer.Option("--search", help="Search for good parameters on the folds first.")
    ] = False,
    folds: Annotated[
        int, typer.Option(min=0, help="Number of folds of the cross-validation; 0 skips it.")
    ] = 5,
    maxlen: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of words read of each text; by default 95 % of the texts are read whole.",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Maximum number of epochs.")] = None,
    keep: Annotated[
        Literal["rows", "all", "reference"] | None,
        typer.Option(
            help="Rows of the vectors in the model file: rows (those that training used), all, or "
            "reference (none; the model refers to the vectors file). By default, all if the "
            "network has a weight and they take less than 100 MB, else rows."
        ),
    ] = None,
    drop_empty: options.DropEmpty = False,
    drop_rare: Annotated[
        int, typer.Option(min=1, help="Leave out labels with fewer documents than this.")
    ] = 1,
    seed: options.Seed = 0,
    jobs: options.Jobs = 1,
    format: options.Format = None,  # noqa: A002
    encoding: options.Encoding = "auto",
    delimiter: options.Delimiter = None,
    no_quotes: options.NoQuotes = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Train a classifier on labelled texts and write it into one file.

    At the end, its cross-validated accuracy is compared with that of TF-IDF + LinearSVC on the
    same folds, with advice which of them to take. Ctrl-C stops the training: the best weights
    so far are written, and the exit status is 130.
    """
    from ..fit_run import FitOptions, run_fit
    from ..tables import ReadOptions

    fit_options = FitOptions(
        data=data,
        out=out,
        text=text,
        label=label,
        group=group,
        vectors=vectors,
        aliases=aliases,
        network=network,
        train_network=train_network,
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
        read_options=ReadOptions(format, encoding, delimiter, not no_quotes),
    )
    raise typer.Exit(run_fit(fit_options, CommandOutput(quiet), json))
