"""``sklearn-w2v vectors``: look at, convert, train and search word vectors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ...vectors.cache import cached_form
from ...vectors.formats.spacy import PREFIX
from ...vectors.formats.word2vec import format_of
from ...vectors.word_vectors import WordVectors
from .. import options
from ..console import CommandOutput
from ..options import Dictionary, Form, Pos, UserDictionary
from ..paths import check_ending

_FIRST = 5  # words that info shows

vectors = typer.Typer(help="Look at, convert, train and search word vectors.")

Source = Annotated[
    str, typer.Argument(help="word2vec, GloVe or fastText, plain or compressed; or spacy:NAME.")
]


@vectors.command()
def info(
    file: Source,
    aliases: options.Aliases = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Show words, dimensions, format and size of vectors."""
    output = CommandOutput(quiet)
    with output.catch_warnings():
        with output.progress_bars():
            found = describe(file, aliases)
        if json:
            output.json(found)
            return
        width = max(map(len, found))
        for name, value in found.items():
            shown = {True: "yes", False: "no", None: "-"}.get(value) if _is_flag(value) else value
            if isinstance(value, int) and not _is_flag(value):
                shown = f"{value:,}"
            if isinstance(value, list):
                shown = " ".join(value)
            print(f"{name.replace('_', ' '):<{width}}  {shown}")


def _is_flag(value: Any) -> bool:
    return value is None or isinstance(value, bool)


@vectors.command()
def convert(
    source: Source,
    target: Annotated[
        Path, typer.Argument(help="word2vec: .bin (binary), .txt or .vec (text); also .gz.")
    ],
    aliases: options.Aliases = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Convert vectors of any format into word2vec's."""
    from ..paths import check_target

    check_ending(target)
    check_target(target, None if source.startswith(PREFIX) else source, aliases)
    output = CommandOutput(quiet)
    with output.catch_warnings():
        with output.progress_bars():
            found = WordVectors.load(source, aliases)
            found.save(target)
        output.note(f"Wrote {target}: {len(found):,} words, {found.dim} dimensions.")


@vectors.command()
def neighbors(
    file: Source,
    words: Annotated[list[str], typer.Argument(help="Words whose directions are added.")],
    without: Annotated[
        list[str] | None, typer.Option(help="Word whose direction is subtracted.")
    ] = None,
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, help="How many words to show.")
    ] = 10,
    aliases: options.Aliases = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Show the words nearest to a word, or to the sum and difference of several."""
    output = CommandOutput(quiet)
    with output.catch_warnings():
        with output.progress_bars():
            found = WordVectors.load(file, aliases)
            for word in [*words, *(without or ())]:
                if word not in found:
                    raise ValueError(f"{word!r} is not among the {len(found):,} words of {file!r}.")
            near = found.most_similar(words, without or (), topn=number)
        if json:
            output.json([{"word": word, "cosine": round(cosine, 6)} for word, cosine in near])
            return
        for word, cosine in near:
            print(f"{cosine:.4f}\t{word}")


@vectors.command()
def train(
    files: Annotated[list[str], typer.Argument(help=f"Texts, without labels. {options.DATA_HELP}")],
    out: Annotated[Path, typer.Option(help="Target: .bin, .txt or .vec, and .gz.")],
    text: options.Text = None,
    tokenizer: options.Tokenizer = "japanese",
    form: Form = "surface",
    pos: Pos = "all",
    dictionary: Dictionary = "unidic-lite",
    user_dictionary: UserDictionary = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="Dimensions; 100, or those of --from.")
    ] = None,
    window: Annotated[int, typer.Option(min=1, help="Words of context on each side.")] = 5,
    min_count: Annotated[int, typer.Option(min=1, help="Least frequency of a word.")] = 2,
    cbow: Annotated[
        bool, typer.Option("--cbow", help="Train by CBOW instead of skip-gram.")
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes over the texts; by default, more for less text."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Vectors to start from; all their words are kept.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of a reproducible training, on one thread.")
    ] = None,
    jobs: options.Jobs = 1,
    format: options.Format = None,  # noqa: A002
    encoding: options.Encoding = "auto",
    delimiter: options.Delimiter = None,
    no_quotes: options.NoQuotes = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Learn word vectors from texts (word2vec), which may be larger than the memory."""
    from ..paths import check_target, matching
    from ..tables import ReadOptions
    from ..tokens import make_tokenizer
    from ..vector_training import VectorTraining

    files = matching(files)
    check_ending(out)
    check_target(out, *files, user_dictionary)
    splitter = None
    if tokenizer == "japanese":
        splitter = make_tokenizer(form, pos, "NFC", dictionary, user_dictionary, jobs)
    output = CommandOutput(quiet)
    training = VectorTraining(
        files, text, ReadOptions(format, encoding, delimiter, not no_quotes), splitter
    )
    with output.catch_warnings():
        with output.progress_bars():
            found = training.run(
                vector_size=size,
                window=window,
                min_count=min_count,
                sg=0 if cbow else 1,
                epochs=epochs or "auto",
                initial_vectors=start,
                n_jobs=jobs,
                random_state=seed,
            )
            found.save(out)
        output.notes(training.notes)
        size_of = os.path.getsize(out) / 1e6
        output.note(
            f"Wrote {out} ({size_of:.1f} MB): {len(found):,} words, {found.dim} dimensions, from "
            f"{training.words:,} words of text."
        )


