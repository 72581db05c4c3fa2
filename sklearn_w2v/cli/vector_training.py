"""Train word vectors on texts that need not fit into memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ..utils.files import naming, remove, scratch_folder
from ..vectors.trainer import Word2VecTrainer
from ..vectors.word_vectors import WordVectors
from .tables import ReadOptions, Table, text_of
from .tokens import tokens_of

_NO_ROOM = "the words of the texts do not fit there; make room, or set TMPDIR to another folder"


class VectorTraining:
    """Word2vec on files of texts.

    Parameters
    ----------
    files : list of str
        Tables, or files of plain lines.
    column : str or None
        Column of the texts.
    read_options : ReadOptions
        How to read the files.
    tokenizer : JapaneseTokenizer or None
        None splits at blanks.

    Attributes
    ----------
    words : int
        Number of running words.
    notes : list of str
        What was told from the files' bytes.
    """

    def __init__(
        self, files: list[str], column: str | None, read_options: ReadOptions, tokenizer: Any
    ) -> None:
        self._files, self._column = files, column
        self._read_options, self._tokenizer = read_options, tokenizer
        self.words = 0
        self.notes: list[str] = []

    def run(self, **settings: Any) -> WordVectors:
        """Train.

        Parameters
        ----------
        **settings : dict
            Parameters of `Word2VecTrainer`; `vector_size=None` means the size of the
            initial vectors, or 100.
        """
        start = settings.get("initial_vectors")
        if start is not None:
            settings["initial_vectors"] = WordVectors.load(start)
        if settings["vector_size"] is None:
            settings["vector_size"] = 100 if start is None else settings["initial_vectors"].dim
        # word2vec reads the texts many times, so they are tokenized once
        folder = scratch_folder()
        try:
            corpus = os.path.join(folder, "tokens.txt")
            with naming(folder, hint=_NO_ROOM):
                self._write(corpus)
            if not self.words:
                raise ValueError(f"{', '.join(self._files)}: there are no words in them.")
            trainer = Word2VecTrainer(corpus=corpus, **settings)
            return trainer.fit([]).vectors_
        finally:
            remove(folder, os.getpid())

    def _write(self, corpus: str) -> None:
        with open(corpus, "w", encoding="utf-8", errors="replace", newline="\n") as lines:
            for tokens in self._tokens():
                self.words += len(tokens)
                lines.write(" ".join(tokens) + "\n")

    def _tokens(self) -> Iterator[list[str]]:
        for path in self._files:
            with Table(path, self._read_options, self._column is not None) as table:
                self.notes += table.notes
                column = table.column(self._column, "--text")
                if self._tokenizer is not None:
                    yield from tokens_of(table, column, self._tokenizer)
                    continue
                for row in table.rows():
                    yield text_of(row, column, table.name).split()
