"""Texts and labels that no corpus should have, through whole pipelines."""

from __future__ import annotations

import random
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import psutil
from _rows import Row

AREA = "hostile"
_SURROGATES = range(0xD800, 0xE000)
_ODD = (
    *("\0", "\ufeff", "\u200b", "\u200d", "\u202e", "\u2028", "\x1c", "\x85", "\u3000", "\xa0"),
    *("ｶﾞ", "が", "👨‍👩‍👧", "🇯🇵", "ﷺ", "<b>", "&amp;", '"', "'", ",", "\t", "\r\n", "\ud800"),
)
_PLAIN = ("雨", "雪", "が", "降る", "。", "夏", "海", "1,000円", "word", " ", "\n")


def odd_text(draw: random.Random, longest: int = 60) -> str:
    """Characters of all planes, those that break things, and plain words, mixed."""
    parts = []
    for _ in range(draw.randrange(longest)):
        kind = draw.randrange(4)
        if kind == 0:
            parts.append(chr(draw.randrange(0x110000)))
        elif kind == 1:
            parts.append(draw.choice(_ODD))
        elif kind == 2:
            parts.append(draw.choice(_PLAIN))
        else:
            parts.append(chr(draw.randrange(0x3000, 0xA000)) * draw.choice((1, 1, 1, 200)))
    return "".join(parts)


def unicode(quick: bool) -> Row:
    """Texts of all Unicode, fitted, predicted and explained."""
    from sklearn_w2v import explain

    count, part = (200, 100) if quick else (50_000, 500)
    row = Row(AREA, "texts of all Unicode: fit, predict, explain", count=count)
    start, draw = time.perf_counter(), random.Random(0)
    model = small("lstm")
    with _quiet():
        model.fit([odd_text(draw) for _ in range(60)], [number % 2 for number in range(60)])
    for number in range(0, count, part):
        texts = [odd_text(draw) for _ in range(part)]
        with _told(row, f"texts from {number} on"), _quiet():
            check_probabilities(model.predict_proba(texts), part)
            for text, shares in zip(texts, explain(model, texts[:20]), strict=False):
                assert np.isfinite(shares.values).all()
                assert all(0 <= a <= b <= len(text) for a, b in shares.spans or [])
    row.seconds = time.perf_counter() - start
    return row


def long_document(quick: bool) -> Row:
    """One document of many megabytes, between short ones."""
    megabytes = 1 if quick else 50
    row = Row(AREA, f"a document of {megabytes} MB, predicted beside short ones")
    text = "雨が降ると、街は静かだ。傘の下で海を思う。\n"
    text *= megabytes * 1_000_000 // len(text.encode())
    line = text.replace("\n", "")
    run = line.translate(str.maketrans("", "", "、。"))
    kinds = {"lines": text, "one line": line, "without punctuation": run}
    model, (texts, labels) = small("lstm"), plain()
    with _quiet():
        model.fit(texts, labels)
        expected = model.predict_proba(texts[:4])
        start, memory = time.perf_counter(), _Peak()
        with memory:
            for kind, one in kinds.items():
                row.count += 1
                with _told(row, kind):
                    found = model.predict_proba([*texts[:2], one, *texts[2:4]])
                    check_probabilities(found, 5)
                    np.testing.assert_allclose(found[[0, 1, 3, 4]], expected, atol=1e-5)
    row.seconds = time.perf_counter() - start
    row.note = f"{memory.mb:,.0f} MB above the start"
    return row


