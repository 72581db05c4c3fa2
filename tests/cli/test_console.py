from __future__ import annotations

import io
import json
import time
import warnings

import numpy as np
from rich.console import Console

from sklearn_w2v.cli import console as console_module
from sklearn_w2v.cli.console import CommandOutput, ProgressBars, one_line
from sklearn_w2v.exceptions import (
    CoverageWarning,
    RowsLeftOutWarning,
    TruncationWarning,
    UnusedParameterWarning,
)
from sklearn_w2v.utils.progress import report_progress


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80)


def test_results_and_notes_go_to_two_streams(capsys):
    output = CommandOutput()
    output.json({"名": np.float64(0.5), "n": np.arange(2)})
    output.note("[bold]no markup[/]")
    out, err = capsys.readouterr()
    assert json.loads(out) == {"名": 0.5, "n": [0, 1]}
    assert "名" in out
    assert err == "[bold]no markup[/]\n"


def test_quiet_leaves_notes_and_warnings_out(capsys):
    output = CommandOutput(quiet=True)
    output.note("a")
    output.warn("b")
    assert capsys.readouterr() == ("", "")


def test_warnings_are_lines_and_come_once(capsys):
    with CommandOutput().catch_warnings():
        for number in range(2):
            warnings.warn(f"mind\n {number} gaps", UserWarning, stacklevel=1)
        warnings.warn("soon gone", FutureWarning, stacklevel=1)
    assert capsys.readouterr().err == "Warning: mind 0 gaps\n"


def test_warnings_of_ours_come_once_by_class_and_what(capsys):
    with CommandOutput().catch_warnings():
        for number in range(2):
            for kind in (TruncationWarning, UnusedParameterWarning):
                warnings.warn(kind(f"{number} gaps.", f"way {number * 'x'}"), stacklevel=1)
    assert capsys.readouterr().err.splitlines() == [
        "Warning: 0 gaps. fit with a larger --maxlen keeps them whole.",
        "Warning: 0 gaps. way",
    ]


def test_ways_out_are_in_terms_of_options(capsys):
    class OwnCoverageWarning(CoverageWarning):
        pass

    for kind, wanted in (
        (CoverageWarning, "--vectors"),
        (OwnCoverageWarning, "--vectors"),
        (RowsLeftOutWarning, "--keep all"),
        (UnusedParameterWarning, "in Python"),
    ):
        with CommandOutput().catch_warnings():
            warnings.warn(kind("What.", "in Python"), stacklevel=1)
        said = capsys.readouterr().err
        assert wanted in said
        assert ("in Python" in said) == (wanted == "in Python")


def test_bars_show_the_step_and_the_time_left(monkeypatch):
    monkeypatch.setattr(console_module, "_PATIENCE", 0.0)
    console = terminal()
    with ProgressBars(console, True, lambda: False) as bars:
        bars.update_total(1, 4, "fit 2 of 4")
        for done in (10, 20):
            report_progress("training", done, 40, "epoch 1 of 2")
        report_progress("training", 5, 40, "epoch 1 of 2")  # the next training
        deadline = time.monotonic() + 30
        while "epoch 1 of 2" not in console.file.getvalue() and time.monotonic() < deadline:
            time.sleep(0.05)
    shown = console.file.getvalue()
    assert "fit 2 of 4" in shown
    assert "epoch 1 of 2" in shown
    assert "left" in shown


def test_bars_wait_and_are_for_terminals_alone():
    for shown in (True, False):
        console = terminal()
        with ProgressBars(console, shown, lambda: False) as bars:
            assert list(bars.track("tokenizing", "abc", 3)) == ["a", "b", "c"]
        assert "tokenizing" not in console.file.getvalue()


def test_bars_say_whether_to_stop():
    with ProgressBars(terminal(), False, lambda: False) as bars:
        assert not report_progress("training", 1, 2)
        bars.set_stop(lambda: True)
        assert report_progress("training", 2, 2)


def test_one_line():
    assert one_line("a\n  b\tc ") == "a b c"
