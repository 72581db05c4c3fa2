from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi")

from sklearn_w2v import load, read_card
from sklearn_w2v.serving.answers import Answers


@pytest.fixture(scope="session")
def answers(weather) -> Answers:
    return Answers(load(weather / "weather.w2v"), read_card(weather / "weather.w2v"))


class Service:
    """``sklearn-w2v serve`` in a process of its own, and what it has said so far."""

    def __init__(self, *arguments: object, before: tuple[str, ...] = ()) -> None:
        command = [sys.executable, "-m", "sklearn_w2v", *before, "serve", *map(str, arguments)]
        self.process = subprocess.Popen(
            [*command, "--port", "0"], stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.said: list[str] = []
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._ready.wait(120), self.said
        assert self.address, self.said

    def _read(self) -> None:
        self.address = ""
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(r"on (http://\S+)", line):
                self.address = found[1]
                self._ready.set()
        self._ready.set()

    def stop(self, how: int = signal.SIGTERM) -> int:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, how)
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self._reader.join(10)


@pytest.fixture
def service() -> Iterator[type[Service]]:
    """Starts services, which are stopped at the end of the test."""
    started = []

    def start(*arguments: object, **more: tuple[str, ...]) -> Service:
        started.append(Service(*arguments, **more))
        return started[-1]

    yield start
    for one in started:
        one.stop()
