"""The page on clusters, with a scheduler and workers started by the commands that it shows."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from .test_readme import blocks

distributed = pytest.importorskip("distributed")
pytest.importorskip("pandas")

PAGE = "docs/scaling.md"
ROOT = Path(__file__).parents[1]
OWN_CLIENT = re.compile(r"^client = Client\(.*\)$", re.M)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def commands(port):
    """Environment and arguments of the page's first two commands, for this machine."""
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    block = re.search(r"^```bash\n(dask .*?)^```", page, re.M | re.S)[1]
    lines = block.replace("HOST", "127.0.0.1").replace("8786", str(port)).splitlines()
    for line in lines:
        words = shlex.split(line)
        settings = [word for word in words if re.match(r"[A-Z_]+=", word)]
        rest = words[len(settings) :]
        assert rest[0] == "dask"
        yield dict(word.split("=", 1) for word in settings), [sys.executable, "-m", *rest]


@pytest.fixture
def address(tmp_path):
    """Address of a scheduler with two worker processes, which work in this folder."""
    port, running = free_port(), []
    try:
        for number, (settings, command) in enumerate(commands(port)):
            more = ["--host", "127.0.0.1"] + (["--no-dashboard"] if number == 0 else [])
            running.append(
                subprocess.Popen(
                    [*command, *more],
                    cwd=tmp_path,
                    env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        yield f"tcp://127.0.0.1:{port}"
    finally:
        for process in reversed(running):
            process.terminate()
        for process in reversed(running):
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.usefixtures("few_lyrics")
def test_all_blocks_run_on_workers_started_from_the_command_line(
    address, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with distributed.Client(address, timeout=60) as first:
        first.wait_for_workers(2, timeout=120)
        assert len(first.scheduler_info(n_workers=-1)["workers"]) == 2
        code = "".join(blocks(PAGE))
        assert len(OWN_CLIENT.findall(code)) == 1
        names: dict[str, object] = {"__name__": "page"}
        exec(compile(OWN_CLIENT.sub(f"client = Client({address!r})", code), PAGE, "exec"), names)
    found = capsys.readouterr().out
    assert "clf__channels" in found
    assert Path("probabilities").is_dir()


def test_the_client_of_one_machine_has_two_workers():
    """The page's own client, which the test above replaces."""
    names: dict[str, object] = {}
    [line] = OWN_CLIENT.findall("".join(blocks(PAGE)))
    exec(f"from dask.distributed import Client\n{line}", names)
    with names["client"] as client:
        assert sorted(client.ncores().values()) == [1, 1]
        assert client.submit(sum, [1, 2]).result() == 3
