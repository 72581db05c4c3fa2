"""One process, or many that share the model's pages, answer on a socket."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import socket
from collections.abc import Iterable
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from .limits import Limits
from .reading import protocol, without_port

_BACKLOG = 2048  # connections that wait for a process
_IDLE = 5  # seconds that a connection may stay open between two requests


def bind(host: str, port: int) -> socket.socket:
    """Return a socket at an address, which nobody listens on yet.

    Raises
    ------
    OSError
        The address is not to be had; the message names it.
    ValueError
        The host is empty, which would be every address of this machine.
    """
    if not host:
        raise ValueError("Got host='' but expected an address; 0.0.0.0 lets other machines in.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "nt":  # there, SO_REUSEADDR would let two services have one port
            bound.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE"), 1)  # noqa: B009
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise _not_to_be_had(host, port, error) from error
    bound.set_inheritable(True)
    return bound


def listen(bound: socket.socket) -> None:
    """Let clients connect; they wait until somebody answers.

    Raises
    ------
    OSError
        Another one has begun to listen at the address; the message names it.
    """
    try:
        bound.listen(_BACKLOG)
    except OSError as error:
        host, port = bound.getsockname()[:2]
        raise _not_to_be_had(host, port, error) from error


def _not_to_be_had(host: str, port: int, error: OSError) -> OSError:
    return OSError(f"Cannot listen on {host}:{port}: {error.strerror or error}.")


def address_of(bound: socket.socket) -> str:
    """Return the address of a socket, for a browser of this machine."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def known_hosts(bound: socket.socket, host: str, others: Iterable[str]) -> frozenset[str] | None:
    """Return the names that requests may be for; None where others may reach the service."""
    found = bound.getsockname()[0]
    address = ipaddress.ip_address(found)  # a host has many spellings
    address = getattr(address, "ipv4_mapped", None) or address
    if not address.is_loopback or "*" in others:
        return None
    return frozenset(map(_as_header, ("127.0.0.1", "localhost", "::1", host, found, *others)))


def _as_header(host: str) -> str:
    """Return a host as requests name it, without a port."""
    if host.count(":") > 1 and not host.startswith("["):  # an address of IPv6
        host = f"[{host}]"
    return without_port(host)


def serve(app: ASGIApp, bound: socket.socket, workers: int, limits: Limits) -> None:
    """Answer requests until SIGTERM, then finish those that have come.

    Parameters
    ----------
    app : ASGI application
        What answers.
    bound : socket
        Of `bind`.
    workers : int
        Number of processes. More than one are forked from this one, which starts those anew
        that die.
    limits : Limits
        How long requests may take.

    Raises
    ------
    ImportError
        Many workers need gunicorn.
    KeyboardInterrupt
        Ctrl-C has ended it.
    """
    options: dict[str, Any] = {
        "http": protocol(limits),
        "ws": "none",
        "lifespan": "off",
        "server_header": False,
        "timeout_keep_alive": _IDLE,
        "timeout_graceful_shutdown": limits.grace,
    }
    if workers == 1:
        config = uvicorn.Config(app, log_level="warning", access_log=False, **options)
        # uvicorn repeats the signal after it has finished; to be told to stop is no failure
        before = signal.signal(signal.SIGTERM, lambda *_: None)
        try:
            uvicorn.Server(config).run(sockets=[bound])
        finally:
            signal.signal(signal.SIGTERM, before)
        return
    # what is there now stays where it is, and so in the pages that all share
    gc.collect()
    gc.freeze()
    _supervise(app, bound, workers, limits, options)


def _supervise(
    app: ASGIApp, bound: socket.socket, workers: int, limits: Limits, options: dict[str, Any]
) -> None:
    try:
        from gunicorn.app.base import BaseApplication
        from gunicorn.arbiter import Arbiter
        from uvicorn_worker import UvicornWorker
    except ImportError as error:  # it has no wheels for Windows, which cannot fork
        raise ImportError(
            "More than one worker needs gunicorn, which is not installed: "
            "pip install 'sklearn-w2v[serve]' (not on Windows, where --workers 1 works)"
        ) from error

    class Worker(UvicornWorker):
        # asyncio accepts as many connections at once as its backlog says; the first worker that
        # wakes would take all, and leave the others none
        CONFIG_KWARGS = {**options, "backlog": 1, "timeout_notify": 1}

        def run(self) -> None:
            for one in self.sockets:
                one.listen = lambda backlog: None  # it does, with a backlog of its own
            super().run()

        def handle_exit(self, sig: int, frame: Any) -> None:
            """Stop at SIGQUIT, which gunicorn sends for Ctrl-C; uvicorn knows SIGTERM."""
            signal.raise_signal(signal.SIGTERM)

        async def callback_notify(self) -> None:
            """Say each second that it lives, and stop where nobody is left to be told."""
            await super().callback_notify()
            if os.getppid() != self.ppid:
                signal.raise_signal(signal.SIGTERM)

    class Application(BaseApplication):
        def load_config(self) -> None:
            settings = {
                "bind": f"fd://{bound.fileno()}",
                "workers": workers,
                "worker_class": Worker,
                "preload_app": True,
                "timeout": limits.grace + _IDLE,  # one that hangs is killed
                "graceful_timeout": limits.grace,
                "backlog": _BACKLOG,
                "keepalive": _IDLE,
                "loglevel": "warning",
            }
            if "control_socket_disable" in self.cfg.settings:  # older releases have no such socket
                settings["control_socket_disable"] = True
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> ASGIApp:
            return app

    interrupted = False

    class Supervisor(Arbiter):
        def handle_int(self) -> None:
            """Stop at Ctrl-C; gunicorn itself would end as if it had been told to by SIGTERM."""
            nonlocal interrupted
            interrupted = True
            super().handle_int()

    try:
        Supervisor(Application()).run()
    except SystemExit as left:
        if left.code:
            raise RuntimeError(f"gunicorn ended with status {left.code}; see above.") from left
    if interrupted:
        raise KeyboardInterrupt
