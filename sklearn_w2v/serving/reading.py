"""Requests that are too large or too slow are refused while they come."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .limits import Limits

_TOO_LATE, _TOO_LARGE = 408, 413


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
        self._app, self._limits = app, limits

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
        await self._app(scope, _again(bytes(body), receive), send)


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
    """Return uvicorn's protocol, which closes connections whose headers do not come in time.

    uvicorn itself waits for ever for a client that sends a header a minute.
    """

    class HeadersInTime(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()
            super().connection_lost(exc)

        def _watch(self) -> None:
            """Start the clock where headers are awaited, stop it where they have come."""
            # uvicorn's own: the request that is being answered
            cycle = getattr(self, "cycle", None)
            if cycle is not None and not cycle.response_complete:
                self._forget()
            elif self._deadline is None:
                loop = asyncio.get_running_loop()
                self._deadline = loop.call_later(limits.seconds, self.transport.close)

        def _forget(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return HeadersInTime
