"""The addresses of the service: they check what comes, and answer."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi import FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp

from ..version import __version__
from .answers import Answers, OutOfTimeError, whole
from .limits import Limits
from .pages import add_pages
from .reading import KnownHosts, RequestBodyLimit
from .schemas import (
    ExplainRequest,
    Explanation,
    Health,
    ModelDescription,
    Predictions,
    PredictRequest,
    Refusal,
)

# predictions at once: one multiplies while the other splits words; more would only wait for
# Python's lock. Explanations take long, and never all of them
_PREDICTED, _EXPLAINED = 2, 1
_TOO_LARGE, _UNFIT, _TOO_LATE, _NOT_THERE = 413, 422, 503, 501
_EXPECTED = {
    "model_attributes_type": "an object",
    "list_type": "a list",
    "string_type": "a string",
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "The body is not JSON."},
    _TOO_LARGE: {"model": Refusal, "description": "More than the limits allow."},
    415: {"model": Refusal, "description": "The body is compressed."},
    _UNFIT: {"model": Refusal, "description": "The JSON holds something else than expected."},
    _TOO_LATE: {"model": Refusal, "description": "No answer within the time limit."},
}


def create_app(
    answers: Answers,
    limits: Limits,
    hosts: frozenset[str] | None = None,
    language: str | None = None,
) -> ASGIApp:
    """Return the service as an ASGI application.

    Parameters
    ----------
    answers : Answers
        The model's.
    limits : Limits
        How much a request may ask for.
    hosts : set of str or None, default=None
        Names of the host that requests may be for; None allows any.
    language : {"en", "ja"} or None, default=None
        Language of the page; None leaves it to the browser.
    """
    app = FastAPI(
        title="sklearn_w2v",
        version=__version__,
        description="Labels of texts, and the words that speak for them.",
        redirect_slashes=False,  # they would go to whatever host a request names
        docs_url=None,  # its scripts would come from elsewhere; add_pages has one without
        redoc_url=None,
    )
    app.add_exception_handler(RequestValidationError, _refuse)
    app.add_exception_handler(StarletteHTTPException, _say_why)
    app.add_exception_handler(Exception, _fail)
    _add_model(app, answers, limits)
    _add_answers(app, answers, limits)
    add_pages(app, limits, language)
    bounded = RequestBodyLimit(app, limits)
    return bounded if hosts is None else KnownHosts(bounded, hosts)


def _add_model(app: FastAPI, answers: Answers, limits: Limits) -> None:
    description = ModelDescription(
        card=answers.card,
        classes=answers.classes,
        explains=answers.cannot_explain is None,
        limits=asdict(limits),
        version=__version__,
    )

    @app.get("/health")
    async def health() -> Health:
        """Say that the service answers."""
        return Health()

    @app.get("/model")
    async def model() -> ModelDescription:
        """Describe the model."""
        return description


def _add_answers(app: FastAPI, answers: Answers, limits: Limits) -> None:
    predicting, explaining = map(anyio.CapacityLimiter, (_PREDICTED, _EXPLAINED))

    async def answer(
        client: Request, limiter: anyio.CapacityLimiter, work: Callable[[float], Any]
    ) -> JSONResponse:
        until = time.monotonic() + limits.seconds
        try:
            with anyio.fail_after(limits.seconds):
                async with limiter:
                    if await client.is_disconnected():  # nobody waits for it any more
                        raise OutOfTimeError
                    done = await run_sync(work, until)
            if time.monotonic() > until:  # within one text, nobody looks at the clock
                raise OutOfTimeError
            # JSON as it is: checking what we made would cost more than making it
            return JSONResponse(done)
        except (TimeoutError, OutOfTimeError):
            raise HTTPException(
                _TOO_LATE,
                f"No answer within {limits.seconds:g} s; send fewer or shorter texts, or try "
                "later.",
            ) from None

    @app.post("/predict", response_model=Predictions, responses=_REFUSALS)
    async def predict(request: PredictRequest, client: Request) -> JSONResponse:
        """Label texts."""
        if len(request.texts) > limits.texts:
            raise HTTPException(
                _TOO_LARGE, f"Got {len(request.texts)} texts but expected {limits.texts} at most."
            )
        for place, text in enumerate(request.texts):
            _check_length(text, f"texts[{place}]", limits.length)
        return await answer(
            client,
            predicting,
            lambda until: {"predictions": answers.predict(request.texts, until)},
        )

    @app.post("/explain", response_model=Explanation, responses=_REFUSALS)
    async def explain(request: ExplainRequest, client: Request) -> JSONResponse:
        """Say which words of a text speak for a label, and which against it."""
        if answers.cannot_explain is not None:
            raise HTTPException(_NOT_THERE, answers.cannot_explain)
        _check_length(request.text, "text", limits.explained)
        if not request.text.strip():
            raise HTTPException(_UNFIT, "Got an empty text but expected words to explain.")
        if request.target is not None and whole(request.target) not in answers.classes:
            names = ", ".join(answers.classes)
            raise HTTPException(
                _UNFIT, f"Got target={request.target!r:.60} but expected one of {names}."
            )
        return await answer(
            client,
            explaining,
            lambda until: answers.explain(request.text, request.target, request.method),
        )


def _check_length(text: str, name: str, most: int) -> None:
    if len(text) > most:
        raise HTTPException(
            _TOO_LARGE, f"Got {name} of {len(text)} characters but expected {most} at most."
        )


async def _refuse(request: Any, error: Any) -> JSONResponse:
    """Say in one sentence what is wrong with a body."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", "")
        return JSONResponse({"detail": f"The body is not JSON: {reason}."}, 400)
    return JSONResponse({"detail": _in_words(first)}, _UNFIT)


def _in_words(error: dict[str, Any]) -> str:
    place = "".join(
        f"[{one}]" if isinstance(one, int) else f".{one}" for one in error["loc"][1:]
    ).lstrip(".")
    if error["type"] == "missing":
        return f"The body lacks {place}." if place else "Got no body but expected JSON."
    if error["type"] == "extra_forbidden":
        return f"Got {place}, which is not expected here."
    if isinstance(error.get("input"), bytes):
        return "Got a body without the header Content-Type: application/json."
    if error["type"] == "literal_error":
        expected = error["ctx"]["expected"]
        return f"Got {place}={error['input']!r:.60} but expected {expected}."
    if error["type"] == "string_unicode":
        return f"Got {place or 'a name'} with half of a pair of surrogates, which is no character."
    kind = type(error.get("input")).__name__
    expected = _EXPECTED.get(error["type"]) or error["msg"].removeprefix("Input should be ")
    return f"Got {place or 'a body'} of type {kind} but expected {expected}."


async def _say_why(request: Any, error: Any) -> Response:
    """Name what a body could not be read for, where FastAPI says only that it could not."""
    cause = error.__cause__
    if isinstance(cause, UnicodeDecodeError):
        byte = cause.object[cause.start]
        error.detail = f"The body is not UTF-8: byte {byte:#04x} at position {cause.start}."
    elif isinstance(cause, RecursionError):
        error.detail = "The body is nested too deeply."
    elif isinstance(cause, ValueError):
        most = sys.get_int_max_str_digits()
        error.detail = f"The body holds a number of more than {most} digits."
    return await http_exception_handler(request, error)


async def _fail(request: Any, error: Exception) -> JSONResponse:
    """Answer where the service itself is at fault; the log says what it was."""
    return JSONResponse({"detail": "The service has failed; its log says why."}, 500)
