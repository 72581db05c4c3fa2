"""W2VIndexer turns lists of tokens into ids of word vectors."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..exceptions import CoverageWarning, TruncationWarning
from ..text.documents import DocumentsOutMixin, check_tokens, row_labels_of
from ..text.token import analyses, count_words
from ..utils.cache_keys import FilesInKey
from ..utils.estimators import restore_on_error
from ..utils.html_repr import FittedRepr, Shown, table_size
from ..utils.saved_state import expect, is_array, is_instance, is_number, is_whole
from ..utils.sklearn_compat import Interval, StrOptions
from ..vectors.sources import stamp_of_source
from ..vectors.trainer import Word2VecTrainer
from ..vectors.word_vectors import FIRST_ID, OOV_ID, WordVectors, as_word_vectors
from .flat_ids import FlatIds
from .lookup import Word, composed, forms_are_known_better, look_up, make_vocabulary
from .token_ids import TokenIds

_WORDS = 3  # unknown words that the diagram shows
_LONGEST = 1 << 26  # words of a document that a model file may ask for
_LISTED = 20  # unknown words that coverage_ names
_CUT_WARNING = 0.10  # share of documents that may be cut without a word


class W2VIndexer(FilesInKey, FittedRepr, DocumentsOutMixin, BaseEstimator):
    """Turn token lists into ids of word vectors.

    An id is the row of the word in the vectors, plus 2; so it does not depend on the
    documents, and a word that training never saw but the vectors know keeps its meaning.
    A word that the vectors know only by another form starts from the vector of that form
    and has an id of its own.

    Parameters
    ----------
    vectors : path, WordVectors, gensim.models.KeyedVectors, Word2VecTrainer or None, \
