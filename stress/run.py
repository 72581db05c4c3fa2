"""Run the stress scripts, all of them or those named, and write the table.

``python stress/run.py`` runs all of them; ``python stress/run.py faults`` runs one, and the
rows of the others stay.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import report
from _rows import rows_file

_FOLDER = Path(__file__).parent
_OURS = {"run", "report"}


def main(names: list[str]) -> int:
    """Run scripts in processes of their own; returns 1 if one broke off or counted a failure."""
    known = sorted(path.stem for path in _FOLDER.glob("[!_]*.py") if path.stem not in _OURS)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise SystemExit(f"Got {unknown} but expected stress scripts among {known}.")
    if not names:
        rows_file().unlink(missing_ok=True)
    root = str(_FOLDER.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    broken = []
    for name in names or known:
        print(f"== {name}", flush=True)
        command = [sys.executable, str(_FOLDER / f"{name}.py")]
        if subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False).returncode:
            broken.append(name)
    status = report.main()
    if broken:
        print(f"broke off: {', '.join(broken)}")
    return 1 if broken else status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
