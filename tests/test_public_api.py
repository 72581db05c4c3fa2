"""Public names, their parameters and defaults, and the options of each command.

What is listed in ``data/public_api.txt`` is what users may rely on: a change of it is a
change that they notice, and belongs into CHANGELOG.md. To renew the list::

    python tests/test_public_api.py
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sklearn_w2v

LIST = Path(__file__).parent / "data" / "public_api.txt"


def _signature(call: Any) -> str:
    parameters = inspect.signature(call).parameters.values()
    plain = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    return str(inspect.Signature(plain))


def _of_class(name: str, kind: type) -> Iterator[str]:
    yield f"{name}{_signature(kind.__init__)}"
    for member in sorted(dir(kind)):
        if member.startswith("_"):
            continue
        value = inspect.getattr_static(kind, member)
        owners = [one.__module__ for one in kind.__mro__ if member in vars(one)]
        if not owners or not owners[0].startswith("sklearn_w2v"):
            continue  # inherited from a library
        if isinstance(value, property):
            yield f"{name}.{member}"
        elif callable(getattr(kind, member)):
            yield f"{name}.{member}{_signature(getattr(kind, member))}"


def _of_module(prefix: str, module: Any, names: list[str]) -> Iterator[str]:
    for name in sorted(names):
        value = getattr(module, name)
        if inspect.isclass(value):
            yield from _of_class(prefix + name, value)
        elif inspect.ismodule(value):
            yield from _of_module(f"{prefix}{name}.", value, value.__all__)
        else:
            yield f"{prefix}{name}{_signature(value)}"


def _of_commands() -> Iterator[str]:
    from typer.main import get_command

    pending = [("sklearn-w2v", get_command(_application()))]
    while pending:
        name, command = pending.pop()
        for parameter in command.params:
            shown = "/".join([*parameter.opts, *parameter.secondary_opts])
            yield f"{name} {shown} = {parameter.default!r}"
        children = sorted(getattr(command, "commands", {}).items())
        pending += [(f"{name} {child}", one) for child, one in children]


def _application() -> Any:
    from sklearn_w2v.cli.app import app

    return app


def public_api() -> list[str]:
    return [*_of_module("", sklearn_w2v, sklearn_w2v.__all__), *sorted(_of_commands())]


def test_public_names_parameters_defaults_and_options_are_as_listed():
    listed = LIST.read_text(encoding="utf-8").splitlines()
    assert public_api() == listed


if __name__ == "__main__":
    LIST.write_text("\n".join(public_api()) + "\n", encoding="utf-8")
