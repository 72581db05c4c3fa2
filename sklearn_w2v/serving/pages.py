"""What a browser shows: a page to try the model, and the list of addresses."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response

from ..utils.language import LANGUAGES, in_language, message
from .limits import Limits

_HEADERS = {
    # pages ask nobody but this service, and nothing that they show can run
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def add_pages(app: FastAPI, limits: Limits, language: str | None) -> None:
    """Add the pages to a service.

    Parameters
    ----------
    app : FastAPI
        The service, with all its addresses.
    limits : Limits
        What a request may ask for.
    language : {"en", "ja"} or None
        Of the page; None leaves it to the browser.
    """
    folder = files(__package__) / "page"
    page = (folder / "page.html").read_text(encoding="utf-8")
    for name in ("length", "explained"):
        page = page.replace(f"{{{{ {name} }}}}", str(getattr(limits, name)))
    style = (folder / "page.css").read_text(encoding="utf-8")
    script = (folder / "page.js").read_text(encoding="utf-8")
    for name, value in (("words", _words()), ("language", language)):
        script = script.replace(f'"{{{{ {name} }}}}"', json.dumps(value, ensure_ascii=False))

    @app.get("/", include_in_schema=False)
    async def start() -> HTMLResponse:
        return HTMLResponse(page, headers=_HEADERS)

    @app.get("/page.css", include_in_schema=False)
    async def style_sheet() -> Response:
        return Response(style, media_type="text/css", headers=_HEADERS)

    @app.get("/page.js", include_in_schema=False)
    async def program() -> Response:
        return Response(script, media_type="text/javascript", headers=_HEADERS)

    @app.get("/docs", include_in_schema=False)
    async def addresses() -> HTMLResponse:
        return HTMLResponse(_addresses(app.openapi()), headers=_HEADERS)


def _words() -> dict[str, dict[str, str]]:
    """Return what the page says in each language, with fields that it fills in."""
    out = {}
    for name in LANGUAGES:
        with in_language(name):
            out[name] = {
                "title": message("Label a text"),
                "ask": message("Type or paste a text"),
                "send": message("Label it"),
                "keys": message("Ctrl + Enter (Mac: ⌘ + Enter) sends it, too"),
                "answer": message("Label:"),
                "shares": message("Probability of each label"),
                "most": message("The {shown} most probable labels"),
                "percent": message("{share} %"),
                "why": message("What speaks for “{label}”"),
                "for": message("for the label"),
                "against": message("against it"),
                "top": message("Words that count most (added to the logit)"),
                "api": message("HTTP API"),
                "unexplained": message("This model cannot say which words moved it."),
                "unexplainable": message("Texts of more than {most} characters are not explained."),
                "empty": message("Please enter a text."),
                "silent": message("The server does not answer."),
                "long": message("The text is too long ({most} characters at most)."),
                "late": message("There was no answer in time. Please try again later."),
                "failed": message("Something went wrong (HTTP {status})."),
            }
    return out


def _addresses(described: dict[str, Any]) -> str:
    """Return a page that lists the addresses, from their description in OpenAPI."""
    parts = [
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="page.css">',
        f"<title>{escape(described['info']['title'])}: HTTP</title>\n<main>",
        f"<h1>{escape(described['info']['title'])} {escape(described['info']['version'])}</h1>",
        f"<p>{escape(described['info']['description'])} <a href='.'>Try it.</a></p>",
    ]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            parts.append(f"<h2><code>{method.upper()} {escape(path)}</code></h2>")
            parts.append(f"<p>{escape(operation.get('description', ''))}</p>")
            parts.append(f"<pre>{escape(_example(described, path, method, operation))}</pre>")
    parts.append(
        "<p>What each field means: <a href='openapi.json'>openapi.json</a>, for any OpenAPI "
        "viewer. None ships with this service, as theirs come from other sites.</p>\n</main>\n"
        "</html>\n"
    )
    return "\n".join(parts)


def _example(described: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    """Return a line for a shell."""
    if method != "post":
        return f"curl http://127.0.0.1:8000{path}"
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    fields = described["components"]["schemas"][reference.rsplit("/", 1)[-1]]["properties"]
    body = {name: one["examples"][0] for name, one in fields.items() if "examples" in one}
    return (
        f"curl http://127.0.0.1:8000{path} --header 'Content-Type: application/json' \\\n"
        f"  --data '{json.dumps(body, ensure_ascii=False)}'"
    )
