"""The command ``sklearn-w2v``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from . import __version__

app = typer.Typer(
    name="sklearn-w2v",
    help="Transfer learning from word2vec into Keras text classifiers, for scikit-learn.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Transfer learning from word2vec into Keras text classifiers, for scikit-learn."""


@app.command()
def demo(
    out: Annotated[
        Path, typer.Option(help="Folder for the pictures; made if it is not there.")
    ] = Path("demo-output"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of each training.")] = 20,
) -> None:
    """Whose song is it? Classify the lyrics that ship with the package by artist."""
    from ._demo import run_demo

    run_demo(out, seed=seed, epochs=epochs, console=Console())


def main() -> None:
    """Run the command; errors that a user can mend are one line and exit status 2."""
    try:
        app()
    except (ValueError, TypeError, OSError, ImportError) as error:
        Console(stderr=True, soft_wrap=True).print(
            Text.assemble(("Error: ", "bold red"), str(error))
        )
        sys.exit(2)


if __name__ == "__main__":
    main()
