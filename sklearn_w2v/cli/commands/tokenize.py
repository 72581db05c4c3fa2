"""``sklearn-w2v tokenize``: words of texts, as these come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from .. import options
from ..console import Ui

_AT_ONCE = 1_000
_FOR_EACH_JOB = 5_000  # the tokenizer starts processes above 1,100 texts

Form = Annotated[
    Literal["surface", "base", "lemma"],
    typer.Option(help="As written, dictionary form, or lemma."),
]
Pos = Annotated[
    str,
    typer.Option(help="Parts of speech to keep: all, content, or names: 名詞,動詞,形容詞."),
]
Dictionary = Annotated[
    str, typer.Option(help="unidic-lite, unidic, or the folder of a dictionary.")
]
UserDictionary = Annotated[
    Path | None, typer.Option(help="Compiled user dictionary in UniDic's format.")
]


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


def make_tokenizer(
    form: str,
    pos: str,
    normalize: str,
    dictionary: str,
    user_dictionary: Path | None,
    jobs: int,
) -> Any:
    """A tokenizer with the options of the command line, checked."""
    from ...text.tokenizer import JapaneseTokenizer

    if jobs == 0:
        raise ValueError("Got --jobs 0 but expected a number of processes, or -1.")
    names = [name for name in pos.split(",") if name]
    if not names:
        raise ValueError("Got an empty --pos but expected all, content or names: 名詞,動詞.")
    kept: Any = {"all": None, "content": "content"}.get(pos, names)
    return JapaneseTokenizer(
        form=form,
        pos=kept,
        normalize=None if normalize == "none" else normalize,
        dictionary=dictionary,
        user_dictionary=user_dictionary,
        n_jobs=jobs,
    ).fit([])


def tokens_of(table: Any, column: str, tokenizer: Any) -> Iterator[list[str]]:
    """Words of each text of a table; a chunk of them in memory."""
    from joblib import effective_n_jobs

    from ..tables import text_of

    jobs = effective_n_jobs(tokenizer.n_jobs)
    size = _AT_ONCE if jobs == 1 else _FOR_EACH_JOB * jobs
    texts = (text_of(row, column, table.name) for row in table.rows())
    if sys.stdin.isatty() and table.name == "the standard input":
        size = 1  # somebody types
    while chunk := list(islice(texts, size)):
        yield from tokenizer.transform(chunk)
