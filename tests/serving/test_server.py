"""The service as it runs: processes, sockets, clients that misbehave."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

pytest.importorskip("fastapi")

from sklearn_w2v.serving.server import address_of, bind, known_hosts, listen

posix = pytest.mark.skipif(os.name == "nt", reason="Windows cannot fork")


def ask(service, path="/predict", body=None):
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(service.address + path, data, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def refused(service, data):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(service.address + "/predict", data, headers)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=60)
    return error.value.code


def connect(service):
    host, port = service.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def test_one_process_answers_until_it_is_told_to_stop(service, weather):
    one = service(weather / "weather.w2v")
    assert ask(one, body={"texts": ["雨と雪"]})["predictions"][0]["label"] == "wet"
    assert ask(one, "/health") == {"status": "ok"}
    assert one.address.startswith("http://127.0.0.1:")
    assert one.stop() == 0
    assert len(one.said) == 1


@posix
def test_workers_share_the_model_and_come_back_when_they_are_killed(service, weather):
    one = service(weather / "weather.w2v", "--workers", 2)
    supervisor = psutil.Process(one.process.pid)
    wait_for(lambda: len(supervisor.children()) == 2)
    [killed, _] = supervisor.children()
    killed.kill()
    for _ in range(20):  # the other one answers
        assert ask(one, body={"texts": ["夏の海"]})["predictions"][0]["label"] == "dry"
    wait_for(lambda: len({child.pid for child in supervisor.children()} - {killed.pid}) == 2)
    assert one.stop() == 0
    wait_for(lambda: not psutil.pid_exists(killed.pid))


@posix
def test_workers_end_when_their_supervisor_is_killed(service, weather):
    one = service(weather / "weather.w2v", "--workers", 2)
    supervisor = psutil.Process(one.process.pid)
    wait_for(lambda: len(supervisor.children()) == 2)
    ask(one, "/health")
    workers = supervisor.children()
    try:
        one.stop(signal.SIGKILL)
        wait_for(lambda: not any(map(is_running, workers)))
    finally:
        for worker in filter(is_running, workers):
            worker.kill()
    with pytest.raises(ConnectionRefusedError):
        connect(one)


@posix
def test_connections_are_shared_among_workers(service, weather):
    one = service(weather / "weather.w2v", "--workers", 2)
    supervisor = psutil.Process(one.process.pid)
    wait_for(lambda: len(supervisor.children()) == 2)

    def shares(count):
        """Open connections, which are answered; return how many of them each worker has."""
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(one)) for _ in range(count)]
            for client in clients:
                client.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            for client in clients:
                assert b"200 OK" in client.recv(100)
            mine = {client.getsockname() for client in clients}
            return [
                sum(tuple(held.raddr) in mine for held in child.net_connections())
                for child in supervisor.children()
            ]

    wait_for(lambda: all(shares(4)))  # one that has been forked may not listen yet
    least = [min(shares(32)) for _ in range(6)]
    assert sum(least) / len(least) > 6, least  # one round alone can be uneven on a busy machine


@posix
@pytest.mark.parametrize("how", ["SIGINT", "SIGQUIT"])
def test_other_signals_end_workers_without_force(service, weather, how):
    one = service(weather / "weather.w2v", "--workers", 2)
    wait_for(lambda: len(psutil.Process(one.process.pid).children()) == 2)
    ask(one, "/health")
    status = one.stop(getattr(signal, how))
    assert not [line for line in one.said if "SIGKILL" in line]
    if how == "SIGINT":  # Ctrl-C
        assert status == 130
        assert one.said[-1] == "Interrupted.\n"
    else:
        assert status == 0


def test_clients_that_never_read_are_cut_off(service, weather):
    one = service(weather / "weather.w2v", "--timeout", 1)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = one.address.removeprefix("http://").split(":")
    deaf.connect((host, int(port)))
    deaf.settimeout(60)
    with contextlib.suppress(OSError):  # it is cut off while it asks on
        for _ in range(3000):
            deaf.sendall(b"GET /page.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    process = psutil.Process(one.process.pid)
    own = deaf.getsockname()
    wait_for(lambda: not [one for one in process.net_connections() if one.raddr == own])
    assert ask(one, "/health") == {"status": "ok"}


@posix
@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_asked_is_answered_after_sigterm(service, weather, workers):
    one = service(weather / "weather.w2v", "--workers", workers)
    texts = [f"雨と雪の{number}日" for number in range(900)]
    ask(one, "/health")
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(ask, one, body={"texts": texts})
        slow = connect(one)
        body = json.dumps({"texts": ["夏の海"]}).encode()
        slow.sendall(head(len(body)) + body[:-1])  # it has begun, too
        time.sleep(0.3)
        one.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        slow.sendall(body[-1:])
        assert b"200 OK" in slow.makefile("rb").readline()
        assert len(answer.result()["predictions"]) == len(texts)
    assert one.process.wait(60) == 0


def head(length):
    return (
        b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % length
    )


def test_slow_and_broken_clients_are_cut_off_and_nobody_else_notices(service, weather):
    one = service(weather / "weather.w2v", "--timeout", 1)
    silent, headers, body = connect(one), connect(one), connect(one)
    headers.sendall(b"POST /predict HTTP/1.1\r\nHost:")
    body.sendall(head(100) + b"{")
    large = connect(one)
    large.sendall(head(50_000_000))
    block = b" " * 1_000_000
    for _ in range(50):
        large.sendall(block)
    assert b"413" in large.makefile("rb").readline()
    gone = connect(one)
    gone.sendall(head(1000) + b"{")
    gone.close()
    rubbish = connect(one)
    rubbish.sendall(b"\x16\x03\x01 not HTTP\r\n\r\n")
    assert b"400" in rubbish.makefile("rb").readline()
    assert ask(one, body={"texts": ["雨と雪"]})["predictions"][0]["label"] == "wet"
    assert silent.recv(1) == b""  # closed
    assert headers.recv(1) == b""
    assert b"408" in body.makefile("rb").readline()
    for number in range(200):
        assert refused(one, b"{" * (1 + number)) == 400
    assert ask(one, body={"texts": ["雨と雪"]})["predictions"][0]["label"] == "wet"
    assert one.stop() == 0


def test_a_port_that_is_taken_is_told_before_the_model_is_read(command, weather):
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        done = command("serve", weather / "missing.w2v", "--port", port)
    assert done.status == 2
    assert f"Cannot listen on 127.0.0.1:{port}" in done.err


def test_addresses_of_both_kinds():
    with bind("127.0.0.1", 0) as four:
        assert address_of(four) == f"http://127.0.0.1:{four.getsockname()[1]}"
    try:
        six = bind("::1", 0)
    except OSError:
        pytest.skip("no IPv6 here")
    with six:
        assert address_of(six).startswith("http://[::1]:")


@pytest.mark.skipif(sys.platform != "linux", reason="the second one cannot even bind")
def test_a_port_that_was_taken_in_between_is_named():
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with bind("127.0.0.1", port) as second:
            listen(first)
            with pytest.raises(OSError, match=f"Cannot listen on 127.0.0.1:{port}: "):
                listen(second)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Example.com:8443", "example.com"),
        ("2001:DB8::1", "[2001:db8::1]"),
        ("[2001:db8::1]:8443", "[2001:db8::1]"),
    ],
)
def test_further_hosts_are_known_by_their_names_alone(given, name):
    with bind("127.0.0.1", 0) as bound:
        assert name in known_hosts(bound, "127.0.0.1", [given])


def test_an_empty_host_is_refused_as_it_would_be_every_address(command, weather):
    done = command("serve", weather / "missing.w2v", "--host", "")
    assert done.status == 2
    assert done.err.startswith("Error: Got host='' but expected an address")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("host", ["LOCALHOST", "127.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])
def test_names_are_known_where_a_socket_listens_on_this_machine_alone(host):
    try:
        bound = bind(host, 0)
    except OSError:
        pytest.skip("no such address here")
    with bound:
        known = known_hosts(bound, host, [])
        address = bound.getsockname()[0]
    for name in (host.lower(), address):
        assert (f"[{name}]" if ":" in name else name) in known
    assert "localhost" in known


def test_without_the_extra_the_command_says_how_it_comes(weather):
    code = (
        "import sys; sys.modules['fastapi'] = None; sys.modules['uvicorn'] = None\n"
        f"sys.argv = ['sklearn-w2v', 'serve', {os.fspath(weather / 'weather.w2v')!r}]\n"
        "from sklearn_w2v.cli.app import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 2
    assert "pip install 'sklearn-w2v[serve]'" in done.stderr


def is_running(process):
    """Whether a process still does something; who adopts it may be slow to collect its status."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
