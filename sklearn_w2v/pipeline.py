"""make_w2v_pipeline: the recipe that a user starts with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from .features.indexer import W2VIndexer
from .text.documents import check_documents
from .text.tokenizer import JapaneseTokenizer

_TOKENS: dict[str, Any] = {"form": "surface", "pos": None, "forms": True, "line_breaks": True}
# one set for every corpus; what it earns stands in benchmarks/README.md
_RECIPE: dict[str, Any] = {
    "bow": "ngrams",
    "maxlen": 128,
    "dropout": 0.3,
    "learning_rate": 2e-3,
    "epochs": 15,
    "batch_size": 32,
}
_NETWORKS: dict[str, dict[str, Any]] = {
    "lstm": {"pooling": "max", "bidirectional": True},
    "cnn": {"channels": "multichannel", "kernel_sizes": (1, 2, 3)},
}


def _apply(documents: Iterable[str], tokenizer: Callable[[str], list[str]]) -> list[list[str]]:
    return [list(tokenizer(text)) for text in check_documents(documents, "the tokenizer")]


def _split(documents: Iterable[str]) -> list[list[str]]:
    """``str.split``, which a model file can name as no method of a built-in type."""
    return [text.split() for text in check_documents(documents, "the tokenizer")]


def make_w2v_pipeline(
    vectors: Any = None,
    *,
    tokenizer: Any = "japanese",
    network: str = "lstm",
    memory: Any = None,
    random_state: Any = None,
    **classifier_params: Any,
) -> Pipeline:
    """Pipeline from texts to labels, with settings to start from.

    The steps are ``"tokens"`` (without it where tokens come in), ``"ids"`` and ``"clf"``.
    All words are kept as written, function words, punctuation and line breaks included:
    content words alone throw away what tells authors apart. The vectors are found by the
    words' other forms. A linear branch reads words, pairs of words and characters of the
    whole document; an LSTM in both directions reads its first words, and counts as far as
    it helps on held-out documents.

    Parameters
    ----------
    vectors : path, WordVectors, gensim.models.KeyedVectors, Word2VecTrainer or None, \
default=None
        Where the word vectors come from; None learns them from the texts in ``fit``.
    tokenizer : "japanese", estimator, callable or None, default="japanese"
        ``"japanese"``: `JapaneseTokenizer` with surfaces, their other forms, all parts of
        speech and line breaks. An estimator with
        ``transform``, such as a `JapaneseTokenizer` of your own. A callable from str to a
        list of str. None: token lists, or strings of words with blanks between, come in.
    network : {"lstm", "cnn"}, default="lstm"
        `W2VLSTMClassifier` or `W2VCNNClassifier`.
    memory : str, joblib.Memory or None, default=None
        Folder where results of the first steps are kept, so that a search tokenizes each
        text once, not once for each candidate.
    random_state : int, RandomState instance or None, default=None
        Given to the indexer and the classifier.
    **classifier_params : dict
        Parameters of the classifier, which replace the recipe's.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted.

    Raises
    ------
    ValueError
        `network` or `tokenizer` is none of these.

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
    from .classifiers.cnn import W2VCNNClassifier
    from .classifiers.lstm import W2VLSTMClassifier

    if network not in _NETWORKS:
        raise ValueError(f"Got network={network!r} but expected one of {list(_NETWORKS)}.")
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
        step = FunctionTransformer(_apply, kw_args={"tokenizer": tokenizer})
        steps.append(("tokens", step))
    elif tokenizer is not None:
        raise ValueError(
            f"Got tokenizer={tokenizer!r} but expected 'japanese', an estimator, a callable or "
            "None."
        )
    classifier = {"lstm": W2VLSTMClassifier, "cnn": W2VCNNClassifier}[network]
    params = {**_RECIPE, **_NETWORKS[network], "random_state": random_state, **classifier_params}
    steps += [
        ("ids", W2VIndexer(vectors, random_state=random_state)),
        ("clf", classifier(**params)),
    ]
    return Pipeline(steps, memory=memory)
