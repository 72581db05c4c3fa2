"""The command ``sklearn-w2v``."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from ..utils.language import ENVIRONMENT, in_language, language_of_locale
from ..version import __version__
from . import options
from .commands.evaluate import evaluate
from .commands.explain import explain
from .commands.fit import fit
from .commands.predict import predict
from .commands.serve import serve
from .commands.tokenize import tokenize
from .commands.vectors import vectors
from .console import one_line

app = typer.Typer(
    name="sklearn-w2v",
    help="Transfer learning from word2vec into Keras text classifiers, for scikit-learn.",
    add_completion=False,
    rich_markup_mode="markdown",  # it reflows the help
    pretty_exceptions_enable=False,
)

_INTERRUPTED = 130  # exit status of shells after Ctrl-C
_BROKEN_PIPE = 141  # and after a closed pipe
_is_windows = os.name == "nt"
_EXPECTED = (ValueError, TypeError, OSError, ImportError)  # mistakes that a user can correct


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
    language: Annotated[
        Literal["en", "ja"] | None,
        typer.Option(
            envvar=ENVIRONMENT,
            help="Language of tables, reports, pages and model cards; by default, that of the "
            "locale.",
        ),
    ] = None,
) -> None:
    """Transfer learning from word2vec into Keras text classifiers, for scikit-learn."""
    context.with_resource(in_language(language or language_of_locale()))


for _command in (fit, predict, evaluate, explain, serve, tokenize):
    app.command()(_command)
app.add_typer(vectors, name="vectors")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the pictures; created if missing.")] = Path(
        "demo-output"
    ),
    seed: options.Seed = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of each training.")] = 20,
    debug: options.Debug = False,
) -> None:
    """Classify the song lyrics that ship with the package by artist."""
    from .demo import run_demo

    run_demo(out, seed=seed, epochs=epochs, console=Console())


def main() -> None:
    """Run the command.

    Exit status: 0 for success, 2 for an error, which is one line (``--debug`` shows the
    traceback), 130 after Ctrl-C, 141 if the reader of a pipe has closed it.
    """
    _open_streams()
    _set_streams()
    sys.exit(_run(sys.argv[1:] or ["--help"]))


def _run(arguments: list[str]) -> int:
    debug = "--debug" in arguments
    try:
        status = app(arguments, prog_name="sklearn-w2v", standalone_mode=False)
        sys.stdout.flush()  # here, where a broken pipe is caught
    except SystemExit as error:  # typer raises it for a broken pipe, with status 1
        return _BROKEN_PIPE if isinstance(error.__context__, BrokenPipeError) else 2
    except (KeyboardInterrupt, typer.Abort):
        status = _INTERRUPTED
    except Exception as error:
        if _is_closed_pipe(error):
            # Python flushes stdout again when it exits, and would report that this fails
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return _BROKEN_PIPE
        if debug:
            traceback.print_exc()
        _print_error(_message(error, debug))
        return int(getattr(error, "exit_code", 2))
    if status == _INTERRUPTED:
        _print_error("Interrupted.")
    return status if isinstance(status, int) else 0


def _is_closed_pipe(error: Exception) -> bool:
    """Whether the reader of the output has closed it; Windows knows no more than EINVAL."""
    if isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None:
        return _is_windows
    return isinstance(error, BrokenPipeError)


def _message(error: Exception, debug: bool) -> str:
    """The message of an error, in one line."""
    shown = getattr(error, "format_message", None)  # errors of the command line itself
    if shown is not None:
        where = getattr(getattr(error, "ctx", None), "command_path", "")
        return one_line(shown()) + (f" ({where} --help)" if where else "")
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {str(error.filename)!r}"
    text = one_line(str(error))
    if isinstance(error, _EXPECTED) and text:
        return text
    hint = "" if debug else " (--debug shows where)"
    return f"{type(error).__name__}{': ' if text else ''}{text}{hint}"


def _print_error(text: str) -> None:
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    if text == "Interrupted.":
        console.print(text)
        return
    console.print(Text.assemble(("Error: ", "bold red"), text))


def _open_streams() -> None:
    """Open the null device for standard streams that the caller has closed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _set_streams() -> None:
    """Write UTF-8 into pipes and files, and replace characters that cannot be encoded.

    Line feeds stay as they are, those within cells too, where Windows would put CR LF.
    """
    for stream in (sys.stdout, sys.stderr):
        change: Any = getattr(stream, "reconfigure", None)
        if change is not None:
            piped = {} if stream.isatty() else {"encoding": "utf-8", "newline": "\n"}
            change(errors="replace", **piped)


if __name__ == "__main__":
    main()
