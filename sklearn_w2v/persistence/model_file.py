"""Save a fitted estimator in one file, and load it, without pickle."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from sklearn.utils.validation import check_is_fitted

from ..exceptions import NotSavedWarning
from ..text.tokenizer import JapaneseTokenizer
from ..utils.files import written_beside
from ..utils.versions import versions
from ..vectors.cache import SourceStore
from ..vectors.extension import ExtendedStore
from ..vectors.store import Store
from ..vectors.word_vectors import WordVectors, as_word_vectors
from ..version import __version__
from .file_checks import check_entries, check_names, check_schema
from .functions import check_functions
from .model_card import card_of
from .packing import numbered, pack, parts
from .state_checks import check_estimators, check_reach, check_sizes, check_stores, fit_to_machine
from .trusted_types import is_trusted

FORMAT = 1
KIND = "sklearn_w2v model"
_META, _CARD, _MODEL = "meta.json", "card.md", "model.skops"
_SMALL = 1 << 24  # bytes that the entries beside the model may have
_MODES = ("rows", "all", "reference")


def save(
    estimator: Any,
    path: str | os.PathLike[str],
    *,
    vectors: str = "rows",
    details: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write a fitted estimator into one file that is safe to open.

    Parameters
    ----------
    estimator : estimator
        Fitted: a pipeline, a classifier, or a wrapper around them (a search, calibration,
        voting).
    path : str or path
        Target, by custom with the ending ``.w2v``; written beside and renamed, so that a
        former file stays whole until the new one is.
    vectors : {"rows", "all", "reference"}, default="rows"
        What is saved of word vectors that come from a file:

        - ``"rows"``: all words, and the rows that training used. The file is small and
          needs no other. A word that the vectors know and training never saw has its place,
          its letters and no row: where a network reads it, it counts as unknown, and a
          warning says so.
        - ``"all"``: the whole table; predictions are those of `estimator` for any text.
        - ``"reference"``: path and fingerprint; `load` opens the file, and refuses one
          whose content has changed.

        Fine-tuned rows, and vectors that were learnt or made in memory, are always held.
    details : mapping of str to mapping, or None, default=None
        Further sections of the model card: ``{"Scores": {"accuracy": 0.91}}``. The card's own
        are in Japanese where the environment has ``SKLEARN_W2V_LANGUAGE=ja``.

    Raises
    ------
    NotFittedError
        `estimator` is not fitted.
    ValueError
        `vectors` is none of these, the rows that ``"all"`` needs are not there, `details`
        has a section that the card has itself, `path` is a device or a pipe, or a parameter is
        one that `load` refuses, such as the ``input="filename"`` of a CountVectorizer, to which
        texts are paths.
    TypeError
        The estimator holds an object that no model file can hold, such as a lambda.

    Warns
    -----
    UserWarning
        The vectors make rows of unknown words from subwords, which ``"rows"`` leaves out; or
        a function is defined in the running script, where no other program finds it.

    See Also
    --------
    load : Reads the file.
    read_card : The model card in it.

    Notes
    -----
    The file is a zip of ``meta.json`` (versions and checksums), ``card.md`` and
    ``model.skops``: JSON and ``.npy`` arrays in the form of the skops library. Nothing in
    it is code. Left out are ``memory`` folders, ``callbacks`` and a trainer's ``corpus``
    that is not a path; one of Keras' optimizers becomes its name and numbers. A loaded
    classifier starts its optimizer anew when training goes on.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_w2v import load, make_w2v_pipeline, save
    >>> model = make_w2v_pipeline(tokenizer=None, random_state=0, bow="words", epochs=1)
    >>> model = model.fit(["a b c", "b c d", "x y z", "x z y"] * 5, [0, 0, 1, 1] * 5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, f"{folder}/model.w2v")
    ...     loaded = load(f"{folder}/model.w2v")
    >>> loaded.predict(["a b c", "z y"]).tolist()
    [0, 1]
    """
    from skops import io as skops

    if vectors not in _MODES:
        raise ValueError(f"Got vectors={vectors!r} but expected one of {_MODES}.")
    check_is_fitted(estimator)
    made, left = pack(estimator, vectors)
    for one in parts(made):
        check_reach(one)
    if vectors == "rows":
        _warn_of_subwords(estimator)
    try:
        model = numbered(skops.dumps(made))
    except Exception as error:  # skops raises what it stumbles on
        raise TypeError(
            f"Got a {type(estimator).__name__} that no model file can hold: {error} "
            "(joblib.dump holds anything that pickle does.)"
        ) from error
    untrusted = _untrusted(model)
    check_functions(made, untrusted)
    for check in (check_entries, check_schema):  # as load will
        check(model)
    card = card_of(estimator, vectors, left, details).encode("utf-8", "backslashreplace")
    meta = {
        "kind": KIND,
        "format": FORMAT,
        "estimator": type(estimator).__name__,
        "vectors": vectors,
        "versions": versions(),
        "trust": untrusted,
        "sha256": {name: _digest(data) for name, data in ((_CARD, card), (_MODEL, model))},
    }
    entries = {_META: json.dumps(meta, ensure_ascii=False, indent=1).encode()}
    entries |= {_CARD: card, _MODEL: model}
    with written_beside(os.fspath(path)) as work, zipfile.ZipFile(work, "w") as file:
        for name, data in entries.items():
            # a fixed date: equal models are equal files
            file.writestr(zipfile.ZipInfo(name), data)