def empty_documents(quick: bool) -> Row:
    """As many empty documents as one likes: all the same probabilities."""
    count = 20_000 if quick else 1_000_000
    row = Row(AREA, "empty documents, predicted together", count=count)
    model, (texts, labels) = small("lstm"), plain()
    with _quiet():
        model.fit(texts, labels)
        start, memory = time.perf_counter(), _Peak()
        with memory, _told(row, "predict"):
            found = model.predict_proba(["", " \u3000\n"] * (count // 2))
            check_probabilities(found, count)
            assert np.ptp(found, axis=0).max() < 1e-6
    row.seconds = time.perf_counter() - start
    row.note = f"{memory.mb:,.0f} MB above the start"
    return row


NAN = float("nan")
# (texts, labels), and whether a fit must refuse them
CASES: dict[str, tuple[Callable[[], tuple[Any, Any]], bool]] = {
    "all documents equal": (lambda: (["雨が降る"] * 40, [0, 1] * 20), False),
    "all documents empty": (lambda: ([""] * 40, [0, 1] * 20), False),
    "no word that the vectors know": (lambda: (["zzz qqq"] * 40, [0, 1] * 20), False),
    "one document": (lambda: (["雨が降る"], ["a"]), False),
    "two documents": (lambda: (["雨", "夏"], ["a", "b"]), False),
    "one class": (lambda: (plain()[0], ["a"] * 60), False),
    "as many classes as documents": (lambda: (plain()[0], list(range(60))), False),
    "a class of one document": (lambda: (plain()[0], [0] * 59 + [1]), False),
    "labels of bool": (lambda: (plain()[0], [True, False] * 30), False),
    "labels that are empty strings": (lambda: (plain()[0], ["", "a"] * 30), False),
    "labels of emoji": (lambda: (plain()[0], ["👨‍👩‍👧", "🇯🇵"] * 30), False),
    "no document": (lambda: ([], []), True),
    "labels of NaN": (lambda: (plain()[0], [NAN, 1.0] * 30), True),
    "labels of NaN among strings": (lambda: (plain()[0], [NAN, "a"] * 30), True),
    "labels of None": (lambda: (plain()[0], [None, "a"] * 30), True),
    "labels of int and str": (lambda: (plain()[0], [1, "a"] * 30), True),
    "labels of real numbers": (lambda: (plain()[0], np.linspace(0, 1, 60)), True),
    "fewer labels than documents": (lambda: (plain()[0], [0, 1] * 20), True),
    "a document of None": (lambda: ([*plain()[0][:-1], None], plain()[1]), True),
    "a document of NaN": (lambda: ([*plain()[0][:-1], NAN], plain()[1]), True),
    "a document of bytes": (lambda: ([*plain()[0][:-1], "雨".encode()], plain()[1]), True),
    "a document of int": (lambda: ([*plain()[0][:-1], 7], plain()[1]), True),
    "a document that is a list": (lambda: ([*plain()[0][:-1], ["雨"]], plain()[1]), True),
    "one text instead of a list": (lambda: ("雨が降る", [0]), True),
    "a table of texts": (lambda: ([["雨", "雪"]] * 60, plain()[1]), True),
}


def try_case(case: str, network: str, bow: str | None) -> None:
    """Fit and predict odd documents or labels; raises if something else happens."""
    make, refused = CASES[case]
    texts, labels = make()
    model = small(network, bow=bow)
    try:
        with _quiet():
            model.fit(texts, labels)
    except (ValueError, TypeError) as error:
        if not refused or not str(error):
            raise AssertionError(f"refused: {error!r}") from error
        return
    assert not refused, "was not refused"
    with _quiet():
        found = model.predict_proba(["雨が降る", "", "知らない言葉"])
        check_probabilities(found, 3)
        assert found.shape[1] == len(set(labels))
        assert set(model.predict(["雨が降る", ""]).tolist()) <= set(labels)


def odd_sets(quick: bool) -> Row:
    """Documents and labels that cannot be learnt from, or must be refused."""
    row = Row(AREA, "documents and labels that are too few, equal, missing or of mixed types")
    start = time.perf_counter()
    kinds = [("lstm", "ngrams")] if quick else [(n, b) for n in ("lstm", "cnn") for b in BRANCHES]
    for case in CASES:
        for network, bow in kinds:
            row.count += 1
            with _told(row, f"{case}, {network}, {bow}"):
                try_case(case, network, bow)
    row.seconds = time.perf_counter() - start
    return row


BRANCHES = ("ngrams", "words", None)
TEXTS = {
    "unicode": unicode,
    "long": long_document,
    "empty": empty_documents,
    "sets": odd_sets,
}


def small(network: str, **params: Any) -> Any:
    """The recipe with a small network of one epoch, on word vectors at random."""
    from sklearn_w2v import WordVectors, make_w2v_pipeline

    words = ["雨", "雪", "が", "降る", "夏", "海", "。"]
    vectors = WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 4)))
    size = {"units": 4} if network == "lstm" else {"filters": 4}
    return make_w2v_pipeline(
        vectors, network=network, random_state=0, epochs=1, **{**size, **params}
    )


def plain() -> tuple[list[str], list[int]]:
    """Sixty short texts of two classes."""
    draw = random.Random(0)
    kinds = ("雨が降る。", "雪が降る。", "霧の朝。"), ("夏の海。", "砂の祭。", "海が光る。")
    labels = [number % 2 for number in range(60)]
    return ["".join(draw.choices(kinds[label], k=4)) for label in labels], labels


def check_probabilities(found: Any, n_documents: int) -> None:
    """Finite, a row for each document, each of sum 1."""
    assert found.shape[0] == n_documents
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


@contextmanager
def _told(row: Row, what: str) -> Iterator[None]:
    """Count any error in the block as a failure."""
    try:
        yield
    except Exception as error:  # all of them are
        row.fail(f"{what}: {error!r}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the user warnings that odd texts deserve."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


class _Peak:
    """Largest resident memory above that at the start, in a thread that looks every 50 ms."""

    mb = 0.0

    def __enter__(self) -> None:
        self._process = psutil.Process()
        self._before = self._process.memory_info().rss
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            grown = self._process.memory_info().rss - self._before
            self.mb = max(self.mb, grown / 1e6)
