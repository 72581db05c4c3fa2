"""Word vectors of texts that need not fit into memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ..utils.files import naming, remove, scratch_folder
from ..vectors.trainer import Word2VecTrainer
from ..vectors.word_vectors import WordVectors
from .tables import Reading, Table, text_of
from .tokens import tokens_of

_NO_ROOM = "the words of the texts do not fit there; make room, or set TMPDIR to another folder"


class Training:
    """Learn vectors from files of texts.

    Parameters
    ----------
    files : list of str
        Tables or lines.
    column : str or None
        Column of the texts.
    reading : Reading
        How to read them.
    tokenizer : JapaneseTokenizer or None
        None splits at blanks.

    Attributes
    ----------
    words : int
        Number of running words.
    """

    def __init__(
        self, files: list[str], column: str | None, reading: Reading, tokenizer: Any
    ) -> None:
        self._files, self._column = files, column
        self._reading, self._tokenizer = reading, tokenizer
        self.words = 0

    def run(self, **settings: Any) -> WordVectors:
        """Train.

        Parameters
        ----------
        **settings : dict
            Parameters of `Word2VecTrainer`; a `vector_size` of None is that of the
            vectors to start from, or 100.
        """
        start = settings.get("initial_vectors")
        if start is not None:
            settings["initial_vectors"] = WordVectors.load(start)
        if settings["vector_size"] is None:
            settings["vector_size"] = 100 if start is None else settings["initial_vectors"].dim
        # word2vec walks through the texts many times, so their words are split once
        folder = scratch_folder()
        try:
            corpus = os.path.join(folder, "tokens.txt")
            with naming(folder, hint=_NO_ROOM):
                self._write(corpus)
            if not self.words:
                raise ValueError(f"{', '.join(self._files)}: there is no word in them.")
            trainer = Word2VecTrainer(corpus=corpus, **settings)
            return trainer.fit([]).vectors_
        finally:
            remove(folder, os.getpid())

    def _write(self, corpus: str) -> None:
        with open(corpus, "w", encoding="utf-8", errors="replace") as lines:
            for tokens in self._tokens():
                self.words += len(tokens)
                lines.write(" ".join(tokens) + "\n")

    def _tokens(self) -> Iterator[list[str]]:
        for path in self._files:
            with Table(path, self._reading, self._column is not None) as table:
                column = table.column(self._column, "--text")
                if self._tokenizer is not None:
                    yield from tokens_of(table, column, self._tokenizer)
                    continue
                for row in table.rows():
                    yield text_of(row, column, table.name).split()