default=None
        Where the vectors come from. A path is the cheapest way to hand over big vectors:
        they are mapped, and a search shares one copy. None means ``Word2VecTrainer()``:
        word2vec learns from the very documents that ``fit`` gets.
    maxlen : int or None, default=None
        Number of ids of each document; later words are cut off, shorter documents
        are padded with 0 on the right. None takes the 95th percentile of the lengths in
        ``fit``, and keeps the later words of the others beside the ids (`TokenIds.tails`):
        networks do not read them, linear branches and `W2VVectorizer` do.
    min_count : int, default=1
        Words that the vectors lack get a row of their own when they occur this often in
        the documents of ``fit``. The rows are drawn at random with the variance of the
        vectors' values (Kim 2014, section 3.2), for training to fill them with meaning; a
        word's row depends on the word and the seed alone.
        Words that the vectors know by another form start from that form's row; rarer
        ones have that form's id.
    oov : {"unk", "drop"}, default="unk"
        What becomes of a word without a row: ``"unk"`` keeps its place with id 1,
        ``"drop"`` leaves it out.
    match : {"auto", "exact"}, default="auto"
        How words are looked up. ``"exact"``: as they are. ``"auto"``: a word that the
        vectors lack is tried by its other forms, where the tokenizer provides them
        (``JapaneseTokenizer(forms=True)``), then in NFKC, then in lower case. Where `fit`
        finds that the vectors know the first forms of the running words better than the
        words themselves, the forms are tried before the words: vectors of normalised
        words, such as chiVe, have rows for some inflected words, but mean other words by
        them (see Notes).
    random_state : int, RandomState instance or None, default=None
        Seed of the random rows, and of a trainer that has none. With None, the rows are those
        of one fixed seed, and a trainer is not seeded.

    Attributes
    ----------
    vectors_ : WordVectors
        What the ids index: the vectors and the rows for the words that they lack.
    maxlen_ : int
        Number of ids of each document.
    coverage_ : dict
        How much of the documents of ``fit`` the vectors know: ``"tokens"`` and
        ``"types"`` (shares of running and of distinct words that are found in any way),
        ``"exact"`` (share of running words that are words of the vectors as they are),
        ``"unknown"`` (the most frequent unknown words, as (word, count)), ``"cut"`` (share
        of documents longer than `maxlen_`).
    match_ : {"exact", "text", "forms"}
        What `match` came to: ``"text"`` or ``"forms"`` is what is tried first.
    trainer_ : Word2VecTrainer
        The fitted trainer, where vectors were learnt.

    See Also
    --------
    JapaneseTokenizer : Makes token lists of Japanese texts.
    W2VLSTMClassifier : Learns from the ids.

    Notes
    -----
    A document that is empty, or of which every word is dropped, becomes one id 1, as
    networks cannot take a row without a word.

    One text has one id, whatever the forms of its single occurrences: those that it brings
    most often in ``fit`` decide. In `vectors_`, its word is the text. Where the vectors
    have that text already but mean another word by it, the own word is ``text/form``: with
    chiVe, し as a form of 為る becomes ``し/為る``, and ``vectors_["し"]`` stays chiVe's.
    Words that ``fit`` did not see are looked up by their own forms and share the id of the
    form that is found. Vectors with subwords (fastText) have rows for words that are still
    unknown then: the ``vectors`` of what ``transform`` returns are `vectors_` and these
    words after them.

    Of the running words of livedoor news whose surface is not their lemma, chiVe knows
    96 % by the lemma and 60 % by the surface, mostly as another word (お as a flange);
    vectors trained on surfaces know 65 % and 94 %. Vectors that are learnt in ``fit``
    always take the text first.

    A `fit` that breaks off, by an error or Ctrl-C, leaves the indexer as it was before.

    References
    ----------
    Y. Kim: Convolutional neural networks for sentence classification. EMNLP 2014.

    Examples
    --------
    >>> from sklearn_w2v import W2VIndexer, WordVectors
    >>> vectors = WordVectors(["雨", "雪"], [[1.0, 0.0], [0.0, 1.0]])
    >>> indexer = W2VIndexer(vectors, maxlen=3, random_state=0)
    >>> indexer.fit_transform([["雪", "雨"], ["雨", "風"]])
    TokenIds([[3, 2, 0],
              [2, 4, 0]], dtype=int32)
    >>> indexer.transform([["嵐"]])
    TokenIds([[1, 0, 0]], dtype=int32)

    Words that the vectors know by another form have ids of their own and its vector:

    >>> from sklearn_w2v import JapaneseTokenizer
    >>> vectors = WordVectors(["雨", "降る"], [[1.0, 0.0], [0.0, 1.0]])
    >>> tokenizer = JapaneseTokenizer(form="surface", forms=True)
    >>> indexer = W2VIndexer(vectors).fit(tokenizer.fit_transform(["雨が降った", "雨が降る"]))
    >>> indexer.vectors_.words, indexer.vectors_["降っ"].tolist()
    (['雨', '降る', '降っ'], [0.0, 1.0])
    """

    _output_name = "ids"
    _parameter_constraints: dict[str, Any] = {
        "vectors": "no_validation",
        "maxlen": [Interval(Integral, 1, None, closed="left"), None],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "oov": [StrOptions({"unk", "drop"})],
        "match": [StrOptions({"exact", "auto"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        vectors: Any = None,
        maxlen: int | None = None,
        min_count: int = 1,
        oov: str = "unk",
        match: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.vectors = vectors
        self.maxlen = maxlen
        self.min_count = min_count
        self.oov = oov
        self.match = match
        self.random_state = random_state

    def fit(self, X: Iterable[Any], y: Any = None) -> W2VIndexer:
        """Learn or open the vectors, and give words that they lack rows of their own.

        Parameters
        ----------
        X : iterable of list of str, or of str
            Documents; strings are split on white space.
        y : object, default=None
            Ignored.

        Returns
        -------
        W2VIndexer
            The indexer itself.

        Warns
        -----
        UserWarning
            The vectors know less than half of the words, or `maxlen` cuts more than a
            tenth of the documents.
        """
        with restore_on_error(self):
            self._fit(X)
        return self

    def fit_transform(self, X: Iterable[Any], y: Any = None) -> TokenIds:
        """``fit(X).transform(X)``, walking through the documents once.

        Parameters
        ----------
        X : iterable of list of str, or of str
            Documents; strings are split on white space.
        y : object, default=None
            Ignored.

        Returns
        -------
        TokenIds of shape (n_documents, width), int32
            The ids, ``maxlen_`` in a row.
        """
        with restore_on_error(self):
            return self._index(self._fit(X), row_labels_of(X), warn=False)

    def transform(self, X: Iterable[Any]) -> TokenIds:
        """Ids of documents.

        Parameters
        ----------
        X : iterable of list of str, or of str
            Documents; strings are split on white space.

        Returns
        -------
        TokenIds of shape (n_documents, width), int32
            The ids, ``maxlen_`` in a row, right-padded with 0.
        """
        check_is_fitted(self)
        return self._index(_documents(X), row_labels_of(X))

    def _stamps(self) -> list[str]:
        return [stamp_of_source(self.vectors)]

    def _n_columns(self) -> int:
        check_is_fitted(self)
        return self.maxlen_

    def _fit(self, X: Iterable[Any]) -> list[list[str]]:
        self._validate_params()
        documents = _documents(X)
        if not documents:
            raise ValueError("Found array with 0 sample(s): W2VIndexer needs a document at least.")
        random = check_random_state(self.random_state)
        counts, forms = count_words(documents)
        learn_from = documents
        if forms:  # the vectors' words are plain
            plain = {text: text for text in counts}
            learn_from = [list(map(plain.__getitem__, document)) for document in documents]
        vectors = self._resolve(learn_from, random)
        # what is set later counts in the next fit
        self._drops, self._cuts = self.oov == "drop", self.maxlen is not None
        self.match_ = self.match
        if self.match == "auto":  # vectors that were learnt from these very texts know them
            learnt = hasattr(self, "trainer_")
            better = not learnt and forms_are_known_better(vectors.find, counts, forms)
            self.match_ = "forms" if better else "text"
        # rows are the same in every fit even without a seed, so that a seeded classifier is
        # enough for equal predictions
        seed = 0 if self.random_state is None else int(random.randint(2**31 - 1))
        vocabulary = make_vocabulary(vectors, counts, forms, self.match_, self.min_count, seed)
        self.vectors_, self._own, self._n_known = vocabulary.vectors, vocabulary.own, len(vectors)
        self._ids = {
            text: number
            for text, number in zip(counts, _ids(vocabulary.rows).tolist(), strict=True)
            if counts[text] >= self.min_count  # rare ones depend on their other forms
        }
        lengths = self._lengths(documents)
        # an observed length, so that few documents are not cut at a mean of two lengths
        self.maxlen_ = self.maxlen or max(1, int(np.percentile(lengths, 95, method="higher")))
        # rows that a model file must hold at least
        self._used = np.unique(_ids(vocabulary.rows)).astype(np.int32)
        self._set_coverage(counts, vocabulary.unknown, vocabulary.inexact, lengths)
        self._warn_cut(lengths)
        return documents

    def _lengths(self, documents: list[list[str]]) -> NDArray[np.int64]:
        """Return the number of ids of each document, before any cut."""
        counts: Iterable[int] = map(len, documents)
        if self._drops:
            read, _ = self._reader(documents)
            counts = (sum(one != OOV_ID for one in read(document)) for document in documents)
        return np.fromiter(counts, np.int64, len(documents))

    def _resolve(self, documents: list[list[str]], random: np.random.RandomState) -> WordVectors:
        if self.vectors is not None and not isinstance(self.vectors, Word2VecTrainer):
            self.__dict__.pop("trainer_", None)
            return as_word_vectors(self.vectors)
        trainer = Word2VecTrainer() if self.vectors is None else clone(self.vectors)
        if trainer.random_state is None and self.random_state is not None:
            trainer.set_params(random_state=int(random.randint(2**31 - 1)))
        self.trainer_ = trainer.fit(documents)
        return trainer.vectors_

    def _set_coverage(
        self,
        counts: Counter[str],
        missing: list[str],
        inexact: list[str],
        lengths: NDArray[np.int64],
    ) -> None:
        # a line break is not a word that vectors could know
        counts = Counter({word: n for word, n in counts.items() if word != "\n"})
        missing = [word for word in missing if word != "\n"]
        inexact = [word for word in inexact if word != "\n"]
        total = counts.total()
        unknown = sorted(
            ((str(word), counts[word]) for word in missing), key=lambda p: (-p[1], p[0])
        )
        share = 1 - sum(counts[word] for word in missing) / total if total else 0.0
        self.coverage_: dict[str, Any] = {
            "tokens": share,
            "types": 1 - len(missing) / len(counts) if counts else 0.0,
            "exact": 1 - sum(counts[word] for word in inexact) / total if total else 0.0,
            "unknown": unknown[:_LISTED],
            "cut": float(np.mean(lengths > self.maxlen_)),
        }
        if total and share < 0.5 and not hasattr(self, "trainer_"):
            shown = ", ".join(word for word, _ in unknown[:5])
            warnings.warn(
                CoverageWarning(
                    f"The vectors know only {share:.0%} of the words. Most frequent unknown "
                    f"words: {shown}. Mostly the vectors were trained on another tokenizer's "
                    "words or another form (surface, base, lemma).",
                    "Try JapaneseTokenizer(forms=True), or another form=.",
                ),
                stacklevel=4,
            )

    def _warn_cut(self, lengths: NDArray[np.int64]) -> None:
        cut = int(np.sum(lengths > self.maxlen_))
        if cut > _CUT_WARNING * len(lengths):
            warnings.warn(
                TruncationWarning(
                    f"{cut} of {len(lengths)} documents are longer than maxlen={self.maxlen_} "
                    f"words and are cut{' for networks' * (not self._cuts)} "
                    f"(the longest has {lengths.max()}).",
                    "A larger maxlen keeps all words.",
                ),
                stacklevel=4,
            )

    def _reader(
        self, documents: list[list[str]]
    ) -> tuple[Callable[[list[str]], list[int]], WordVectors]:
        """Return a function from each of the documents to its words' ids, and what they index."""
        known, vectors = self._ids, self.vectors_
        # a table for this call alone: copying the known words would cost more than a prediction
        new: dict[Word, int] = {}
        unseen = [word for document in documents for word in document if word not in known]
        if unseen:
            words = analyses(unseen)
            rows = look_up(vectors, self._n_known, self._own, words, self.match_)
            new = dict(zip(words, _ids(rows).tolist(), strict=True))
            vectors = self._compose(new)

        def read(document: list[str]) -> list[int]:
            line: list[Any] = list(map(known.get, document))
            if None not in line:
                return line
            return [
                new[word, getattr(word, "forms", ())] if number is None else number
                for word, number in zip(document, line, strict=True)
            ]

        return read, vectors

    def _compose(self, ids: dict[Word, int]) -> WordVectors:
        """Return vectors with rows made of subwords for words without an id; they get one."""
        unknown = sorted({str(text) for (text, _), number in ids.items() if number == OOV_ID})
        known = composed(self.vectors_, unknown)
        if not known:
            return self.vectors_
        made = dict(zip(known, range(len(self.vectors_) + FIRST_ID, 2**31), strict=False))
        for (text, forms), number in ids.items():
            if number == OOV_ID:
                ids[text, forms] = made.get(text, OOV_ID)
        return self.vectors_.extended(known, 0)

    def _index(self, documents: list[list[str]], row_labels: Any, warn: bool = True) -> TokenIds:
        read, vectors = self._reader(documents)
        out = np.zeros((len(documents), self.maxlen_), np.int32)
        lengths = np.empty(len(documents), np.int64)
        tails: list[int] = []
        for row, document in enumerate(documents):
            line = read(document)
            if self._drops:
                line = [number for number in line if number != OOV_ID]
            lengths[row] = len(line)
            tails += line[self.maxlen_ :]
            line = line[: self.maxlen_] or [OOV_ID]
            out[row, : len(line)] = line
        if warn and len(documents):
            self._warn_cut(lengths)
        if self._cuts or not tails:  # who asks for a cut gets one
            return TokenIds(out, vectors, row_labels)
        beyond = np.maximum(lengths - self.maxlen_, 0)
        return TokenIds(out, vectors, row_labels, FlatIds(np.array(tails, np.int32), beyond))

    def _check_saved_state(self) -> None:
        """Refuse what no `fit` can have made, after a model file was read."""
        if "vectors_" not in vars(self):
            return
        expect(self, {"vectors_": is_instance(WordVectors)})
        self.vectors_._check_opened_state()
        words = len(self.vectors_)
        expect(
            self,
            {
                "maxlen_": is_whole(1, _LONGEST),
                "_drops": is_instance(bool),
                "_cuts": is_instance(bool),
                "match_": lambda value: value in ("exact", "text", "forms"),
                "_n_known": is_whole(0, words),
                "_used": is_array(np.int32, None),
                "_own": lambda own: (
                    type(own) is dict
                    and all(type(word) is str for word in own)
                    and all(map(is_whole(0, words - 1), own.values()))
                ),
                "coverage_": _is_coverage,
            },
        )

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__().copy()
        state.pop("_ids", None)  # made again from vectors_ as words come
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "vectors_" in state:
            self._ids = {}

    def _summary(self) -> dict[str, Any]:
        found = self.coverage_
        unknown = [word for word, _ in found["unknown"][:_WORDS]]
        return {
            "vectors_": Shown(table_size(len(self.vectors_), self.vectors_.dim)),
            "coverage_: running words": Shown(f"{found['tokens']:.1%}"),
            "coverage_: as written": Shown(f"{found['exact']:.1%}"),
            "coverage_: distinct words": Shown(f"{found['types']:.1%}"),
            "coverage_: unknown words": Shown(" ".join(unknown) or "none"),
            "maxlen_": self.maxlen_,
            "match_": Shown(self.match_),
        }

    def _caption(self) -> str:
        size = table_size(len(self.vectors_), self.vectors_.dim)
        return f"{self.coverage_['tokens']:.1%} of words known · {size}"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _is_coverage(value: Any) -> bool:
    unknown = value.get("unknown") if type(value) is dict else None
    return (
        type(unknown) is list
        and all(type(one) is tuple and len(one) == 2 for one in unknown)
        and all(type(word) is str and is_whole(0)(count) for word, count in unknown)
        and all(is_number(0)(value.get(name)) for name in ("tokens", "types", "exact", "cut"))
    )


def _ids(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(rows < 0, OOV_ID, rows + FIRST_ID)


def _documents(X: Any) -> list[list[str]]:
    return check_tokens(X, "W2VIndexer")
