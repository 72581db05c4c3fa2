"""Lets joblib's worker processes map vectors that this process holds, instead of a copy each."""

from __future__ import annotations

import os
import weakref
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

from ..utils.files import remove, scratch_folder
from ..utils.joblib_compat import register_for_workers
from .folder import FolderStore, open_folder, write_store
from .store import MemoryStore

_copies: weakref.WeakKeyDictionary[MemoryStore, str] = weakref.WeakKeyDictionary()


def folder_copy(store: MemoryStore) -> str:
    """Write vectors in memory into a temporary folder, which lives as long as they do.

    Parameters
    ----------
    store : MemoryStore
        Words and their matrix; a second call returns the same folder.

    Returns
    -------
    str
        The folder.
    """
    if store in _copies:
        return _copies[store]
    folder = scratch_folder()
    weakref.finalize(store, remove, folder, os.getpid())
    size = store.n_rows
    shared = [] if store.shared is None else [(store.words[size:], store.shared[size:])]
    try:
        write_store(
            Path(folder),
            [(store.words[:size], store.matrix)],
            {"fingerprint": store.fingerprint},
            shared,
            store.subwords,
        )
    except BaseException:
        remove(folder, os.getpid())
        raise
    _copies[store] = folder
    return folder


def _reduce_memory(store: MemoryStore) -> tuple[Any, ...]:
    if parent_process() is None:  # a worker's folder would be removed before its result is read
        return open_folder, (folder_copy(store),)
    return store.__reduce__()


def _reduce_folder(store: FolderStore) -> tuple[Any, ...]:
    if (store.folder / "meta.json").exists():  # unless the folder was removed meanwhile
        return open_folder, (str(store.folder),)
    return store.__reduce__()


register_for_workers(MemoryStore, _reduce_memory)
register_for_workers(FolderStore, _reduce_folder)
