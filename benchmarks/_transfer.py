"""The full pipeline and TF-IDF, on one corpus and any splits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _common import Folds, tfidf

from sklearn_w2v import JapaneseTokenizer, make_w2v_pipeline

# chiVe's words are normalised forms, which UniDic's lemmas meet best
FORM = "lemma"


def compare(
    corpus: Any,
    splits: Sequence[tuple[Any, Any]],
    vectors: Path,
    split_name: str,
    seed: int,
    maxlen: int | None,
    seen: Callable[[list[Folds]], None],
    **classifier_params: Any,
) -> list[Folds]:
    """Content words and all, frozen and trained, and TF-IDF on the same tokens and folds.

    Both get token lists that were made once, and both are timed from token lists on. `seen`
    is called after each model, so that a run that is cut short leaves what it has.
    """
    done: list[Folds] = []
    y = corpus.target
    kinds = {"content words": (FORM, "content"), "all words": (FORM, None)}
    tokens = {
        name: _objects(JapaneseTokenizer(form=form, pos=pos).transform(corpus.data))
        for name, (form, pos) in kinds.items()
    }
    tokens["all words, surface"] = _objects(
        JapaneseTokenizer(form="surface", pos=None).transform(corpus.data)
    )
    for words, documents in tokens.items():
        done.append(_run(documents, y, splits, tfidf, split_name, words, "TF-IDF + LinearSVC"))
        seen(done)
    for words in kinds:
        for trained in (False, True):

            def network(trained: bool = trained) -> Any:
                return make_w2v_pipeline(
                    vectors,
                    tokenizer=None,
                    random_state=seed,
                    train_embeddings=trained,
                    **{"bow": None, "maxlen": None, "learning_rate": 3e-3, **classifier_params},
                ).set_params(ids__maxlen=maxlen)

            label = f"word2vec + LSTM, {'fine-tuned' if trained else 'frozen'}"
            done.append(_run(tokens[words], y, splits, network, split_name, words, label))
            seen(done)
    return done


def _objects(documents: list[list[str]]) -> Any:
    """Token lists that fancy indexing can pick from."""
    out = np.empty(len(documents), object)
    out[:] = documents
    return out


def _run(documents: Any, y: Any, splits: Any, make: Callable[[], Any], *labels: str) -> Folds:
    folds = Folds(*labels)
    for train, test in splits:
        started = time.perf_counter()
        model = make().fit(documents[train], y[train])
        predicted = model.predict(documents[test])
        folds.add(y[test], predicted, time.perf_counter() - started)
    return folds
