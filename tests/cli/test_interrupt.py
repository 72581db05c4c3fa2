from __future__ import annotations

import signal
import time

import pytest

from sklearn_w2v.cli.interrupt import Stop


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard():
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def test_the_first_ctrl_c_asks_and_the_second_ends():
    said = []
    with Stop(said.append) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        deadline = time.monotonic() + 30
        while not said and time.monotonic() < deadline:
            time.sleep(0.01)
        assert "Ctrl-C again" in said[0]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):  # as before
        signal.raise_signal(signal.SIGINT)


def test_where_ctrl_c_is_ignored_it_stays_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Stop(print) as stop:
        signal.raise_signal(signal.SIGINT)
        assert not stop()