def load(
    path: str | os.PathLike[str],
    *,
    vectors: Any = None,
    user_dictionary: str | os.PathLike[str] | None = None,
    dictionary: str | os.PathLike[str] | None = None,
    trusted: Iterable[str] = (),
) -> Any:
    """Read what `save` wrote; no code in the file is run.

    Parameters
    ----------
    path : str or path
        The file.
    vectors : path, WordVectors or None, default=None
        Where the vectors of a model that was saved with ``vectors="reference"`` are now;
        None takes the path that the model names.
    user_dictionary, dictionary : path or None, default=None
        Where the user dictionary, or the folder of the dictionary, of the model's
        `JapaneseTokenizer` is now; None takes the path that the model names. Model files
        hold neither.
    trusted : iterable of str, default=()
        Names of more types and functions that the file may refer to, such as
        ``"my_package.tokenize"``; only those that you know.

    Returns
    -------
    estimator
        As it was saved; predictions are bit-equal. An `n_jobs` above the number of this
        machine's cores becomes -1.

    Raises
    ------
    FileNotFoundError
        The file, or the vectors or dictionaries that it refers to, are not there.
    ValueError
        The file is broken, was changed, is of a newer format, or refers to types that are
        not trusted; or the vectors or dictionaries that it refers to have changed.

    See Also
    --------
    save : Writes the file, with an example.
    """
    name = os.fspath(path)
    model, _, _ = _read(name)
    from skops import io as skops

    given = [trusted] if isinstance(trusted, str) else list(trusted)
    for check in (check_entries, check_schema):
        _checked(name, check, model)
    types = set(_checked(name, lambda data: skops.get_untrusted_types(data=data), model))
    unknown = sorted(one for one in types - set(given) if not is_trusted(one))
    if unknown:
        raise ValueError(
            f"{name!r} refers to {', '.join(unknown)}, which a model file may not hold by itself. "
            f"If you know what these are: load({name!r}, trusted={unknown})."
        )
    estimator = _checked(name, lambda data: skops.loads(data, trusted=sorted(types)), model)
    _checked(name, check_stores, estimator)
    _open_references(estimator, None if vectors is None else as_word_vectors(vectors))
    _checked(name, check_estimators, estimator)
    _checked(name, lambda one: check_sizes(one, len(model)), estimator)
    fit_to_machine(estimator)
    _open_dictionaries(estimator, {"user_dictionary": user_dictionary, "dictionary": dictionary})
    return estimator


def read_card(path: str | os.PathLike[str]) -> str:
    """Read the model card of a file that `save` wrote.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    str
        Markdown: what the model is, its data, scores, vectors and versions.

    Raises
    ------
    FileNotFoundError
        The file is not there.
    ValueError
        The file is broken.
    """
    return _read(os.fspath(path))[1]


# ------------------------------------------------------------------- the file
def _read(name: str) -> tuple[bytes, str, dict[str, Any]]:
    """Read model, card and meta data; refuse what is not as it was written."""
    try:
        with open(name, "rb") as raw, zipfile.ZipFile(raw) as file:
            if not file.infolist() or file.infolist()[0].header_offset:
                raise ValueError("it is empty, or something stands before it")
            size = os.fstat(raw.fileno()).st_size
            meta = json.loads(_entry(file, _META, _SMALL))
            _check_meta(meta)
            check_names(file)
            card, model = _entry(file, _CARD, _SMALL), _entry(file, _MODEL, size)
        for entry, data in ((_CARD, card), (_MODEL, model)):
            if _digest(data) != meta["sha256"][entry]:
                raise ValueError(f"{entry} was changed after it was written")
        return model, card.decode("utf-8"), meta
    except (FileNotFoundError, PermissionError, IsADirectoryError, MemoryError):
        raise
    except Exception as error:  # zipfile and json raise whatever broken bytes lead to
        text = "it is not a zip" if isinstance(error, zipfile.BadZipFile) else error
        raise ValueError(f"Cannot read the model file {name!r}: {text}.") from error


