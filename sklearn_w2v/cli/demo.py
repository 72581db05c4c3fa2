"""``sklearn-w2v demo``: word2vec transfer on the lyrics that ship with the package."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sklearn.base import clone
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV, cross_val_predict

from ..datasets import load_lyrics
from ..inspection.report.baselines import tfidf_baseline
from ..pipeline import make_w2v_pipeline
from ..text.tokenizer import JapaneseTokenizer
from ..utils.language import translate
from ..utils.sklearn_compat import stratified_group_folds

FOLDS = 3
# frozen or fine-tuned, the article's question, is about the network alone
_NETWORK: dict[str, Any] = {"bow": None, "maxlen": None, "learning_rate": 3e-3}
_WORDS = {"content words": "content", "all words": None}
# a verse of no album, with words of one artist: 俺 ..., ぜ, だろ
_NEW_SONG = """駅のホームで汽笛が鳴った
立ち止まるな 前だけ見ろ
雨ならとっくに上がってるぜ
切符は捨てた 行くしかねえだろ"""


class _RecordingScorer:
    """Scorer of a search that also keeps the predictions of each test fold."""

    def __init__(self, texts: list[str], progress: Progress, task: Any) -> None:
        self._places = {text: place for place, text in enumerate(texts)}
        self._progress, self._task = progress, task
        self.predicted: dict[bool, NDArray[Any]] = {
            frozen: np.full(len(texts), -1) for frozen in (True, False)
        }

    def __call__(self, estimator: Any, X: Iterable[str], y: NDArray[Any]) -> dict[str, float]:
        predicted = estimator.predict(X)
        places = [self._places[text] for text in X]
        self.predicted[estimator.get_params()["clf__train_embeddings"]][places] = predicted
        self._progress.advance(self._task)
        return _scores(y, predicted)


def _scores(y: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    return {
        "accuracy": accuracy_score(y, predicted),
        "f1_macro": f1_score(y, predicted, average="macro"),
    }


def run_demo(out: Path, seed: int, epochs: int, console: Console) -> None:
    """Search, compare, predict and draw.

    Parameters
    ----------
    out : Path
        Folder for the pictures.
    seed : int
        Seed of all randomness.
    epochs : int
        Epochs of each training.
    console : rich.console.Console
        Where the report is written.
    """
    started = time.perf_counter()
    lyrics = load_lyrics()
    y, names = lyrics.target, lyrics.target_names
    splits = stratified_group_folds(y, lyrics.album, FOLDS, seed)
    _introduce(console, len(y), names)
    searches, recorders, rows = {}, {}, []
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as memory,
        _bar(console) as progress,
    ):
        task = progress.add_task("search", total=(len(_WORDS) * 2 + 1) * FOLDS)
        for words, pos in _WORDS.items():
            pipeline = make_w2v_pipeline(
                tokenizer=JapaneseTokenizer(pos=pos),
                random_state=seed,
                epochs=epochs,
                memory=memory,
                **_NETWORK,
            )
            recorder = recorders[words] = _RecordingScorer(lyrics.data, progress, task)
            search = searches[words] = GridSearchCV(
                pipeline,
                {"clf__train_embeddings": [True, False]},
                scoring=recorder,
                refit="accuracy",
                cv=splits,
            )
            search.fit(lyrics.data, y)
            tokens = JapaneseTokenizer(pos=pos).transform(lyrics.data)
            rows += _rows(
                words, search, cross_val_predict(tfidf_baseline(), tokens, y, cv=splits), y
            )
        recipe = make_w2v_pipeline(random_state=seed)
        predicted = cross_val_predict(recipe, lyrics.data, y, cv=splits)
        scores = _scores(y, predicted)
        rows.append(("all words", "the recipe", scores["accuracy"], scores["f1_macro"]))
        progress.advance(task, FOLDS)
    _report(console, rows)
    best = searches["all words"]
    _show_prediction(console, best.best_estimator_, names)
    _show_neighbours(console, searches["all words"].best_estimator_, lyrics, seed, epochs)
    predicted = recorders["all words"].predicted[best.best_params_["clf__train_embeddings"]]
    _draw(console, out, names, y, predicted, _with_curve(best.best_estimator_, lyrics, splits[0]))
    console.print(translate("Done in {seconds:.0f} s.", seconds=time.perf_counter() - started))


def _introduce(console: Console, n_songs: int, names: list[str]) -> None:
    console.print(
        translate(
            "[bold]{songs} song lyrics by {artists} artists[/] ({names}). Whose song is it? "
            "{folds} folds; all songs of an album are in the same fold.",
            songs=n_songs,
            artists=len(names),
            names=", ".join(names),
            folds=FOLDS,
        )
    )


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("fits, time left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _rows(
    words: str, search: Any, baseline: NDArray[Any], y: NDArray[Any]
) -> list[tuple[str, str, float, float]]:
    results = search.cv_results_
    rows = []
    for place, params in enumerate(results["params"]):
        how = "fine-tuned" if params["clf__train_embeddings"] else "frozen"
        rows.append(
            (
                words,
                f"word2vec + LSTM, {how}",
                float(results["mean_test_accuracy"][place]),
                float(results["mean_test_f1_macro"][place]),
            )
        )
    scores = _scores(y, baseline)
    rows.append((words, "TF-IDF + LinearSVC", scores["accuracy"], scores["f1_macro"]))
    return rows


def _report(console: Console, rows: list[tuple[str, str, float, float]]) -> None:
    shown = {
        "content words": translate("content words"),
        "all words": translate("all words"),
        "word2vec + LSTM, fine-tuned": translate("word2vec + LSTM, fine-tuned"),
        "word2vec + LSTM, frozen": translate("word2vec + LSTM, frozen"),
        "the recipe": translate("the recipe"),
    }
    table = Table(title=translate("Accuracy on albums that training did not see"))
    for column in (translate("words"), translate("model")):
        table.add_column(column)
    for column in (translate("accuracy"), translate("macro F1")):
        table.add_column(column, justify="right")
    for words, model, accuracy, f1 in rows:
        table.add_row(shown[words], shown.get(model, model), f"{accuracy:.3f}", f"{f1:.3f}")
    console.print(table)
    for words in _WORDS:
        mine = max(row[2] for row in rows if row[0] == words and "LSTM" in row[1])
        theirs = next(row[2] for row in rows if row[0] == words and "TF-IDF" in row[1])
        if mine < theirs:
            text = translate(
                "On {words}, the network alone [bold]loses[/] to TF-IDF by {gap:.3f}: on a few "
                "hundred texts, take the recipe or TF-IDF.",
                words=shown[words],
                gap=theirs - mine,
            )
        else:
            text = translate(
                "On {words}, the network alone is ahead of TF-IDF by {gap:.3f}.",
                words=shown[words],
                gap=mine - theirs,
            )
        console.print(text)


def _show_prediction(console: Console, pipeline: Any, names: list[str]) -> None:
    probabilities = pipeline.predict_proba([_NEW_SONG])[0]
    console.print("\n" + translate("[bold]A verse that is on no album[/]"))
    console.print(_NEW_SONG, style="italic")
    for place in np.argsort(-probabilities)[:3]:
        console.print(f"  {probabilities[place]:.2f}  {names[place]}")


def _show_neighbours(console: Console, pipeline: Any, lyrics: Any, seed: int, epochs: int) -> None:
    """Show the nearest words before and after fine-tuning; trains a fine-tuned model if needed."""
    if not pipeline["clf"].train_embeddings:
        pipeline = clone(pipeline).set_params(clf__train_embeddings=True, memory=None)
        pipeline.fit(lyrics.data, lyrics.target)
    before, after = pipeline["clf"].vectors_, pipeline["clf"].word_vectors_
    table = Table(title=translate("Nearest words before and after fine-tuning"))
    for column in (translate("word"), "word2vec", translate("fine-tuned")):
        table.add_column(column)
    for word in ("僕", "雨", "夜", "です"):
        if word in before:
            table.add_row(
                word,
                *(" ".join(w for w, _ in v.most_similar(word, topn=5)) for v in (before, after)),
            )
    console.print(table)


def _with_curve(pipeline: Any, lyrics: Any, split: tuple[Any, Any]) -> Any:
    """Train the classifier on one fold, with the accuracy on its test albums after each epoch."""
    train, test = split
    steps = clone(pipeline).set_params(memory=None)
    ids = steps[:-1].fit_transform([lyrics.data[row] for row in train])
    ids_test = steps[:-1].transform([lyrics.data[row] for row in test])
    y = lyrics.target
    return steps[-1].fit(ids, y[train], X_val=ids_test, y_val=y[test])


def _draw(
    console: Console,
    out: Path,
    names: list[str],
    y: NDArray[Any],
    predicted: NDArray[Any],
    classifier: Any,
) -> None:
    from ..inspection.displays.training_history import TrainingHistoryDisplay, require_matplotlib

    try:
        plt = require_matplotlib()
    except ImportError as error:
        console.print(f"No pictures: {error}", markup=False)
        return
    from sklearn.metrics import ConfusionMatrixDisplay

    plt.switch_backend("agg")
    out.mkdir(parents=True, exist_ok=True)
    figure, ax = plt.subplots(figsize=(7, 6), layout="constrained")
    ConfusionMatrixDisplay.from_predictions(
        y, predicted, display_labels=names, xticks_rotation=35, ax=ax, colorbar=False, cmap="Blues"
    )
    ax.set(
        title=translate("Songs of unseen albums, all words"),
        xlabel=translate("Predicted label"),
        ylabel=translate("True label"),
    )
    figure.savefig(out / "confusion_matrix.png", dpi=120)
    plt.close(figure)
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    TrainingHistoryDisplay.from_estimator(classifier, ax=ax)
    ax.set(title=translate("Learning curve of one fold, all words"), ylabel=translate("accuracy"))
    figure.savefig(out / "learning_curve.png", dpi=120)
    plt.close(figure)
    matrix, curve = out / "confusion_matrix.png", out / "learning_curve.png"
    console.print(
        translate("Pictures: {matrix}, {curve}", matrix=matrix, curve=curve), soft_wrap=True
    )
