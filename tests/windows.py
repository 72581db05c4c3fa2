"""Makes a Linux process behave, where files and modules are concerned, as Windows does.

What this hides or refuses, Windows lacks or refuses. It is not Windows: paths, processes, the C
library and all compiled code stay those of Linux. ``import windows; windows.pretend()`` comes first
in a process of its own.
"""

from __future__ import annotations

import builtins
import ctypes
import errno
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import platformdirs  # noqa: F401  (chosen for Linux, it needs what is hidden below)

_MODULES = ("fcntl", "grp", "pwd", "resource", "termios")
_OF_OS = (
    *("fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "register_at_fork"),
    *("statvfs", "mkfifo", "chown", "getpgid", "killpg"),
)
_OF_SIGNAL = ("SIGKILL", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGALRM", "pthread_kill", "alarm")


def pretend() -> None:
    """Hide what Windows lacks from now on, and refuse what it refuses."""
    for name in _MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  # so that importing it fails
    for module, names in ((os, _OF_OS), (signal, _OF_SIGNAL)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    shutil._use_fd_functions = False  # type: ignore[attr-defined]
    ctypes.CDLL = _no_main_program(ctypes.CDLL)  # type: ignore[misc, assignment]
    for name in ("unlink", "remove"):
        setattr(os, name, _refuses(getattr(os, name), 1))
    os.rename = _refuses(_rename(os.rename), 2)  # type: ignore[assignment]
    os.replace = _refuses(os.replace, 2)  # type: ignore[assignment]
    builtins.open = io.open = _checked(builtins.open, _check_encoding)
    os.open = _checked(os.open)


def opened() -> Iterator[str]:
    """Yield the files that this process has open or mapped."""
    with os.scandir("/proc/self/fd") as entries:
        for entry in entries:
            try:
                yield os.readlink(entry.path)
            except OSError:  # that of the folder itself
                continue
    with _open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            yield line.rstrip("\n").split(maxsplit=5)[-1]


def _is_used(path: str) -> bool:
    """Whether a file, or any file below a folder, is open or mapped."""
    path = os.path.realpath(path)
    below = path + os.sep if os.path.isdir(path) else None
    return any(one == path or (below and one.startswith(below)) for one in opened())


def _refuses(call: Callable[..., Any], paths: int) -> Callable[..., Any]:
    def checked(*args: Any, **kwargs: Any) -> Any:
        for path in args[:paths]:
            if os.path.lexists(path) and _is_used(os.fsdecode(path)):
                raise PermissionError(errno.EACCES, "It is used by a process", os.fspath(path))
        return call(*args, **kwargs)

    return checked


def _rename(call: Callable[..., Any]) -> Callable[..., Any]:
    def renamed(source: Any, target: Any, **kwargs: Any) -> Any:
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "It exists", os.fspath(target))
        return call(source, target, **kwargs)

    return renamed


def _checked(call: Callable[..., Any], *checks: Callable[..., None]) -> Callable[..., Any]:
    def checked(path: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(path, str | os.PathLike) and not str(path).startswith(("/proc/", "/sys/")):
            why = forbidden(os.path.basename(os.fspath(path)))
            if why:
                raise OSError(errno.EINVAL, why, os.fspath(path))
        for check in checks:
            check(*args, **kwargs)
        return call(path, *args, **kwargs)

    return checked


def _check_encoding(
    mode: str = "r", buffering: int = -1, encoding: str | None = None, *args: Any, **kwargs: Any
) -> None:
    """Refuse the default encoding, which depends on the machine: it is cp932 in Japan."""
    if "b" in mode or encoding not in (None, "locale"):
        return
    frame = sys._getframe(2)
    while frame.f_globals["__name__"] == "pathlib":
        frame = frame.f_back  # type: ignore[assignment]
    if frame.f_globals["__name__"].startswith("sklearn_w2v"):
        raise RuntimeError("The encoding of a text file is not given.")


def forbidden(name: str) -> str:
    """Return why Windows would not have a file of this name; "" if it would."""
    stem = name.partition(".")[0].rstrip(" ").upper()
    if any(one < " " or one in '<>:"|?*\\' for one in name):
        return "It holds a character that no name may hold"
    if name not in ("", ".", "..") and name[-1] in " .":
        return "It ends in a blank or a dot"
    if stem in {
        "CON",
        "PRN",
        "AUX",
        "NUL",
        *(f"{one}{n}" for one in ("COM", "LPT") for n in "123456789"),
    }:
        return "It is the name of a device"
    return ""


def _no_main_program(kind: Any) -> Any:
    def loaded(name: Any, *args: Any, **kwargs: Any) -> Any:
        if name is None:
            raise TypeError("argument of type 'NoneType' is not iterable")
        return kind(name, *args, **kwargs)

    return loaded


class Console(io.TextIOWrapper):
    """A terminal of cp932: lines end in CR LF, and a character that is not there is an error."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), "cp932", newline="\r\n", write_through=True)

    def isatty(self) -> bool:
        return True

    def said(self) -> str:
        """Return all that was written."""
        return self.buffer.getvalue().decode("cp932")  # type: ignore[attr-defined]


_open = builtins.open
