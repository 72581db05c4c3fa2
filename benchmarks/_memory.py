"""Memory of processes without the pages of files, and what they send to each other."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Self

import psutil


def anonymous(pid: int) -> int:
    """Bytes of a process that are not mapped from a file (``RssAnon``); 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split() for line in lines if line.startswith("RssAnon:")]
    return 1024 * int(found[0][1]) if found else 0


class Peak:
    """Largest `anonymous` memory of some processes within a block, looked at every 0.2 s."""

    def __init__(self, *pids: int) -> None:
        self.of = dict.fromkeys(pids, 0)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            for pid, before in self.of.items():
                self.of[pid] = max(before, anonymous(pid))
            if self._done.wait(0.2):
                return

    @property
    def mb(self) -> list[int]:
        """Megabytes of each process."""
        return [round(size / 1e6) for size in self.of.values()]


def cpu_seconds(pids: list[int]) -> float:
    """Processor time of processes so far."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(one.user + one.system for one in times)


class Wire:
    """Bytes that the processes of a Dask cluster send to each other within a block."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.bytes = 0

    def __enter__(self) -> Self:
        count_writes()
        self._client.run(count_writes)
        self._before = self._all()
        return self

    def __exit__(self, *error: object) -> None:
        self.bytes = self._all() - self._before

    def _all(self) -> int:
        return sum(self._client.run(written).values()) + written()


def count_writes() -> None:
    """Let this process add up what it writes into Dask's connections."""
    from distributed.comm.tcp import TCP

    if hasattr(TCP, "written_here"):
        return
    TCP.written_here = 0
    plain = TCP.write

    async def write(self: Any, *args: Any, **kwargs: Any) -> int:
        size = int(await plain(self, *args, **kwargs))
        TCP.written_here += size
        return size

    TCP.write = write


def written() -> int:
    """Bytes since `count_writes`."""
    from distributed.comm.tcp import TCP

    return int(TCP.written_here)
