"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

DATA_HELP = (
    "CSV, TSV, JSON lines or Parquet by its ending (.csv, .tsv, .jsonl, .parquet; also .gz, .bz2, "
    ".xz), plain lines otherwise; - reads the standard input."
)

Text = Annotated[
    str | None,
    typer.Option(help='Column of the texts; by default "text", or the only column.'),
]
Label = Annotated[str, typer.Option(help="Column of the labels.")]
Format = Annotated[
    Literal["csv", "tsv", "jsonl", "parquet", "lines"] | None,
    typer.Option("--format", help="Format of the data, if the ending does not say it."),
]
Tokenizer = Annotated[
    Literal["japanese", "blanks"],
    typer.Option(help="japanese: MeCab; blanks: the texts are words separated by blanks."),
]
Encoding = Annotated[
    str, typer.Option(help="Encoding of the data: utf-8, cp932, ...; auto goes by the bytes.")
]
Delimiter = Annotated[str | None, typer.Option(help='Separator of cells in CSV: ";", "tab", ...')]
NoQuotes = Annotated[
    bool, typer.Option("--no-quotes", help="Read quotation marks in CSV and TSV as text.")
]
Group = Annotated[
    str | None,
    typer.Option(
        help="Column of groups (albums, works of an author): no fold is tested on a group that it "
        "was trained on."
    ),
]
DropEmpty = Annotated[
    bool, typer.Option("--drop-empty", help="Leave out rows without a text or a label.")
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Show results and errors only: no notes, no progress bars."),
]
# read by cli.app, which reports the errors
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all randomness.")]
Jobs = Annotated[int, typer.Option(help="Number of processes; -1 uses all cores.")]
Vectors = Annotated[
    str | None,
    typer.Option(
        help="Vectors file (word2vec, GloVe, fastText) or spacy:NAME, as in spacy:ja_ginza."
    ),
]
Aliases = Annotated[
    Path | None, typer.Option(help="File of more words that share vectors: alias, tab, word.")
]
Trust = Annotated[
    list[str] | None,
    typer.Option(help="Another type or function that the model file may refer to."),
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
