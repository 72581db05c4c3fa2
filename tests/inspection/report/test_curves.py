from __future__ import annotations

import math

import pytest

from sklearn_w2v.inspection.report.curves import HEIGHT, WIDTH, nice_ticks, panels


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.31, 0.88, [0.2, 0.4, 0.6, 0.8, 1.0]),
        (98.0, 102.0, [98, 99, 100, 101, 102]),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert nice_ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (0.0, 0.0), (-3.0, -3.0), (1e-9, 2e-9)])
def test_ticks_hold_all_values(low, high):
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low <= high <= ticks[-1]
    assert len(ticks) > 1


def test_one_panel_holds_training_and_validation():
    found = panels({"loss": [2.0, 1.0], "val_loss": [2.0, 1.5], "accuracy": [0.1, 0.2]})
    assert [panel["title"] for panel in found] == ["accuracy", "loss"]
    loss = found[1]
    assert [line["name"] for line in loss["lines"]] == ["training", "validation"]
    assert loss["rows"] == [[2.0, 2.0], [1.0, 1.5]]
    (first, second), _ = (line["dots"] for line in loss["lines"])
    assert first[0] < second[0]  # later is further right
    assert first[1] < second[1]  # lower values are further down
    for line in loss["lines"]:
        for x, y, _ in line["dots"]:
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT


def test_values_that_are_no_numbers_leave_gaps():
    [panel] = panels({"loss": [1.0, math.nan, 2.0, 3.0, math.inf]})
    assert [len(run.split()) for run in panel["lines"][0]["runs"]] == [1, 2]
    assert panels({"loss": [math.nan]}) == []
    assert panels({}) == []


def test_single_epochs_and_many():
    [one] = panels({"accuracy": [0.5]})
    assert one["lines"][0]["dots"][0][0] > WIDTH / 3
    [many] = panels({"accuracy": [0.5] * 100})
    assert len(many["x_ticks"]) <= 8
