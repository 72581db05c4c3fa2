"""Tokenize the texts of a table in chunks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

_CHUNK = 1_000  # texts that are tokenized together
_CHUNK_PER_JOB = 5_000  # with several processes, which the tokenizer starts above 1,100 texts


def make_tokenizer(
    form: str,
    pos: str,
    normalize: str,
    dictionary: str,
    user_dictionary: Path | None,
    jobs: int,
) -> Any:
    """Make a tokenizer from the options of the command line, and check them."""
    from ..text.tokenizer import JapaneseTokenizer

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
    """Iterate over the words of each text of a table, with one chunk in memory."""
    from joblib import effective_n_jobs

    from .tables import text_of

    jobs = effective_n_jobs(tokenizer.n_jobs)
    size = _CHUNK if jobs == 1 else _CHUNK_PER_JOB * jobs
    texts = (text_of(row, column, table.name) for row in table.rows())
    if sys.stdin.isatty() and table.name == "the standard input":
        size = 1  # somebody is typing
    while chunk := list(islice(texts, size)):
        yield from tokenizer.transform(chunk)
