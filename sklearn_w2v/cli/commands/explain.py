"""``sklearn-w2v explain``: which words of a text speak for a label."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ...utils.language import translate
from .. import options
from ..console import CommandOutput

_FOR, _AGAINST = (
    (255, 150, 40),
    (80, 160, 255),
)  # orange and blue, which most colour-blind people tell apart
_MIN_STRENGTH = 0.08  # words with a smaller share of the largest value have no colour


def explain(
    model: Annotated[Path, typer.Argument(help="Model file, as written by fit.")],
    text: Annotated[str, typer.Argument(help="The text; - reads the standard input.")],
    target: Annotated[
        str | None, typer.Option(help="Label to explain; by default the most probable one.")
    ] = None,
    method: Annotated[
        Literal["integrated_gradients", "occlusion"],
        typer.Option(help="How the shares of the words are computed."),
    ] = "integrated_gradients",
    top: Annotated[int, typer.Option(min=0, help="Number of words to list in a terminal.")] = 10,
    html: Annotated[
        Path | None, typer.Option(help="File for an HTML page with the coloured text.")
    ] = None,
    vectors: options.Vectors = None,
    trust: options.Trust = None,
    encoding: options.Encoding = "auto",
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Show which words of a text speak for and against a label.

    A terminal shows the coloured text; a pipe gets one line with value and word for each word.
    """
    from ...serving.answers import as_json, explained
    from ..models import load_model
    from ..paths import check_target

    output = CommandOutput(quiet)
    if html is not None:
        check_target(html, model, vectors)
    if text == "-":
        text = _standard_input(encoding)
    if not text.strip():
        raise ValueError("Got an empty text, but expected words to explain.")
    with output.catch_warnings():
        with output.progress_bars():
            estimator = load_model(model, vectors, trust)
            names = list(map(str, estimator.classes_))
            if target is not None and target not in names:
                raise ValueError(f"Got --target {target!r} but expected one of {', '.join(names)}.")
            found, probability = explained(estimator, text, target, method)
        if html is not None:
            _write_page(html, found)
            output.note(f"Wrote {html}.")
        if json:
            output.json(as_json(found, probability))
        elif output.stdout.is_terminal:
            _show(found, probability, top, output)
        else:
            for token, value in zip(found.tokens, found.values, strict=True):
                print(f"{value:+.4f}\t{_visible(token)}")


def _standard_input(encoding: str) -> str:
    from ...utils.encodings import encoding_of
    from ..tables import AUTO, ReadOptions

    ReadOptions(encoding=encoding)  # raises for an unknown name
    data = sys.stdin.buffer.read()
    known = encoding_of(io.BufferedReader(io.BytesIO(data))) if encoding == AUTO else encoding
    try:
        return data.decode(known).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"The standard input is not {known}: byte 0x{data[error.start]:02x} at position "
            f"{error.start} ({error.reason}). --encoding names another, such as cp932."
        ) from error


def _visible(token: str) -> str:
    return token.replace("\n", "⏎")


def _show(found: Any, probability: float | None, top: int, output: CommandOutput) -> None:
    from rich.table import Table
    from rich.text import Text

    chance = "" if probability is None else f"  {probability:.3f}"
    output.stdout.print(Text.assemble((str(found.target), "bold"), chance))
    output.stdout.print(coloured(found))
    if not top:
        return
    sums: dict[str, float] = {}
    for token, value in zip(found.tokens, found.values.tolist(), strict=True):
        sums[token] = sums.get(token, 0.0) + value
    table = Table()
    table.add_column(translate("word"))
    table.add_column(translate("adds to the logit"), justify="right")
    for token in sorted(sums, key=lambda token: -abs(sums[token]))[:top]:
        table.add_row(Text(_visible(token)), f"{sums[token]:+.3f}")
    output.stdout.print(table)
    output.stdout.print(
        translate(
            "logit {score:.3f} = {baseline:.3f} without words {words:+.3f} by words "
            "{rest:+.3f} rest",
            score=found.score,
            baseline=found.baseline_score,
            words=found.values.sum(),
            rest=found.residual,
        )
    )


def coloured(found: Any) -> Any:
    """The text with a colour behind each word: orange for the label, blue against it."""
    from rich.text import Text

    largest = max(map(abs, found.values.tolist()), default=0.0) or 1.0
    if found.spans is None:
        out = Text()
        for token, value in zip(found.tokens, found.values.tolist(), strict=True):
            out.append(token, _style(value / largest))
            out.append(" ")
        return out
    out = Text(found.text.translate(_DROPPED))
    for span, value in zip(found.spans, found.values.tolist(), strict=True):
        style = _style(value / largest)
        if span is not None and style is not None:
            out.stylize(style, *span)
    return out


# what rich leaves out, so that the places behind it would be others
_DROPPED = dict.fromkeys([7, 8, 11, 12, 13], " ")


def _style(strength: float) -> Any:
    """Black text on a colour that gets stronger with the value, readable in any theme."""
    from rich.color import Color
    from rich.style import Style

    if abs(strength) < _MIN_STRENGTH:
        return None
    full = _FOR if strength > 0 else _AGAINST
    mixed = (round(255 + abs(strength) * (part - 255)) for part in full)
    return Style(color=Color.from_rgb(0, 0, 0), bgcolor=Color.from_rgb(*mixed))


def _write_page(path: Path, found: Any) -> None:
    from html import escape

    from ...utils.files import written_beside

    page = (
        '<!doctype html>\n<html lang="ja">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(str(found.target))}</title>\n<body>\n{found.to_html()}\n</body>\n</html>\n"
    )
    with written_beside(str(path)) as work, open(work, "w", encoding="utf-8", newline="\n") as file:
        file.write(page)