@vectors.command()
def probe(
    data: Annotated[str, typer.Argument(help=f"Labelled texts. {options.DATA_HELP}")],
    vectors: Annotated[str, typer.Option(help="Word vectors to ask about.")],
    text: options.Text = None,
    label: options.Label = "label",
    group: options.Group = None,
    aliases: options.Aliases = None,
    tokenizer: options.Tokenizer = "japanese",
    drop_empty: options.DropEmpty = False,
    seed: options.Seed = 0,
    format: options.Format = None,  # noqa: A002
    encoding: options.Encoding = "auto",
    delimiter: options.Delimiter = None,
    no_quotes: options.NoQuotes = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Tell in seconds whether word vectors pay on labelled texts, before anything is trained."""
    from ...pipeline import transfer_probe
    from ..labelled import read_labelled
    from ..tables import ReadOptions, Table

    output = CommandOutput(quiet)
    with output.catch_warnings():
        with output.progress_bars() as bars:
            with Table(data, ReadOptions(format, encoding, delimiter, not no_quotes)) as table:
                output.notes(table.notes)
                found = read_labelled(table, text, label, group, drop_empty)
            bars.update("asking the vectors", 0, 0)
            result = transfer_probe(
                found.texts,
                found.labels,
                WordVectors.load(vectors, aliases),
                tokenizer="japanese" if tokenizer == "japanese" else None,
                groups=found.groups,
                random_state=seed,
            )
        if json:
            names = "gain", "standard_error", "z", "pays", "n_documents", "seconds"
            output.json({name: getattr(result, name) for name in names})
            return
        print(result)
        output.note(f"{result.n_documents:,} held-out documents, {result.seconds:.1f} s.")


def describe(path: str, aliases: Path | None) -> dict[str, Any]:
    """Facts about vectors, as ``info`` shows them.

    Parameters
    ----------
    path : str
        A file, or ``"spacy:NAME"``.
    aliases : Path or None
        File of more words that share rows.
    """
    name = path if path.startswith(PREFIX) else os.path.abspath(path)
    further = None if aliases is None else os.path.abspath(aliases)
    before = cached_form(name, further) is not None
    found = WordVectors.load(path, aliases)
    store, form = found._store, cached_form(name, further)
    spacy = path.startswith(PREFIX)
    rows = store.n_rows
    return {
        "source": path,
        "format": "spaCy model" if spacy else format_of(path),
        "words": len(found),
        "dimensions": found.dim,
        "rows": rows,
        "aliases": len(found) - rows,
        "subwords": found.has_subwords,
        "file_bytes": None if spacy else os.path.getsize(path),
        "cached_before": before,
        "cache": None if form is None else str(form),
        "cache_bytes": None if form is None else sum(p.stat().st_size for p in form.iterdir()),
        "fingerprint": found.fingerprint,
        "first_words": found.words[:_FIRST],
    }
