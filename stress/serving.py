"""Ask ``sklearn-w2v serve`` for long, kill its workers, and send it what nobody should.

``python stress/serving.py`` runs all parts, ``--quick`` all of them in a short form, as the
tests do.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
from _lasting import new_model, texts_of
from _rows import Row, append

AREA = "serving"
_GROWN = 20.0  # MB that the processes may have more at the end
_PATH = "/predict"
_WARM = 500  # answers after which both workers have copied the pages that they write to


class Service:
    """``sklearn-w2v serve`` with two workers, and the labels that it has to give."""

    def __init__(self, folder: Path, timeout: float) -> None:
        from sklearn_w2v import save

        model = new_model(0).fit(*texts_of(60, 0))
        save(model, folder / "model.w2v")
        self.texts, _ = texts_of(200, 1)
        self.expected = [str(label) for label in model.predict(self.texts)]
        command = [sys.executable, "-m", "sklearn_w2v", "serve", str(folder / "model.w2v")]
        command += ["--port", "0", "--workers", "2", "--timeout", str(timeout)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        [self.address] = re.findall(r"on (http://\S+)", self.process.stderr.readline())
        # what it says later is shown, and never fills the pipe
        threading.Thread(target=self._show, args=[self.process.stderr], daemon=True).start()

    @staticmethod
    def _show(lines: Iterator[str]) -> None:
        for line in lines:
            print(f"service: {line}", end="", flush=True)

    def memory(self) -> float:
        """Proportional memory of all processes, in MB."""
        return sum(one.memory_full_info().pss for one in self.family()) / 2**20

    def family(self) -> list[psutil.Process]:
        """The process that supervises, and its workers."""
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def every_worker_answers(self) -> bool:
        """Ask through some connections; return whether each worker has one of them."""
        with ExitStack() as stack:
            clients = [stack.enter_context(self.socket()) for _ in range(8)]
            for client in clients:
                client.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            for client in clients:
                client.recv(1)
            mine = {client.getsockname() for client in clients}
            return all(
                any(tuple(one.raddr) in mine for one in worker.net_connections())
                for worker in self.family()[1:]
            )

    def socket(self) -> socket.socket:
        """Return a connection of which nothing is known but that it stands."""
        host, port = self.address.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), timeout=120)

    def wrong(self, client: httpx2.Client, place: int) -> str | None:
        """Ask for one text; return what is wrong with the answer."""
        place %= len(self.texts)
        done = client.post(_PATH, json={"texts": [self.texts[place]]})
        if done.status_code != 200:
            return f"status {done.status_code}"
        label = done.json()["predictions"][0]["label"]
        return None if label == self.expected[place] else f"text {place} was labelled {label}"


@contextmanager
def running(quick: bool, timeout: float = 30.0) -> Iterator[Service]:
    """Run the service for a block."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), timeout)
        try:
            assert _within(60, lambda: len(service.family()) == 3)
            assert _within(60, service.every_worker_answers)  # what was forked may not yet listen
            answered = 0
            for _ in range(100):  # workers copy the pages that they write to
                answered += len(_ask(service, Row(AREA, "warm"), 0.5 if quick else 5).seconds)
                if answered >= _WARM:
                    break
            yield service
        finally:
            service.process.terminate()
            service.process.wait(60)


@dataclass
class Asked:
    """What clients saw.

    Parameters
    ----------
    seconds : list of float
        How long each answer took, sorted.
    lost : int
        Connections that were closed instead of an answer.
    """

    seconds: list[float]
    lost: int


def _ask(service: Service, row: Row, seconds: float, clients: int = 16) -> Asked:
    """Ask through some connections for a while; wrong answers are failures of the row."""
    end, lock, asked = time.monotonic() + seconds, threading.Lock(), Asked([], 0)

    def client(number: int) -> None:
        mine = Asked([], 0)
        with httpx2.Client(base_url=service.address, timeout=60) as session:
            place = number
            while time.monotonic() < end:
                place += clients
                start = time.perf_counter()
                try:
                    wrong = service.wrong(session, place)
                except httpx2.TransportError:
                    mine.lost += 1
                    continue
                mine.seconds.append(time.perf_counter() - start)
                if wrong:
                    with lock:
                        row.fail(wrong)
        with lock:
            asked.seconds += mine.seconds
            asked.lost += mine.lost

    with ThreadPoolExecutor(clients) as pool:
        for one in [pool.submit(client, number) for number in range(clients)]:
            one.result()
    asked.seconds.sort()
    return asked


def load(quick: bool) -> Row:
    """Sixteen connections ask at once; no error, and the memory stays."""
    row = Row(AREA, "requests through 16 connections to two workers, memory flat")
    with running(quick) as service:
        before = service.memory()
        asked = _ask(service, row, 1 if quick else 60)
        after = service.memory()
    row.count = len(asked.seconds)
    if asked.lost:
        row.fail(f"{asked.lost} connections were lost")
    p99 = 1e3 * asked.seconds[int(0.99 * row.count)]
    row.note = f"p99 {p99:.0f} ms beside the clients; {before:.0f} MB before, {after:.0f} MB after"
    if after - before > _GROWN:
        row.fail(row.note)
    return row


def killed_workers(quick: bool) -> Row:
    """Kill workers while they are asked: only requests of their own connections may be lost."""
    kills = 1 if quick else 20
    row = Row(AREA, "kill -9 of a worker under load; the others answer, and it comes back")
    with running(quick) as service:
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(_ask, service, row, 3 * kills, 8)
            for _ in range(kills):
                time.sleep(1)
                _, *workers = service.family()
                os.kill(workers[0].pid, signal.SIGKILL)
                row.count += 1
                if not _within(20, lambda gone=workers[0].pid: _two_without(service, gone)):
                    row.fail("no worker came back")
            asked = asking.result()
        if asked.lost > 8 * kills:  # each of eight connections may have been the killed one's
            row.fail(f"{asked.lost} connections were lost")
        with httpx2.Client(base_url=service.address) as client:
            for place in range(100):
                if wrong := service.wrong(client, place):
                    row.fail(wrong)
    row.note = (
        f"{len(asked.seconds):,} right answers meanwhile; {asked.lost} connections were a killed "
        "worker's"
    )
    return row


