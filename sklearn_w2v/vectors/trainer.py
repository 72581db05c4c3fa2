"""Word2VecTrainer: learns WordVectors from token lists; gensim does the training."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from ..exceptions import UnusedParameterWarning
from ..text.documents import check_tokens
from ..utils.cache_keys import FilesInKey
from ..utils.dask import local_jobs
from ..utils.missing import needed_for
from ..utils.progress import report_progress
from ..utils.saved_state import expect, is_instance
from ..utils.sklearn_compat import Interval, StrOptions
from .corpus import Sentences, check_corpus, stamps_of_corpus
from .sources import stamp_of_source
from .word_vectors import WordVectors, as_word_vectors

_AIM = 2_000_000  # words that training should see with epochs="auto"


class Word2VecTrainer(FilesInKey, BaseEstimator):
    """Learn word vectors from token lists, without labels (word2vec).

    Parameters
    ----------
    vector_size : int, default=100
        Number of dimensions.
    window : int, default=5
        Number of words before and after a word that are its context.
    min_count : int, default=2
        Words that occur less often get no vector.
    sg : {0, 1}, default=1
        1: skip-gram, which is better for little text; 0: continuous bag of words.
    epochs : int or "auto", default="auto"
        Passes over the text. ``"auto"``: as many as it takes to see two million words,
        at least 5 and at most 50, since word2vec learns nothing from five passes over a few
        hundred documents.
    corpus : iterable of token lists, path, glob, list of paths or None, default=None
        More text, without labels. A path names a UTF-8 text file with one sentence on each
        line and blanks between the words, plain or compressed with gzip, bzip2 or xz; a glob
        (``"shards/*.txt.gz"``) names all files that match, in the order of their names. Files
        are read in a stream and never held in memory. An iterable must be one that can be
        read more than once.
    initial_vectors : path, WordVectors, gensim.models.KeyedVectors or None, default=None
        Vectors to start from: their words start with their rows, and all of them are in the
        result; other words of the text are added. `vector_size` must be their number of
        dimensions.
    n_jobs : int or None, default=None
        Number of threads. With a `random_state`, one thread is used in any case, since the
        result of word2vec depends on which thread writes first.
    random_state : int, RandomState instance or None, default=None
        Seed. With an int, two trainings on the same text give bit-equal vectors.
    verbose : int, default=0
        1 shows a progress bar if the error output is a terminal.
    word2vec_kwargs : dict or None, default=None
        Other parameters of ``gensim.models.Word2Vec``, such as ``{"sample": 1e-4}``; not those
        that are set here already, nor ``sorted_vocab``.

    Attributes
    ----------
    vectors_ : WordVectors
        The learnt vectors; the most frequent word comes first.
    loss_ : float
        Training loss of the last epoch, as gensim sums it.

    See Also
    --------
    W2VIndexer : Takes a trainer as its ``vectors``.

    References
    ----------
    T. Mikolov, I. Sutskever, K. Chen, G. Corrado, J. Dean: Distributed representations of
    words and phrases and their compositionality. NIPS 2013.

    Examples
    --------
    >>> from sklearn_w2v import Word2VecTrainer
    >>> docs = [["雨", "が", "降る"], ["雪", "が", "降る"]] * 20
    >>> trainer = Word2VecTrainer(vector_size=8, random_state=0).fit(docs)
    >>> len(trainer.vectors_), trainer.vectors_.dim
    (4, 8)
    """

    _parameter_constraints: dict[str, Any] = {
        "vector_size": [Interval(Integral, 1, None, closed="left")],
        "window": [Interval(Integral, 1, None, closed="left")],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "sg": [Interval(Integral, 0, 1, closed="both")],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "corpus": "no_validation",
        "initial_vectors": "no_validation",
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "word2vec_kwargs": [dict, None],
    }

    def __init__(
        self,
        vector_size: int = 100,
        window: int = 5,
        min_count: int = 2,
        sg: int = 1,
        epochs: int | str = "auto",
        corpus: Any = None,
        initial_vectors: Any = None,
        n_jobs: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
        word2vec_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.vector_size = vector_size
        self.window = window
        self.min_count = min_count
        self.sg = sg
        self.epochs = epochs
        self.corpus = corpus
        self.initial_vectors = initial_vectors
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.word2vec_kwargs = word2vec_kwargs

    def fit(self, X: Iterable[Any], y: Any = None) -> Word2VecTrainer:
        """Train on token lists.

        Parameters
        ----------
        X : iterable of list of str, or of str
            Documents; strings are split on white space.
        y : object, default=None
            Ignored.

        Returns
        -------
        Word2VecTrainer
            The trainer itself.

        Raises
        ------
        ValueError
            No word occurs `min_count` times, `initial_vectors` have another size, or a file of
            `corpus` is missing or broken.

        Notes
        -----
        An error or Ctrl-C leaves the trainer as it was before.
        """
        self._validate_params()
        documents = check_tokens(X, "Word2VecTrainer")
        sentences = Sentences(documents, check_corpus(self.corpus))
        initial = None if self.initial_vectors is None else as_word_vectors(self.initial_vectors)
        if initial is not None and initial.dim != self.vector_size:
            raise ValueError(
                f"Got vector_size={self.vector_size} but initial_vectors have {initial.dim} "
                f"dimensions; set vector_size={initial.dim}."
            )
        model = self._model()
        model.build_vocab(sentences, trim_rule=(self.word2vec_kwargs or {}).get("trim_rule"))
        sentences.check()
        if not len(model.wv):
            where = f"the {len(documents)} documents"
            if self.corpus is not None:
                where = f"{where} and the corpus" if documents else "the corpus"
            raise ValueError(
                f"No word occurs min_count={self.min_count} times in {where}; lower min_count or "
                "pass more text."
            )
        if initial is not None:
            _start_from(model, initial)
        epochs = self.epochs
        if epochs == "auto":
            epochs = int(np.clip(np.ceil(_AIM / max(1, model.corpus_total_words)), 5, 50))
        with _Progress(int(epochs), self.verbose, sentences.check) as callbacks:
            _train(model, sentences, int(epochs), callbacks)
        vectors = _result(model, initial)
        self.loss_, self.vectors_ = float(model.get_latest_training_loss()), vectors
        return self

    def _stamps(self) -> Iterator[str]:
        yield stamp_of_source(self.initial_vectors)
        yield from stamps_of_corpus(self.corpus)

    def _check_saved_state(self) -> None:
        """Refuse values that a fitted trainer cannot have."""
        if hasattr(self, "vectors_"):
            expect(self, {"vectors_": is_instance(WordVectors), "loss_": is_instance(Real)})
            self.vectors_._check_opened_state()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags

    def _model(self) -> Any:
        with needed_for("Learning word vectors"):
            from gensim.models import Word2Vec

        workers = local_jobs(self.n_jobs)
        if self.random_state is not None:
            if workers > 1:
                warnings.warn(
                    UnusedParameterWarning(
                        f"n_jobs={self.n_jobs} is not used: with a random_state, word2vec trains "
                        "on one thread to be reproducible; random_state=None trains on more."
                    ),
                    stacklevel=3,
                )
            workers = 1
        settings: dict[str, Any] = {
            "vector_size": self.vector_size,
            "window": self.window,
            "min_count": self.min_count,
            "sg": self.sg,
            "workers": workers,
            "seed": int(check_random_state(self.random_state).randint(1, 2**31 - 1)),
        }
        extra = self.word2vec_kwargs or {}
        own = {*settings, "epochs", "sentences", "corpus_file", "callbacks", "sorted_vocab"}
        twice = sorted(set(extra) & own)
        if twice:
            raise ValueError(
                f"Got {twice} in word2vec_kwargs but expected only parameters that "
                "Word2VecTrainer does not set itself."
            )
        # gensim ignores trim_rule here; build_vocab gets it
        return Word2Vec(**settings, **{k: v for k, v in extra.items() if k != "trim_rule"})


def _train(model: Any, sentences: Sentences, epochs: int, callbacks: list[Any]) -> None:
    """Train in another thread, so that Ctrl-C ends training completely.

    Ctrl-C within gensim would leave its threads waiting for each other, and the model in
    memory, as long as the process lives. Here it ends the sentences, and so all threads.
    """
    context = copy_context()  # holds the listener to progress
    pool = ThreadPoolExecutor(1)
    try:
        training = pool.submit(
            context.run,
            model.train,
            sentences,
            total_examples=model.corpus_count,
            total_words=model.corpus_total_words,
            epochs=epochs,
            compute_loss=True,
            callbacks=callbacks,
        )
        while not wait(
            [training], timeout=1
        ).done:  # on Windows, Ctrl-C is only noticed between waits
            pass
        training.result()
    except BaseException:
        sentences.stop()
        with _silent():
            pool.shutdown()
        raise
    pool.shutdown()


@contextmanager
def _silent() -> Iterator[None]:
    """Suppress gensim's warning that an epoch had fewer sentences than the one before."""
    logger = logging.getLogger("gensim.models.word2vec")

    def drop(record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)


