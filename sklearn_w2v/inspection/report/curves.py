"""Draw the learning curves of a report as SVG.

Not by matplotlib: a report does not need it, and the page's style sheet chooses the colours, in
light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...utils.language import translate
from ..metric_names import metric_name

WIDTH, HEIGHT = 440, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 16, 40
_PANELS = 4


def panels(history: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """Make one picture for each measure of a history, training and validation in it.

    Parameters
    ----------
    history : mapping of str to sequence of float
        ``history_`` of a classifier.

    Returns
    -------
    list of dict
        What the template draws: ``title``, ``ticks`` of both axes, ``lines`` and ``rows`` of
        the table beside it.
    """
    names = list(dict.fromkeys(name.removeprefix("val_") for name in history))
    names.sort(key=lambda name: ("accuracy", "loss", name).index(name))  # stable otherwise
    out = []
    for name in names[:_PANELS]:
        lines = {
            kind: [float(value) for value in history[key]]
            for kind, key in (("training", name), ("validation", f"val_{name}"))
            if len(history.get(key, ()))
        }
        if any(math.isfinite(value) for line in lines.values() for value in line):
            out.append(_panel(name, lines))
    return out


def _panel(name: str, lines: Mapping[str, list[float]]) -> dict[str, Any]:
    finite = [value for line in lines.values() for value in line if math.isfinite(value)]
    epochs = max(map(len, lines.values()))
    y_ticks = nice_ticks(min(finite), max(finite))
    low, high = y_ticks[0], y_ticks[-1]
    names = {"training": translate("training"), "validation": translate("validation")}
    x_step = max(1, math.ceil(epochs / 8))

    def x_of(epoch: int) -> float:
        share = (epoch - 1) / (epochs - 1) if epochs > 1 else 0.5
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y_of(value: float) -> float:
        share = (value - low) / (high - low)
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)

    return {
        "title": metric_name(name),
        "x_ticks": [(x_of(epoch), str(epoch)) for epoch in range(1, epochs + 1, x_step)],
        "y_ticks": [(y_of(value), f"{value:g}") for value in y_ticks],
        "frame": (_LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM),
        "size": (WIDTH, HEIGHT),
        "lines": [
            {
                "kind": kind,
                "name": names[kind],
                # a value that is not a number leaves a gap
                "runs": [
                    " ".join(f"{x_of(epoch)},{y_of(value)}" for epoch, value in run)
                    for run in _runs(values)
                ],
                "dots": [
                    (x_of(epoch), y_of(value), _tip(names[kind], epoch, value))
                    for run in _runs(values)
                    for epoch, value in run
                ],
            }
            for kind, values in lines.items()
        ],
        "rows": [
            [line[epoch] if epoch < len(line) else None for line in lines.values()]
            for epoch in range(epochs)
        ],
    }


def _tip(line: str, epoch: int, value: float) -> str:
    return translate("{line}, epoch {epoch}: {value:.4g}", line=line, epoch=epoch, value=value)


def _runs(values: Sequence[float]) -> list[list[tuple[int, float]]]:
    """Return stretches of finite values, with their epochs."""
    out: list[list[tuple[int, float]]] = [[]]
    for epoch, value in enumerate(values, 1):
        if math.isfinite(value):
            out[-1].append((epoch, value))
        elif out[-1]:
            out.append([])
    return [run for run in out if run]


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return round numbers, from at most `low` to at least `high`."""
    if not high > low:
        low, high = low - abs(low) / 2 - 0.05, high + abs(high) / 2 + 0.05
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]
