"""Coverage-guided fuzzing of everything that reads files from elsewhere.

``python stress/fuzz.py`` fuzzes each target for ``$SKLEARN_W2V_FUZZ_SECONDS`` (600) and appends
rows to the table; ``python stress/fuzz.py TARGET [libFuzzer's options]`` runs one. A finding
is an input that ends in anything but a ValueError, a TypeError or a counted warning, or takes more
than half a minute or more memory than `_RSS`, or, of a model file, more than 256 MB and 100 bytes
for each of its own; it is kept in ``stress/findings``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from _hostile_files import seeds_of
from _rows import Row, append

TARGETS = ("vectors", "aliases", "fasttext", "models", "tables")
_FOLDER = Path(__file__).parent
_FINDINGS = _FOLDER / "findings"
_SECONDS = float(os.environ.get("SKLEARN_W2V_FUZZ_SECONDS", "600"))
_RSS = {"models": 4_096, "fasttext": 1_024}  # megabytes, TensorFlow and gensim included
_LONGEST = {"models": 1 << 18}  # bytes
_MISSING = 'fuzzing needs atheris: pip install "sklearn-w2v[stress]"'


def main(arguments: list[str]) -> int:
    """Fuzz one target in this process, or each in a process of its own."""
    try:
        import atheris  # noqa: F401
    except ImportError:
        append(Row("hostile", "fuzzing", note=f"not done: {_MISSING}"))
        return 0
    if arguments[:1] == ["--seeds"]:
        _write_seeds(*arguments[1:])
        return 0
    if arguments:
        _fuzz(arguments[0], arguments[1:])
        return 0
    _FINDINGS.mkdir(exist_ok=True)
    for target in TARGETS:
        append(_run(target))
    return 0


def _run(target: str) -> Row:
    """A target in a process of its own."""
    row = Row("hostile", f"fuzzing: {target}")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="sklearn_w2v-fuzz-") as folder:
        # in another process, since the memory of a parent counts for its child
        seeds = [sys.executable, __file__, "--seeds", target, folder]
        subprocess.run(seeds, capture_output=True, check=True)
        done = subprocess.run(
            [
                *(sys.executable, __file__, target, folder),
                f"-max_total_time={_SECONDS:.0f}",
                f"-artifact_prefix={_FINDINGS}/{target}-",
                f"-rss_limit_mb={_RSS.get(target, 512)}",
                f"-max_len={_LONGEST.get(target, 1 << 16)}",
                *("-timeout=30", "-print_final_stats=1"),
            ],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    row.seconds = time.perf_counter() - start
    print(done.stderr[-2_000:])
    executed = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    row.count = int(executed[1]) if executed else 0
    points = re.findall(r"cov: (\d+)", done.stderr)
    row.note = f"{points[-1]} points of the code reached" if points else ""
    if done.returncode or not row.count:
        row.fail(f"see {_FINDINGS}")
    return row


def _write_seeds(target: str, folder: str) -> None:
    for number, data in enumerate(seeds_of(target)):
        Path(folder, f"seed-{number}").write_bytes(data)


def _fuzz(target: str, options: list[str]) -> None:
    """Fuzz in this process, which libFuzzer ends."""
    import atheris

    os.environ.setdefault("SKLEARN_W2V_CACHE", tempfile.mkdtemp(prefix="sklearn_w2v-fuzz-"))
    with atheris.instrument_imports(include=["sklearn_w2v", "skops.io"]):
        import _fuzz_targets

        if target == "models":  # the target imports these when it is called
            import sklearn_w2v.classifiers.cnn
            import sklearn_w2v.classifiers.lstm
            import sklearn_w2v.persistence.model_file  # noqa: F401

    check: Callable[[bytes], None] = getattr(_fuzz_targets, target)
    mutate = getattr(_fuzz_targets, f"mutate_{target}", None)
    more = {} if mutate is None else {"custom_mutator": mutate}
    atheris.Setup([sys.argv[0], *options], check, **more)
    atheris.Fuzz()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