def _start_from(model: Any, initial: WordVectors) -> None:
    """Copy the initial vectors of the words that have one into the model."""
    rows = initial.find(model.wv.index_to_key)
    known = rows >= 0
    model.wv.vectors[known] = initial.take(rows[known] + 2)


def _result(model: Any, initial: WordVectors | None) -> WordVectors:
    words, vectors = list(model.wv.index_to_key), model.wv.vectors
    if initial is not None:  # words that the text lacks keep their rows
        mine = set(words)
        rows = [row for row, word in enumerate(initial.words) if word not in mine]
        words += [initial.words[row] for row in rows]
        vectors = np.concatenate([vectors, initial.take(np.array(rows, np.int64) + 2)])
    return WordVectors(words, vectors)


class _Progress:
    """Context with a progress bar over epochs, which yields callbacks for gensim.

    Parameters
    ----------
    epochs : int
        Number of epochs.
    verbose : int
        1 shows the bar.
    check : callable
        Called after each epoch.
    """

    def __init__(self, epochs: int, verbose: int, check: Callable[[], None]) -> None:
        self.epochs, self.verbose, self.check = epochs, verbose, check
        self.bar: Any = None

    def __enter__(self) -> list[Any]:
        from gensim.models.callbacks import CallbackAny2Vec

        if self.verbose:
            from rich.console import Console
            from rich.progress import Progress

            console = Console(stderr=True)
            if console.is_terminal:
                self.bar = Progress(console=console, transient=True)
                self.bar.start()
                self.bar.add_task("word2vec", total=self.epochs)
        bar, epochs, check = self.bar, self.epochs, self.check

        class Epoch(CallbackAny2Vec):
            done = 0

            def on_epoch_begin(self, model: Any) -> None:
                model.running_training_loss = 0.0  # gensim would sum over all epochs

            def on_epoch_end(self, model: Any) -> None:
                check()
                self.done += 1
                report_progress("word2vec", self.done, epochs, f"epoch {self.done} of {epochs}")
                if bar is not None:
                    bar.advance(bar.task_ids[0])

        return [Epoch()]

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.stop()
