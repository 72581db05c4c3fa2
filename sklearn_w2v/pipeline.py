"""A pipeline from texts to labels to start with, and predictions for a stream of documents."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_consistent_length, check_random_state

from .classifiers.transfer import TransferProbe
from .features.indexer import W2VIndexer
from .features.token_ids import right_padded, whole_documents
from .text.documents import check_documents, check_texts, labelled, refuse_single_text
from .text.tokenizer import JapaneseTokenizer
from .utils.cache_keys import SourceInKey
from .vectors.word_vectors import OOV_ID

_TOKENS: dict[str, Any] = {"form": "surface", "pos": None, "forms": True, "line_breaks": True}
# one set of parameters for every corpus; benchmarks/README.md says how it was chosen
_RECIPE: dict[str, Any] = {
    "bow": "ngrams",
    "bow_C": 10.0,
    "maxlen": "auto",
    "dropout": 0.3,
    "learning_rate": 2e-3,
    "epochs": 15,
    "batch_size": 32,
    "n_iter_no_change": 5,
    "n_jobs": -1,
}
_NETWORKS: dict[str, dict[str, Any]] = {
    "lstm": {"pooling": "max", "bidirectional": True},
    "cnn": {"channels": "multichannel", "kernel_sizes": (1, 2, 3)},
}


def make_w2v_pipeline(
    vectors: Any = None,
    *,
    tokenizer: Any = "japanese",
    network: str = "lstm",
    memory: Any = None,
    random_state: Any = None,
    **classifier_params: Any,
) -> Pipeline:
    """Pipeline from texts to labels, with good settings to start from.

    The steps are ``"tokens"`` (omitted if the input is tokenized already), ``"ids"`` and
    ``"clf"``. All words are kept as written, including function words, punctuation and line
    breaks, since content words alone do not tell authors apart. Words that the vectors lack
    are looked up by their other forms. A linear branch reads words, pairs of words and
    characters of the whole document; a bidirectional LSTM reads its first words. The LSTM is
    trained where held-out documents say that word vectors pay (`transfer_probe`), and weighted
    by how much it helps on them.

    Parameters
    ----------
    vectors : path, WordVectors, gensim.models.KeyedVectors, Word2VecTrainer or None, \
