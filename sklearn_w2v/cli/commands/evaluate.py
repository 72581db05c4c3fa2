"""``sklearn-w2v evaluate``: scores on labelled texts, and an HTML report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...utils.language import translate
from .. import options
from ..console import CommandOutput


def evaluate(
    model: Annotated[Path, typer.Argument(help="Model file, as written by fit.")],
    data: Annotated[str, typer.Argument(help=f"Labelled texts. {options.DATA_HELP}")],
    text: options.Text = None,
    label: options.Label = "label",
    report: Annotated[
        Path | None, typer.Option(help="File for the HTML report, such as report.html.")
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(
            help="Training data of the model; the report then compares with TF-IDF + LinearSVC."
        ),
    ] = None,
    drop_empty: options.DropEmpty = False,
    vectors: options.Vectors = None,
    trust: options.Trust = None,
    format: options.Format = None,  # noqa: A002
    encoding: options.Encoding = "auto",
    delimiter: options.Delimiter = None,
    no_quotes: options.NoQuotes = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Test a model on labelled texts that it has not seen."""
    from ..labelled import few_of, labels_of_model, read_labelled
    from ..models import load_model
    from ..paths import check_target
    from ..tables import ReadOptions, Table

    if train is not None and report is None:
        raise ValueError("Got --train without --report, but only the report uses it.")
    if report is not None:
        check_target(report, model, data, train, vectors)
    output = CommandOutput(quiet)
    read_options = ReadOptions(format, encoding, delimiter, not no_quotes)

    def read(path: str) -> Any:
        with Table(path, read_options) as table:
            output.notes(table.notes)
            return read_labelled(table, text, label, None, drop_empty, strip=False)

    with output.catch_warnings():
        with output.progress_bars() as bars:
            found, known = read(data), None if train is None else read(train)
            estimator = load_model(model, vectors, trust)
            for part in (found, known):
                if part is not None:
                    part.labels = labels_of_model(part.labels, estimator.classes_)
            predicted = _predict(estimator, found.texts, bars)
        scores = _scores(found.labels, predicted)
        if json:
            output.json({"documents": len(predicted), **scores})
        else:
            _show(scores, output)
        unknown = sorted(set(found.labels) - set(map(str, estimator.classes_)))
        if unknown:
            output.warn(f"The model does not know {len(unknown)} of the labels: {few_of(unknown)}.")
        if report is not None:
            _write_report(report, estimator, found, known, model.name)
            output.note(f"Wrote {report}.")


def _predict(estimator: Any, texts: list[str], bars: Any) -> list[str]:
    from ...pipeline import predict_iter

    return [
        str(label)
        for label in bars.track(
            "predicting", predict_iter(estimator, texts, chunk_size=500), len(texts)
        )
    ]


def _scores(labels: list[str], predicted: list[str]) -> dict[str, Any]:
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    from ...inspection.report.scores import f1_macro

    names = sorted({*labels, *predicted})
    parts = precision_recall_fscore_support(labels, predicted, labels=names, zero_division=0)
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "f1_macro": f1_macro(labels, predicted),
        "labels": {
            name: {
                "precision": float(parts[0][place]),
                "recall": float(parts[1][place]),
                "f1": float(parts[2][place]),
                "documents": int(parts[3][place]),
            }
            for place, name in enumerate(names)
        },
    }


def _show(scores: dict[str, Any], output: CommandOutput) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=translate(
            "Accuracy {accuracy:.3f}, macro F1 {f1_macro:.3f}",
            accuracy=scores["accuracy"],
            f1_macro=scores["f1_macro"],
        )
    )
    table.add_column(translate("label"))
    for column in (translate("precision"), translate("recall"), "F1", translate("documents")):
        table.add_column(column, justify="right")
    for name, each in scores["labels"].items():
        numbers = (f"{each[key]:.3f}" for key in ("precision", "recall", "f1"))
        table.add_row(Text(name), *numbers, str(each["documents"]))
    output.stdout.print(table)


def _write_report(path: Path, estimator: Any, found: Any, known: Any, title: str) -> None:
    from ... import write_report

    names = {str(name): name for name in estimator.classes_}
    kind = type(estimator.classes_[0])

    def own(labels: list[str]) -> list[Any]:
        return [names[label] if label in names else _of_kind(kind, label) for label in labels]

    more = {} if known is None else {"X_train": known.texts, "y_train": own(known.labels)}
    write_report(path, estimator, found.texts, own(found.labels), title=title, **more)


def _of_kind(kind: Any, label: str) -> Any:
    """Return a label that the model does not know as one of the kind that it knows."""
    try:
        value = kind(label)
        if str(value) != label:  # "02", or any text that is a bool of its own
            raise ValueError
        return value
    except ValueError:
        raise ValueError(
            f"Got the label {label!r}, but those of the model are of type {kind.__name__}; a "
            "report needs labels of one type."
        ) from None