def _check_meta(meta: Any) -> None:
    if not isinstance(meta, dict) or meta.get("kind") != KIND:
        raise ValueError("it was not written by sklearn_w2v.save")
    version = meta.get("format")
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"format={version!r} is not known")
    if version > FORMAT:
        writer = str(dict(meta.get("versions") or {}).get("sklearn_w2v", "a newer version"))[:40]
        raise ValueError(
            f"it has format {version}, by sklearn_w2v {writer}, and this version, {__version__}, "
            f"reads up to {FORMAT}; pip install --upgrade sklearn-w2v"
        )


def _entry(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Read an entry, which is stored as it is: none grows when it is read."""
    info = file.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > most:
        raise ValueError(f"{name} promises {info.file_size} bytes, compressed or too many")
    return file.read(info)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _untrusted(model: bytes) -> list[str]:
    """Return types and functions in a skops file that neither skops nor this package trusts."""
    from skops import io as skops

    return sorted(one for one in skops.get_untrusted_types(data=model) if not is_trusted(one))


def _checked(name: str, call: Any, given: Any) -> Any:
    try:
        return call(given)
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # whatever a broken schema leads skops to
        text = str(error) or type(error).__name__
        raise ValueError(f"Cannot read the model file {name!r}: {text}.") from error


# ----------------------------------------------------------------- references
def _warn_of_subwords(estimator: Any) -> None:
    for one in parts(estimator):
        store = one._store if isinstance(one, WordVectors) else None
        if isinstance(store, SourceStore | ExtendedStore) and store.subwords is not None:
            warnings.warn(
                NotSavedWarning(
                    f"The vectors {store.path!r} make rows of unknown words from subwords, which "
                    "a model file with vectors='rows' leaves out: such words will count as "
                    "unknown.",
                    "vectors='all' or vectors='reference' keeps them.",
                ),
                stacklevel=3,
            )
            return


def _open_references(estimator: Any, vectors: WordVectors | None) -> None:
    """Open what fitted steps refer to, at the place that is given.

    Parameters name files, too, which are opened in a new fit only.
    """
    found = False
    for one in parts(estimator):
        held = {id(v): n for n, v in vars(one).items()} if hasattr(one, "vectors_") else {}
        for value in list(vars(one).values()) if held else ():
            if not isinstance(value, WordVectors) or held[id(value)] == "vectors":
                continue
            store = value._store
            while isinstance(store, ExtendedStore):
                store = store.base
            if isinstance(store, SourceStore):
                found = True
                if vectors is not None:
                    _refer_to(store, vectors)
                assert store.table is not None
    if vectors is not None and not found:
        raise ValueError(
            "Got vectors, but this model refers to no file of vectors: it holds its own."
        )


def _open_dictionaries(estimator: Any, given: Mapping[str, Any]) -> None:
    """Find the dictionaries that tokenizers refer to, at the places that are given."""
    tokenizers = [one for one in parts(estimator) if isinstance(one, JapaneseTokenizer)]
    for name, path in given.items():
        users = [one for one in tokenizers if name in dict(one._named_files())]
        if path is not None and not users:
            raise ValueError(f"Got {name}, but this model refers to no such file.")
        for one in users if path is not None else ():
            one._move_file(name, os.path.abspath(os.fspath(path)))
    for one in tokenizers:
        for name, place in one._named_files():
            one._place(name, place)


def _refer_to(store: SourceStore, vectors: WordVectors) -> None:
    """Change the path of a reference to another one with the same content."""
    new: Store = vectors._store
    if not isinstance(new, SourceStore):
        raise TypeError("Got vectors in memory but expected the path of a file.")
    if new.fingerprint != store.fingerprint:
        raise ValueError(
            f"Got vectors={new.path!r} with the fingerprint {new.fingerprint} but the model was "
            f"fitted with vectors of the fingerprint {store.fingerprint} ({store.path!r})."
        )
    store.__init__(new.path, new.aliases, new.fingerprint)  # type: ignore[misc]
