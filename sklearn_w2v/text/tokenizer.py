"""JapaneseTokenizer: splits texts into token lists."""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Collection, Iterable, Iterator
from numbers import Integral
from os import PathLike
from typing import Any

from joblib import Parallel, delayed
from sklearn.base import BaseEstimator

from ..exceptions import UnusedParameterWarning
from ..utils.cache_keys import FilesInKey
from ..utils.dask import local_jobs
from ..utils.estimators import restore_on_error
from ..utils.files import stamp_of
from ..utils.saved_state import expect
from ..utils.sklearn_compat import StrOptions
from . import mecab
from .documents import DocumentsOutMixin, check_texts, labelled
from .token import Forms, share_tokens
from .unidic import pos_pattern, tokenize

_BATCH = 100  # documents that a worker gets at a time
_PARALLEL_FROM = 1_100  # documents; for fewer, workers cost more time than they save


class JapaneseTokenizer(FilesInKey, DocumentsOutMixin, BaseEstimator):
    r"""Split Japanese texts into words with MeCab and UniDic.

    The transformer is stateless, so that it works without ``fit``, which only checks the
    parameters and remembers the dictionaries that they name.

    Parameters
    ----------
    form : {"surface", "base", "lemma"}, default="base"
        Form of the words that are returned. ``"surface"``: as written. ``"base"``: the
        dictionary spelling of what was written (UniDic ``orthBase``: 聴い -> 聴く).
        ``"lemma"``: UniDic's lemma, which merges spellings (聴く -> 聞く), without the
        foreign gloss after ``-`` (スポーツ-sport -> スポーツ). Words that the dictionary
        does not know are returned as written. Choose the form that the word vectors were
        trained on.
    pos : "content", list or None, default="content"
        Parts of speech to keep. ``"content"`` keeps the 自立語 that carry meaning, in
        the terms of UniDic's short units: 名詞, 代名詞, 動詞, 形容詞, 形状詞 and 副詞,
        without the subclasses 数詞 and 助動詞語幹 and with 非自立可能 (a label of the
        lexicon, not of the use: a third of these are main verbs). School grammar counts
        接続詞, 感動詞 and 連体詞 as 自立語, too; they are left out since they do not name
        anything. A list holds ``pos1`` strings or ``(pos1, pos2)`` pairs. None keeps all
        words, which is right for authorship and style, since function words and punctuation
        show these.
    stop_words : collection of str or None, default=None
        Words to drop, compared with the chosen form.
    normalize : {"NFC", "NFKC"} or None, default="NFC"
        Unicode normalization before the analysis. Both forms also make half-width kana
        full-width, since UniDic does not know half-width ones. None leaves the text as it is.
    dictionary : {"unidic-lite", "unidic"} or path, default="unidic-lite"
        Dictionary: an installed package, or the folder of a compiled dictionary in
        UniDic's format.
    user_dictionary : path or None, default=None
        Compiled MeCab user dictionary in UniDic's format (``fugashi-build-dict``). A fitted
        tokenizer, and with it a model file, knows its absolute path and its fingerprint.
    n_jobs : int or None, default=None
        Number of processes that share the documents, through joblib. For fewer than 1,100
        documents one process is used, since starting more would take more time than it saves.
    forms : bool, default=False
        Whether each word has its other forms: it is a `Token`, which is a str with ``forms``,
        in the order in which they are to be tried. These are the lemma, the base form, the
        surface, and all of them in NFKC and in lower case; the lemma of a name, which is only
        its reading, comes last. The words themselves stay the same. By the forms,
        `W2VIndexer` finds the vectors of normalised words, while ``form="surface"`` keeps the
        endings that distinguish authors.
    line_breaks : bool, default=False
        Whether there is a token ``"\n"`` for each line feed of the text, except for those
        before the first and after the last character that is not a blank; an empty line
        gives two in a row. Line breaks are part of verse. The words are the same with and
        without, as MeCab ignores line feeds. ``"\r\n"`` is one line feed, ``"\r"`` alone is
        a blank. `pos` never drops ``"\n"``, and `stop_words` only if it is among them.
        For `W2VIndexer`, ``"\n"`` is a word that most vectors lack, which gets a row of its
        own.

    See Also
    --------
    Token : A word with its other forms.
    W2VIndexer : Turns the token lists into ids of word vectors.

    Notes
    -----
    Blank tokens are never returned, except for line feeds with ``line_breaks=True``. NUL
    characters and the white space that UniDic does not know (carriage return, no-break space,
    line separator, ...) count as blanks, and lone surrogates become U+FFFD. MeCab may join an
    ideographic space with an unknown symbol before it; such a word stays as it is.
    Texts above 20,000 characters, on which MeCab may crash, are parsed in overlapping windows,
    which are joined at words that both windows have; only a run of thousands of characters of
    one class can be cut in two.

    References
    ----------
    T. Kudo, K. Yamamoto, Y. Matsumoto: Applying conditional random fields to Japanese
    morphological analysis. EMNLP 2004.

    Examples
    --------
    >>> from sklearn_w2v import JapaneseTokenizer
    >>> JapaneseTokenizer().fit_transform(["夜行列車の窓に雨が光った"])
    [['夜行', '列車', '窓', '雨', '光る']]
    >>> JapaneseTokenizer(form="surface", pos=None).fit_transform(["雨が光った"])
    [['雨', 'が', '光っ', 'た']]
    >>> tokenizer = JapaneseTokenizer(form="surface", pos=None, forms=True)
    >>> [(word, word.forms) for word in tokenizer.fit_transform(["聴いた"])[0]]
    [('聴い', ('聞く', '聴く')), ('た', ())]
    >>> JapaneseTokenizer(line_breaks=True).fit_transform(["夜行列車の\n窓に雨"])
    [['夜行', '列車', '\n', '窓', '雨']]
    """

    _output_name = "tokens"
    _parameter_constraints: dict[str, Any] = {
        "form": [StrOptions({"surface", "base", "lemma"})],
        "pos": [StrOptions({"content"}), list, tuple, None],
        "stop_words": [set, frozenset, list, tuple, None],
        "normalize": [StrOptions({"NFC", "NFKC"}), None],
        "dictionary": [str, PathLike],
        "user_dictionary": [str, PathLike, None],
        "n_jobs": [Integral, None],
        "forms": ["boolean"],
        "line_breaks": ["boolean"],
    }

    def __init__(
        self,
        form: str = "base",
        pos: str | Collection[str | tuple[str, str]] | None = "content",
        stop_words: Collection[str] | None = None,
        normalize: str | None = "NFC",
        dictionary: str | PathLike[str] = "unidic-lite",
        user_dictionary: str | PathLike[str] | None = None,
        n_jobs: int | None = None,
        forms: bool = False,
        line_breaks: bool = False,
    ) -> None:
        self.form = form
        self.pos = pos
        self.stop_words = stop_words
        self.normalize = normalize
        self.dictionary = dictionary
        self.user_dictionary = user_dictionary
        self.n_jobs = n_jobs
        self.forms = forms
        self.line_breaks = line_breaks

    def fit(self, X: Iterable[str], y: Any = None) -> JapaneseTokenizer:
        """Check the parameters, and remember the dictionaries; nothing is learnt.

        Parameters
        ----------
        X : iterable of str
            Ignored.
        y : object, default=None
            Ignored.

        Returns
        -------
        JapaneseTokenizer
            The tokenizer itself.
        """
        with restore_on_error(self):
            self.__dict__.pop("_files", None)
            self._settings()
            files = {}
            for name, given in self._named_files():
                try:
                    files[name] = given, os.path.abspath(given), mecab.fingerprint_of(given)
                except FileNotFoundError as error:
                    raise ValueError(
                        f"Got {name}={given!r} but expected a compiled MeCab dictionary: there is "
                        f"no file {str(error)!r}."
                    ) from error
            if files:
                self._files = files
        return self

    def transform(self, X: Iterable[str]) -> list[list[str]]:
        r"""Split texts into words.

        Parameters
        ----------
        X : iterable of str
            Documents: a list, tuple, one-dimensional array, a column of pandas, polars or
            pyarrow, ...

        Returns
        -------
        list of list of str
            The words of each document, in order; with ``forms=True``, each has its ``forms``.
            With ``line_breaks=True``, ``"\n"`` is among them. The index of a pandas column
            is kept beside them, for tables that later steps return.

        Raises
        ------
        TypeError
            A document is not a str (the message names its position), or `X` is one str
            or a table.
        FileNotFoundError, ValueError
            A dictionary that ``fit`` found in a file is not there any more, or has changed.

        Warns
        -----
        UserWarning
            No word of the dictionary has an entry of `pos`.
        """
        settings = folder, user, *_ = self._settings()
        if self.pos is not None and self.pos != "content" and user is None:
            _warn_of_pos(self.pos, folder)
        texts = check_texts(X, "JapaneseTokenizer")
        return labelled(self._tokens(texts, settings), X)

    def _tokens(self, texts: list[str], settings: tuple[Any, ...]) -> list[list[str]]:
        jobs = local_jobs(self.n_jobs)
        if jobs == 1 or len(texts) < _PARALLEL_FROM:
            return tokenize(texts, settings)
        batches = Parallel(n_jobs=jobs)(
            delayed(tokenize)(texts[start : start + _BATCH], settings)
            for start in range(0, len(texts), _BATCH)
        )
        # share equal words between batches, as each worker did within a batch
        if self.forms:
            tokens: dict[tuple[str, Forms], str] = {}
            return [doc for batch in batches for doc in share_tokens(batch, tokens)]
        pool: dict[str, str] = {}
        return [list(map(pool.setdefault, doc, doc)) for batch in batches for doc in batch]

    def _stamps(self) -> Iterator[str]:
        if self.user_dictionary is not None:
            yield stamp_of(self.user_dictionary)
        yield from mecab.dictionary_stamps(self.dictionary)

    def _settings(self) -> tuple[Any, ...]:
        """Check the parameters and return what a worker needs."""
        self._validate_params()
        if isinstance(self.stop_words, list | tuple | set | frozenset):
            for word in self.stop_words:
                if not isinstance(word, str):
                    raise TypeError(f"Got {word!r} in stop_words but expected only str.")
        folder, user = mecab.resolve(
            self._place("dictionary", self.dictionary),
            self._place("user_dictionary", self.user_dictionary),
        )
        stop = frozenset(self.stop_words or ())
        pattern = pos_pattern(self.pos)
        switches = bool(self.forms), bool(self.line_breaks)
        return folder, user, self.form, pattern, self.normalize, stop, *switches

    # --------------------------------------------------- dictionaries in files
    def _named_files(self) -> Iterator[tuple[str, str]]:
        """Yield the names of parameters that name a file or a folder, and its path."""
        if not mecab.is_installed(self.dictionary):
            yield "dictionary", os.fspath(self.dictionary)
        if self.user_dictionary is not None:
            yield "user_dictionary", os.fspath(self.user_dictionary)

    def _place(self, name: str, given: Any) -> Any:
        """Return where a dictionary is: what `fit` found, unless the parameter was set since.

        Raises
        ------
        FileNotFoundError
            It is not there any more.
        ValueError
            It has changed.
        """
        files: dict[str, tuple[str, str, str]] = vars(self).get("_files", {})
        former, path, expected = files.get(name, ("", "", ""))
        if given is None or former != os.fspath(given) or not former:
            return given
        try:
            found = mecab.fingerprint_of(path)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"This tokenizer was fitted with the {name} {path!r}, of which "
                f"{str(error)!r} no longer exists on the host {platform.node()!r}; put it back, "
                f"or name its new place by load(..., {name}=)."
            ) from error
        if found != expected:
            raise ValueError(
                f"The {name} {path!r} has changed: its fingerprint is {found} but {expected} was "
                "expected. Put the former one back, or fit again."
            )
        return path

    def _move_file(self, name: str, path: str) -> None:
        """Set the new place of a dictionary, which must be the one of `fit`."""
        files = vars(self).get("_files", {})
        if name in files:
            if not os.path.exists(path):
                raise FileNotFoundError(f"There is no {name} {path!r}.")
            expected, found = files[name][2], mecab.fingerprint_of(path)
            if found != expected:
                raise ValueError(
                    f"Got {name}={path!r} with the fingerprint {found} but the model was fitted "
                    f"with one of the fingerprint {expected} ({files[name][1]!r})."
                )
            self._files = {**files, name: (path, path, expected)}
        setattr(self, name, path)

    def _check_saved_state(self) -> None:
        """Refuse files that no `fit` can have remembered, after a model file was read."""
        if "_files" in vars(self):
            expect(self, {"_files": _are_files})

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


def _are_files(value: Any) -> bool:
    return (
        type(value) is dict
        and set(value) <= {"dictionary", "user_dictionary"}
        and all(type(one) is tuple and len(one) == 3 for one in value.values())
        and all(type(text) is str for one in value.values() for text in one)
    )


def _warn_of_pos(pos: Any, folder: str) -> None:
    """Warn of parts of speech that no word of the dictionary has, such as misspelt ones."""
    known = mecab.parts_of_speech(folder)
    names = {pos1 for pos1, _ in known}
    odd = [
        one
        for one in pos
        if (one not in names if isinstance(one, str) else tuple(one) not in known)
    ]
    if known and odd:
        warnings.warn(
            UnusedParameterWarning(
                f"No word of the dictionary has {odd} of pos, so no word is kept for it; pos1 "
                f"is one of {', '.join(sorted(names - {'BOS/EOS'}))}."
            ),
            stacklevel=4,
        )
