"""``sklearn-w2v tokenize``: the words of texts, chunk by chunk."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from .. import options
from ..console import CommandOutput
from ..options import Dictionary, Form, Pos, UserDictionary
from ..tokens import make_tokenizer, tokens_of


def tokenize(
    data: Annotated[str, typer.Argument(help=f"Texts. {options.DATA_HELP}")] = "-",
    text: options.Text = None,
    form: Form = "surface",
    pos: Pos = "all",
    normalize: Annotated[
        Literal["NFC", "NFKC", "none"], typer.Option(help="Unicode form of the texts.")
    ] = "NFC",
    dictionary: Dictionary = "unidic-lite",
    user_dictionary: UserDictionary = None,
    jobs: options.Jobs = 1,
    format: options.Format = None,  # noqa: A002
    encoding: options.Encoding = "auto",
    delimiter: options.Delimiter = None,
    no_quotes: options.NoQuotes = False,
    json: Annotated[bool, typer.Option("--json", help="Write each text as a JSON list.")] = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Split Japanese texts into words: one line for each text, words separated by blanks."""
    from json import dumps

    from ..tables import ReadOptions, Table

    output = CommandOutput(quiet)
    tokenizer = make_tokenizer(form, pos, normalize, dictionary, user_dictionary, jobs)
    read_options = ReadOptions(format, encoding, delimiter, not no_quotes)
    bars = CommandOutput(quiet or sys.stdout.isatty()).progress_bars()
    with output.catch_warnings(), bars, Table(data, read_options, text is not None) as table:
        output.notes(table.notes)
        for words in tokens_of(table, table.column(text, "--text"), tokenizer):
            print(dumps(words, ensure_ascii=False) if json else " ".join(words))
        sys.stdout.flush()
