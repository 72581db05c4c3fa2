"""``sklearn-w2v serve``: a model answers over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import options
from ..console import CommandOutput


def serve(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="Model file, as written by fit.")],
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="Another name that requests may be for, where --host is this machine alone: that "
            "of a web server before it. May be repeated; * allows any."
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Number of processes; they share the model.")
    ] = 1,
    max_body: Annotated[int, typer.Option(min=1, help="Bytes of a request at most.")] = 1_048_576,
    max_texts: Annotated[int, typer.Option(min=1, help="Texts of a request at most.")] = 1000,
    max_length: Annotated[int, typer.Option(min=1, help="Characters of a text at most.")] = 20_000,
    max_explained: Annotated[
        int, typer.Option(min=1, help="Characters of a text that is explained at most.")
    ] = 2000,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds until a request is given up.")
    ] = 30.0,
    vectors: options.Vectors = None,
    trust: options.Trust = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Answer over HTTP: labels, probabilities and highlighted words; with a page to try it.

    POST /predict, POST /explain, GET /model, GET /health; GET /docs lists them. It needs the extra
    [serve].
    """
    import warnings

    from ...persistence.model_file import read_card
    from ...serving.limits import Limits
    from ...utils.missing import needed_for
    from ..models import load_model

    with needed_for("Serving", "serve"):
        from ...serving.app import create_app
        from ...serving.server import address_of, bind, known_hosts, listen
        from ...serving.server import serve as run
    from ...serving.answers import Answers

    output = CommandOutput(quiet)
    limits = Limits(max_body, max_texts, max_length, max_explained, timeout)
    bound = bind(host, port)  # before the model, so that a port that is taken is told at once
    with output.catch_warnings(), output.progress_bars():
        answers = Answers(load_model(model, vectors, trust), read_card(model))
    if answers.cannot_explain is not None:
        output.note(f"/explain is not available: {answers.cannot_explain}")
    listen(bound)
    output.note(f"Serving {model} on {address_of(bound)} (Ctrl-C stops it).")
    warnings.simplefilter("ignore")  # of texts that others send
    # the locale is this machine's; browsers ask for the language of those who read the page
    language = context.find_root().params["language"]
    app = create_app(answers, limits, known_hosts(bound, host, allow_host or ()), language)
    run(app, bound, workers, limits)
