"""Many fits and predictions in one process, and many threads: memory and results."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
from _rows import Row

AREA = "faults"
_WET, _DRY = ["雨", "雪", "霧", "傘", "雲", "嵐"], ["夏", "海", "砂", "祭", "星", "花"]


def texts_of(count: int, seed: int) -> tuple[list[str], list[int]]:
    """Texts of a few words with their labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count).tolist()
    texts = [
        "、".join(random.choice([_DRY, _WET][label], random.integers(2, 9)).tolist())
        for label in labels
    ]
    return texts, labels


def memory_mb() -> float:
    """Resident memory of this process after a collection."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 2**20


def new_model(seed: int) -> Any:
    """A small pipeline with the whole recipe."""
    from sklearn_w2v import make_w2v_pipeline

    model = make_w2v_pipeline(random_state=seed, epochs=2, units=8)
    return model.set_params(ids__maxlen=40)


def fits(quick: bool) -> Row:
    """Fit again and again; memory must not grow with the number of fits."""
    warm, count, room = (8, 12, 60.0) if quick else (50, 200, 60.0)
    row = Row(AREA, "fits in one process, memory flat", count=count)
    for seed in range(warm):
        new_model(seed).fit(*texts_of(60 + seed % 7, seed))
    start, before = time.perf_counter(), memory_mb()
    for seed in range(count):
        new_model(seed).fit(*texts_of(60 + seed % 7, seed))
    row.seconds = time.perf_counter() - start
    return _grown(row, before, warm, "fits", room)


def predictions(quick: bool) -> Row:
    """Predict again and again, a few texts at a time."""
    count, room = (300, 20.0) if quick else (100_000, 20.0)
    row = Row(AREA, "predictions one by one in one process, memory flat", count=count)
    model = new_model(0).fit(*texts_of(60, 0))
    texts, _ = texts_of(500, 1)
    expected = model.predict(texts)
    warm = min(count, 2_000)
    for number in range(warm):
        model.predict([texts[number % len(texts)]])
    start, before = time.perf_counter(), memory_mb()
    for number in range(count):
        at = number % len(texts)
        if model.predict([texts[at]])[0] != expected[at]:
            row.fail(f"prediction {number} differs")
    row.seconds = time.perf_counter() - start
    return _grown(row, before, warm, "predictions", room)


def _grown(row: Row, before: float, warm: int, what: str, room: float) -> Row:
    after = memory_mb()
    row.note = f"{before:.0f} MB after {warm} {what}, {after:.0f} MB after {row.count} more"
    if after - before > room:
        row.fail(row.note)
    return row


def threads(quick: bool) -> Row:
    """Threads that predict with one pipeline, fresh from its fit and fresh from its file."""
    import tempfile

    from sklearn_w2v import load, save

    rounds = 2 if quick else 40
    row = Row(AREA, "predictions in eight threads at once, equal to serial ones")
    model = new_model(0).fit(*texts_of(60, 0))
    texts, _ = texts_of(64, 2)
    texts += [f"{text}、未知{number}" for number, text in enumerate(texts)]
    expected = model.predict_proba(texts)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        save(model, f"{folder}/model.w2v")
        for number in range(rounds):
            one = load(f"{folder}/model.w2v") if number % 2 else model
            _in_threads(one, texts, expected, row)
    row.seconds = time.perf_counter() - start
    return row


def _in_threads(model: Any, texts: list[str], expected: Any, row: Row) -> None:
    ready = threading.Barrier(8)
    errors: list[object] = []

    def work(number: int) -> None:
        ready.wait()
        for start in range(0, len(texts), 16):
            part = slice((start + 16 * number) % len(texts), None)
            try:
                found = model.predict_proba(texts[part][:16])
                np.testing.assert_allclose(found, expected[part][:16], rtol=0, atol=1e-6)
            except Exception as error:  # any error in a thread is a failure
                errors.append(error)

    workers = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    row.count += 8 * -(-len(texts) // 16)
    for error in errors:
        row.fail(error)


LASTING: dict[str, Callable[[bool], Row]] = {
    "fits": fits,
    "predictions": predictions,
    "threads": threads,
}
