"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

DATA_HELP = (
    "CSV, TSV, JSON lines or Parquet by its ending (.csv, .tsv, .jsonl, .parquet; also .gz, .bz2, "
    ".xz), plain lines otherwise; - is the standard input."
)

Text = Annotated[
    str | None,
    typer.Option(help='Column that holds the texts; by default "text", or the only one.'),
]
Label = Annotated[str, typer.Option(help="Column that holds the labels.")]
Format = Annotated[
    Literal["csv", "tsv", "jsonl", "parquet", "lines"] | None,
    typer.Option("--format", help="Where the ending does not say it."),
]
Tokenizer = Annotated[
    Literal["japanese", "blanks"],
    typer.Option(help="MeCab, or blanks: the texts are words with blanks between."),
]
Encoding = Annotated[
    str, typer.Option(help="Encoding of the data: utf-8 (with or without BOM), cp932, ...")
]
Delimiter = Annotated[
    str | None, typer.Option(help='What stands between cells of CSV: ";", "tab", ...')
]
NoQuotes = Annotated[
    bool, typer.Option("--no-quotes", help="Take quotation marks in CSV and TSV as text.")
]
DropEmpty = Annotated[
    bool, typer.Option("--drop-empty", help="Leave rows out that have no text or no label.")
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Results and errors only: no notes, no bars.")
]
# read by cli.main, which reports the errors
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random.")]
Jobs = Annotated[int, typer.Option(help="Processes that share the work; -1 takes all cores.")]
Vectors = Annotated[
    str | None,
    typer.Option(
        help="Vectors file (word2vec, GloVe, fastText) or spacy:NAME, as in spacy:ja_ginza."
    ),
]
Aliases = Annotated[
    Path | None, typer.Option(help="File of further words that share vectors: alias, tab, word.")
]
Trust = Annotated[
    list[str] | None,
    typer.Option(help="Further type or function that the model file may refer to."),
]


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