def _two_without(service: Service, gone: int) -> bool:
    workers = {one.pid for one in service.family()[1:]}
    return gone not in workers and len(workers) == 2


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(psutil.NoSuchProcess):
            if condition():
                return True
        time.sleep(0.05)
    return False


def hostile(quick: bool) -> list[Row]:
    """Broken JSON, huge bodies, slow clients and clients that hang up."""
    rows = []
    with running(quick, timeout=2.0) as service:
        for what, (send, few, many) in HOSTILE.items():
            row = Row(AREA, what, count=few if quick else many)
            _, *workers = service.family()
            before, start = service.memory(), time.perf_counter()
            send(service, row)
            row.seconds = time.perf_counter() - start
            with httpx2.Client(base_url=service.address) as client:
                for place in range(20):
                    if wrong := service.wrong(client, place):
                        row.fail(wrong)
            if {one.pid for one in service.family()[1:]} != {one.pid for one in workers}:
                row.fail("a worker has died")
            row.note = f"{before:.0f} MB before, {service.memory():.0f} MB after"
            if service.memory() - before > _GROWN:
                row.fail(row.note)
            rows.append(row)
    return rows


def _broken_json(service: Service, row: Row) -> None:
    """Send broken JSON."""
    many = b'{"texts": [' + b"1," * 100_000 + b"1]}"
    bodies = [
        many,
        b"{",
        b'{"texts": [',
        b"[" * 5000,
        b"\xff\xfe",
        b'{"texts": [1, null]}',
        b"null",
    ]
    headers = {"Content-Type": "application/json"}
    with httpx2.Client(base_url=service.address, timeout=60) as client:
        for number in range(row.count):
            body = bodies[number % len(bodies)]
            status = client.post(_PATH, content=body, headers=headers).status_code
            if status not in (400, 422):
                row.fail(f"{body[:20]!r} got {status}")


def _huge(service: Service, row: Row) -> None:
    """Send large bodies, with their length and without."""
    body = b" " * 50_000_000
    with httpx2.Client(base_url=service.address, timeout=60) as client:
        for number in range(row.count):
            chunks = (body[start : start + 10**6] for start in range(0, len(body), 10**6))
            content = body if number % 2 else chunks  # with its length, and without
            status = client.post(_PATH, content=content).status_code
            if status != 413:
                row.fail(f"a body of 50 MB got {status}")


def _slow(service: Service, row: Row) -> None:
    """Send requests in part, and wait."""
    parts = (
        b"",
        b"POST /predict HTTP/1.1\r\nHost:",
        b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{",
    )
    slow = []
    for number in range(row.count):
        slow.append(service.socket())
        slow[-1].sendall(parts[number % len(parts)])
    with httpx2.Client(base_url=service.address) as client:
        for place in range(20):  # others are answered meanwhile
            if wrong := service.wrong(client, place):
                row.fail(wrong)
    start = time.monotonic()
    for number, one in enumerate(slow):
        said = b""
        with contextlib.suppress(ConnectionResetError):
            said = one.makefile("rb").read()
        if (number % len(parts) == 2) != (b" 408 " in said):  # whose headers have come is told
            row.fail(f"client {number} got {said[:40]!r}")
        one.close()
    if time.monotonic() - start > 10:
        row.fail("clients were not cut off in time")


def _deaf(service: Service, row: Row) -> None:
    """Ask for more than the buffers hold, and read nothing."""
    deaf = []
    for _ in range(row.count):
        one = service.socket()
        deaf.append(one)
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError, ConnectionResetError, BrokenPipeError):
            for _ in range(2000):
                one.sendall(b"GET /page.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    own = {one.getsockname() for one in deaf}
    if not _within(20, lambda: not own & _clients(service)):
        row.fail("clients that do not read were not cut off")
    for one in deaf:
        one.close()


def _clients(service: Service) -> set[tuple[str, int]]:
    """Addresses of all that are connected."""
    found = (one.net_connections() for one in service.family())
    return {tuple(each.raddr) for some in found for each in some if each.raddr}


def _hang_up(service: Service, row: Row) -> None:
    """Hang up before the answer."""
    body = b'{"texts": ["' + "雨".encode() * 500 + b'"]}'
    request = (
        b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    ) + body
    for number in range(row.count):
        with service.socket() as one:
            one.sendall(request if number % 2 else request[:200])


# what is sent; how often in the short form, and else
HOSTILE: dict[str, tuple[Callable[[Service, Row], None], int, int]] = {
    "requests with broken JSON, refused with 400 or 422": (_broken_json, 200, 10_000),
    "bodies of 50 MB, refused with 413": (_huge, 4, 50),
    "clients that send half a request and wait, cut off after 2 s": (_slow, 30, 500),
    "clients that ask and never read, cut off": (_deaf, 3, 20),
    "clients that hang up before the answer": (_hang_up, 50, 1_000),
}


def main() -> None:
    """Run all parts and write their rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the short form")
    quick = parser.parse_args().quick
    for part in (load, killed_workers):
        start = time.perf_counter()
        row = part(quick)
        row.seconds = time.perf_counter() - start
        append(row)
    for row in hostile(quick):
        append(row)


if __name__ == "__main__":
    main()