default=None
        Source of the word vectors; None learns them from the texts in ``fit``.
    tokenizer : "japanese", estimator, callable or None, default="japanese"
        ``"japanese"``: `JapaneseTokenizer` with surfaces, their other forms, all parts of
        speech and line breaks. An estimator with ``transform``, such as another
        `JapaneseTokenizer`. A callable from str to a list of str. None: the input is token
        lists, or strings of words separated by blanks.
    network : {"lstm", "cnn"}, default="lstm"
        `W2VLSTMClassifier` or `W2VCNNClassifier`.
    memory : str, joblib.Memory or None, default=None
        Cache folder for the first steps, so that a search tokenizes each text once, not once
        for each candidate. What was cached is made again after a change of the parameters, of
        the files that they name (vectors, corpora, dictionaries), of a tokenizer function's
        own source, and of this package's version; not after changes of what that function
        calls.
    random_state : int, RandomState instance or None, default=None
        Passed to the indexer and the classifier.
    **classifier_params : dict
        Parameters of the classifier; they override the settings of this function.

    Returns
    -------
    sklearn.pipeline.Pipeline
        The pipeline, not fitted.

    Raises
    ------
    ValueError
        `network` or `tokenizer` is not one of the values above.

    See Also
    --------
    JapaneseTokenizer, W2VIndexer, W2VLSTMClassifier, W2VCNNClassifier : The steps.

    Examples
    --------
    >>> from sklearn_w2v import make_w2v_pipeline
    >>> pipeline = make_w2v_pipeline(random_state=0, epochs=5)
    >>> list(pipeline.named_steps)
    ['tokens', 'ids', 'clf']
    """
    from .classifiers.trainable import W2VCNNClassifier, W2VLSTMClassifier

    if network not in _NETWORKS:
        raise ValueError(f"Got network={network!r} but expected one of {list(_NETWORKS)}.")
    steps = _text_steps(vectors, tokenizer, random_state)
    classifier = {"lstm": W2VLSTMClassifier, "cnn": W2VCNNClassifier}[network]
    params = {**_RECIPE, **_NETWORKS[network], "random_state": random_state, **classifier_params}
    return Pipeline([*steps, ("clf", classifier(**params))], memory=memory)


def _text_steps(vectors: Any, tokenizer: Any, random_state: Any) -> list[tuple[str, Any]]:
    """Return the steps from texts to ids."""
    steps: list[tuple[str, Any]] = []
    if isinstance(tokenizer, str):
        if tokenizer != "japanese":
            raise ValueError(
                f"Got tokenizer={tokenizer!r} but expected 'japanese', an estimator, a callable "
                "or None."
            )
        steps.append(("tokens", JapaneseTokenizer(**_TOKENS)))
    elif hasattr(tokenizer, "transform"):
        steps.append(("tokens", tokenizer))
    elif tokenizer is str.split:
        steps.append(("tokens", FunctionTransformer(_split)))
    elif callable(tokenizer):
        step = FunctionTransformer(_apply, kw_args={"tokenizer": SourceInKey(tokenizer)})
        steps.append(("tokens", step))
    elif tokenizer is not None:
        raise ValueError(
            f"Got tokenizer={tokenizer!r} but expected 'japanese', an estimator, a callable or "
            "None."
        )
    return [*steps, ("ids", W2VIndexer(vectors, random_state=random_state))]


def transfer_probe(
    texts: Iterable[Any],
    labels: Any,
    vectors: Any,
    tokenizer: Any = "japanese",
    groups: Any = None,
    *,
    n_jobs: int | None = -1,
    random_state: Any = 0,
) -> TransferProbe:
    """Measure in seconds whether word vectors tell what n-grams do not.

    A logistic regression on the mean word vectors of documents stands beside the linear branch
    of the recipe. On documents that neither has seen, the gain in log loss over the branch
    alone, in standard errors, says whether transfer pays. The classifiers ask the same before
    they train a network (``train_network="auto"``).

    Parameters
    ----------
    texts : iterable of str or of list of str
        Labelled documents.
    labels : array-like of shape (n_documents,) or (n_documents, n_classes)
        Their labels, or an indicator matrix.
    vectors : path, WordVectors, gensim.models.KeyedVectors or Word2VecTrainer
        Word vectors.
    tokenizer : "japanese", estimator, callable or None, default="japanese"
        As in `make_w2v_pipeline`.
    groups : array-like of shape (n_documents,) or None, default=None
        Groups (albums, works of an author) that no fold takes apart, and each of which is one
        draw of the standard error. None takes neighbours in the given order for related.
    n_jobs : int or None, default=-1
        Threads; -1 means all cores.
    random_state : int, RandomState instance or None, default=0
        Of the folds.

    Returns
    -------
    TransferProbe
        ``gain`` and ``standard_error`` in nats a document, ``z``, ``pays``, ``seconds``.

    Raises
    ------
    ValueError
        There are fewer than ten different documents, or five groups with documents that no other
        group has, or only one label.

    Examples
    --------
    >>> from sklearn_w2v import WordVectors, transfer_probe
    >>> words = [f"word{number}" for number in range(100)]  # each of them is in one text only
    >>> vectors = WordVectors(words, [[number % 2, 1] for number in range(100)])
    >>> texts, labels = [[word] for word in words], ["even", "odd"] * 50
    >>> transfer_probe(texts, labels, vectors, tokenizer=None).pays
    True
    """
    from .classifiers.blend_training import LinearDesign, LinearMembers, judge_vectors
    from .classifiers.inner_folds import folds_by_group, inner_folds
    from .classifiers.targets import Targets, check_labels
    from .classifiers.training_set import TrainingSet
    from .networks.output import Output

    started = time.perf_counter()
    refuse_single_text(texts, "transfer_probe", "texts")
    if labels is None:
        raise ValueError("Got labels=None but expected a label for each document.")
    steps = Pipeline(_text_steps(vectors, tokenizer, random_state))
    ids = steps.fit_transform(texts)
    padded, lengths = right_padded(np.asarray(ids), OOV_ID)
    given = check_labels(steps[-1], labels, len(padded))
    targets = Targets.of(given)
    if len(targets.classes) < 2:
        raise ValueError(f"Got {len(targets.classes)} label in labels but expected two or more.")
    documents = TrainingSet(padded, lengths, targets.encode(given), None)
    words = whole_documents(ids, padded, lengths, ids.vectors)
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    output = Output.of("softmax", targets.multilabel)
    params = _RECIPE["bow"], _RECIPE["bow_C"], len(targets.classes), output, seed, n_jobs
    members = LinearMembers(LinearDesign(*params), documents, words, ids.vectors, ids.vectors)
    documents = replace(documents, clusters=members.copies)
    folds = inner_folds(documents.y, seed, members.copies)
    if groups is not None:
        check_consistent_length(padded, groups)
        numbers = np.unique(np.asarray(groups), return_inverse=True)[1].ravel()
        documents = replace(documents, clusters=numbers)
        folds = folds_by_group(documents.y, numbers, seed, members.copies)
    found = judge_vectors(members, documents, output, folds)
    if found is None:
        few = "ten different documents"
        if groups is not None:
            few = "five groups with documents of their own"
        raise ValueError(f"Got fewer than {few}, which are too few to judge on.")
    return replace(found, seconds=time.perf_counter() - started)


def predict_iter(
    estimator: Any, X: Iterable[Any], *, method: str = "predict", chunk_size: int = 1000
) -> Iterator[Any]:
    """Predict a stream of documents, chunk by chunk.

    Parameters
    ----------
    estimator : estimator
        Fitted, such as a Pipeline from texts to classes.
    X : iterable
        Documents, from a generator, an open file or a database cursor, for example. One chunk
        at a time is in memory.
    method : str, default="predict"
        Method of the estimator: ``"predict"``, ``"predict_proba"`` ...
    chunk_size : int, default=1000
        Number of documents that are predicted together. Larger chunks are faster, as they
        allow batches of similar lengths; smaller chunks give results sooner and take less
        memory.

    Yields
    ------
    object
        Result of the method for each document, in the order of the documents.

    Raises
    ------
    TypeError
        `X` is one text or a table of columns, or the estimator does not have the method.
    ValueError
        `chunk_size` is below 1.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_w2v import predict_iter
    >>> clf = DummyClassifier().fit([["雨"], ["雪"], ["雪"]], ["wet", "cold", "cold"])
    >>> for label in predict_iter(clf, (["雪"] for _ in range(2)), chunk_size=1):
    ...     print(label)
    cold
    cold
    """
    refuse_single_text(X, "predict_iter", "X")
    if isinstance(X, Mapping) or hasattr(X, "columns"):
        raise TypeError(
            f"Got {type(X).__name__} as X but predict_iter expected an iterable of documents."
        )
    if isinstance(chunk_size, bool) or not isinstance(chunk_size, Integral):
        raise TypeError(f"Got chunk_size={chunk_size!r} but expected a whole number.")
    if chunk_size < 1:
        raise ValueError(f"Got chunk_size={chunk_size} but expected 1 or more.")
    if not callable(getattr(estimator, method, None)):
        raise TypeError(f"{type(estimator).__name__} has no method {method!r}.")
    return _predictions(estimator, iter(X), method, int(chunk_size))


def _apply(documents: Iterable[str], tokenizer: Callable[[str], list[str]]) -> list[list[str]]:
    texts = check_documents(documents, "the tokenizer")
    return labelled([list(tokenizer(text)) for text in texts], documents)


def _split(documents: Iterable[str]) -> list[list[str]]:
    """Split at blanks; unlike ``str.split``, a model file can name this function."""
    return labelled([text.split() for text in check_texts(documents, "the tokenizer")], documents)


def _predictions(
    estimator: Any, documents: Iterator[Any], method: str, chunk_size: int
) -> Iterator[Any]:
    while chunk := list(islice(documents, chunk_size)):
        yield from _each(getattr(estimator, method)(chunk), f"{type(estimator).__name__}.{method}")


def _each(result: Any, what: str) -> Iterable[Any]:
    """Return the result for each document; rows of tables, which give their columns."""
    if hasattr(result, "iloc"):
        return (result.iloc[place] for place in range(len(result)))
    if hasattr(result, "iter_rows"):
        rows: Iterable[Any] = result.iter_rows()
        return rows
    if isinstance(result, list) and any(getattr(one, "ndim", 1) > 1 for one in result):
        raise TypeError(
            f"{what} gives an array for each label but predict_iter expected a result for each "
            "document."
        )
    each: Iterable[Any] = result
    return each
