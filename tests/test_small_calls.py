"""What a call about one text costs depends on that text, not on the size of the vocabulary."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_w2v import (
    W2VIndexer,
    W2VVectorizer,
    WordVectors,
    explain,
    load,
    make_w2v_pipeline,
    save,
)
from sklearn_w2v.vectors.store import MemoryStore
from sklearn_w2v.vectors.subwords import Subwords

N_WORDS = 150_000
WORDS = [f"word{number}" for number in range(N_WORDS)]
MATRIX = np.random.default_rng(0).normal(size=(N_WORDS, 2)).astype(np.float32)
N_SEEN = 60_000  # words of the documents
DOCUMENTS = [" ".join(WORDS[start : start + 100]) for start in range(0, N_SEEN, 100)]
NEW = [f"{WORDS[3]} {WORDS[-1]} nobody {WORDS[-2]}nobody", "nobody here", DOCUMENTS[0]]
COPY = 2 * N_WORDS  # bytes: far below a pointer for each word, let alone a dict or strings


@pytest.fixture(scope="module", params=["mapped", "subwords"])
def vectors(request, tmp_path_factory):
    if request.param == "mapped":
        path = tmp_path_factory.mktemp("small") / "v.bin"
        WordVectors(WORDS, MATRIX).save(path)
        return WordVectors.load(path)
    grams = Subwords(np.ones((1000, 2), np.float32), 3, 6)
    return WordVectors._of(MemoryStore(WORDS, MATRIX, None, grams))


@pytest.fixture(scope="module", params=["many words in fit", "few words and n-grams"])
def model(vectors, request):
    many = request.param == "many words in fit"
    documents = DOCUMENTS if many else DOCUMENTS[:2] * 20
    made = make_w2v_pipeline(
        vectors,
        tokenizer=None,
        network="cnn",
        bow=None if many else "ngrams",
        epochs=1,
        filters=2,
        random_state=0,
    ).fit(documents, [number % 2 for number in range(len(documents))])
    if not many:
        made["clf"]._blend.weight = 0.5  # so that the network counts
    return made


def peak_of(call) -> int:
    """Bytes that a call takes at most, once all that it prepares is there."""
    call()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_one_text_is_predicted_without_a_copy_of_all_words(model):
    for text in NEW:
        assert peak_of(lambda text=text: model.predict_proba([text])) < COPY


@pytest.mark.filterwarnings("ignore::sklearn_w2v.exceptions.RowsLeftOutWarning")
@pytest.mark.filterwarnings("ignore::sklearn_w2v.exceptions.NotSavedWarning")
def test_one_text_is_predicted_by_a_loaded_model_without_a_copy(model, tmp_path):
    for vectors in ("rows", "all"):
        save(model, tmp_path / "m.w2v", vectors=vectors)
        loaded = load(tmp_path / "m.w2v")
        for text in NEW:
            assert peak_of(lambda loaded=loaded, text=text: loaded.predict([text])) < COPY


def test_one_text_is_explained_without_a_copy(model):
    assert peak_of(lambda: explain(model, NEW[:1], method="occlusion")) < COPY
    ids = model["ids"].transform([NEW[0].split()])
    assert peak_of(lambda: explain(model["clf"], ids, method="occlusion")) < COPY


@pytest.mark.parametrize("oov", ["unk", "drop"])
@pytest.mark.parametrize("pooling", ["sif", "tfidf", "mean", "max"])
def test_one_text_becomes_a_vector_without_a_copy(vectors, pooling, oov):
    steps = W2VIndexer(vectors, oov=oov, random_state=0), W2VVectorizer(pooling=pooling)
    made = make_pipeline(*steps).fit(DOCUMENTS)
    for text in NEW:
        assert peak_of(lambda text=text: made.transform([text])) < COPY


def test_words_that_were_added_are_looked_up_without_rows_of_the_others(vectors):
    more = vectors.extended([f"x{number}" for number in range(N_WORDS)], seed=0)
    assert peak_of(lambda: more["x7"]) < COPY
    np.testing.assert_array_equal(more["x7"], more.vectors[len(vectors) + 7])
