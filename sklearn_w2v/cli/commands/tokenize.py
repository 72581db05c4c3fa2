"""``sklearn-w2v tokenize``: words of texts, as these come."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from .. import options
from ..console import Ui
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
    encoding: options.Encoding = "utf-8",
    delimiter: options.Delimiter = None,
    no_quotes: options.NoQuotes = False,
    json: Annotated[bool, typer.Option("--json", help="Write a JSON list a line.")] = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Split Japanese texts into words: a line for each text, words with blanks between."""
    from json import dumps

    from ..tables import Reading, Table

    ui = Ui(quiet)
    tokenizer = make_tokenizer(form, pos, normalize, dictionary, user_dictionary, jobs)
    reading = Reading(format, encoding, delimiter, not no_quotes)
    bars = Ui(quiet or sys.stdout.isatty()).bars()
    with ui.catch_warnings(), bars, Table(data, reading, text is not None) as table:
        for words in tokens_of(table, table.column(text, "--text"), tokenizer):
            print(dumps(words, ensure_ascii=False) if json else " ".join(words))
        sys.stdout.flush()
