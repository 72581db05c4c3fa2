"""Requests for another host, compressed, too large or too slow ones are refused while they come."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .limits import Limits

_TOO_LATE, _TOO_LARGE, _ENCODED, _MISDIRECTED, _BUSY = 408, 413, 415, 421, 503
_CONNECTIONS = 500  # of a process; more are closed at once
_IN_WORK = 100  # requests that have come and are not answered yet; more get 503


class KnownHosts:
    """Refuse requests that name another host.

    A page from elsewhere may let its own name lead to 127.0.0.1, and a browser would let it read
    what a service there answers; but the request still names the page's host.

    Parameters
    ----------
    app : ASGI application
        What answers.
    hosts : set of str
        Names of this one, without ports.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = without_port(_header(scope, b"host"))
        if scope["type"] == "http" and name not in self._hosts:
            await _refuse(
                send,
                _MISDIRECTED,
                f"Got the host {name!r:.60}, which this service is not known by; "
                "--allow-host names further ones.",
            )
            return
        await self._app(scope, receive, send)


class RequestBodyLimit:
    """Read the body of each request before anything is done with it.

    A body that is too large is read to its end, but not kept: who gets an answer before he has
    sent all often sees a broken connection instead.

    Parameters
    ----------
    app : ASGI application
        What answers.
    limits : Limits
        How large a body may be, and how long it may take.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits, self._in_work = app, limits, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, size = bytearray(), 0
        try:
            async with asyncio.timeout(self._limits.seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    part = message.get("body", b"")
                    size += len(part)
                    if size <= self._limits.body:
                        body += part
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            if size <= self._limits.body:
                late = f"The request did not come within {self._limits.seconds:g} s."
                await _refuse(send, _TOO_LATE, late)
                return
        if size > self._limits.body:
            most = f"Got a body of more than {self._limits.body} bytes, which is the most."
            await _refuse(send, _TOO_LARGE, most)
            return
        encoding = _header(scope, b"content-encoding")
        if encoding.lower() not in ("", "identity"):
            plain = f"Got Content-Encoding: {encoding:.60} but expected a body without one."
            await _refuse(send, _ENCODED, plain)
            return
        if self._in_work >= _IN_WORK:
            await _refuse(send, _BUSY, "Too many requests wait for an answer; try again later.")
            return
        self._in_work += 1
        try:
            await self._app(scope, _again(bytes(body), receive), send)
        finally:
            self._in_work -= 1


def without_port(host: str) -> str:
    """Return a host, whose IPv6 address is in brackets, in lower case and without a port."""
    return re.sub(r":\d*$", "", host).lower()


def _header(scope: Scope, name: bytes) -> str:
    headers: dict[bytes, bytes] = dict(scope.get("headers", ()))
    return headers.get(name, b"").decode("latin-1")


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read, then what comes after it."""
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read


async def _refuse(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # the rest of the request may still come
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def protocol(limits: Limits) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol, with an end to connections that do not go on.

    uvicorn itself waits for ever for a client that sends a header a minute, or that never reads
    its answer.
    """

    class Bounded(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None  # until headers have come
        _unread: asyncio.TimerHandle | None = None  # until answers are read

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > _CONNECTIONS:
                transport.abort()
                return
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            for one in (self._deadline, self._unread):
                if one is not None:
                    one.cancel()
            super().connection_lost(exc)

        def pause_writing(self) -> None:
            super().pause_writing()
            self._unread = asyncio.get_running_loop().call_later(
                limits.seconds, self.transport.abort
            )

        def resume_writing(self) -> None:
            super().resume_writing()
            if self._unread is not None:
                self._unread.cancel()

        def _watch(self) -> None:
            """Start the clock where headers are awaited, stop it where they have come."""
            # uvicorn's own: the request that is being answered
            cycle = getattr(self, "cycle", None)
            if cycle is not None and not cycle.response_complete:
                if self._deadline is not None:
                    self._deadline.cancel()
                    self._deadline = None
            elif self._deadline is None:
                # not only closed, as that would wait for who does not read
                loop = asyncio.get_running_loop()
                self._deadline = loop.call_later(limits.seconds, self.transport.abort)

    return Bounded
