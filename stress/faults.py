"""Kill processes, let them compete, and run for long; the results become rows of the table.

``python stress/faults.py`` runs all parts, ``--parts kills races`` some of them, and
``--quick`` all of them in a short form, as the tests do.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from _kills import count_events, in_child
from _lasting import LASTING
from _rows import Row, append
from _scenes import SCENES, Scene

AREA = "faults"


def kill(kind: str, kills: int, seed: int) -> Row:
    """Kill a scene's work at each of its file calls, and at random moments.

    Parameters
    ----------
    kind : str
        Name of the scene.
    kills : int
        How many times; half of them at file calls, evenly spread.
    seed : int
        Of the random moments.
    """
    folder = Path(tempfile.mkdtemp(prefix="stress-"))
    start = time.perf_counter()
    try:
        scene = SCENES[kind](folder)
        row = Row(AREA, f"kill -9 during {scene.name}")
        _kills(scene, row, kills, random.Random(seed))
        row.seconds = time.perf_counter() - start
        return row
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kills(scene: Scene, row: Row, kills: int, moments: random.Random) -> None:
    scene.reset()
    events = count_events(scene.run, scene.folder)
    scene.reset()
    whole = in_child(scene.run).seconds
    left = tried = 0
    while row.count < kills and tried < 3 * kills:  # some end before they are killed
        tried += 1
        scene.reset()
        if tried % 2:
            at = (row.count * events // kills) % events
            done = in_child(scene.run, at_event=at, within=scene.folder)
        else:
            done = in_child(scene.run, after=moments.uniform(0, whole))
        row.count += done.killed
        left += bool(scene.leftovers())
        try:
            if done.error:
                raise AssertionError(done.error)
            scene.check()
            again = in_child(scene.run)
            if again.error:
                raise AssertionError(again.error)
        except (AssertionError, OSError, ValueError) as error:
            row.fail(error)
    swept = _sweep(scene, row)
    row.note = f"{events} file calls; {left} left temporary files, {swept}"


def _sweep(scene: Scene, row: Row) -> str:
    """Check that the next run removes what killed ones left; returns words for the note."""
    scene.age()
    scene.reset()
    done = in_child(scene.run)
    names = scene.leftovers()
    if done.error or names:
        row.fail(done.error or f"not removed: {names}")
        return "which stayed"
    return "removed by the next"


def races(kind: str, rounds: int) -> Row:
    """Run the same work in four processes at once."""
    folder = Path(tempfile.mkdtemp(prefix="stress-"))
    start = time.perf_counter()
    try:
        scene = SCENES[kind](folder)
        row = Row(AREA, f"four processes at once: {scene.name}")
        for _ in range(rounds):
            scene.reset()
            row.count += 1
            done = in_child(lambda: _together(scene.run))
            try:
                if done.error:
                    raise AssertionError(done.error)
                scene.check()
                if scene.leftovers():
                    raise AssertionError(f"not removed: {scene.leftovers()}")
            except (AssertionError, OSError, ValueError) as error:
                row.fail(error)
        row.seconds = time.perf_counter() - start
        return row
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _together(act: Callable[[], None]) -> None:
    """Run a function in four forked processes that start at the same moment."""
    from concurrent.futures import ThreadPoolExecutor

    moment = time.monotonic() + 0.2

    def at_moment() -> None:
        time.sleep(max(0.0, moment - time.monotonic()))
        act()

    with ThreadPoolExecutor(4) as pool:
        for done in list(pool.map(lambda _: in_child(at_moment), range(4))):
            if done.error:
                raise RuntimeError(done.error)


def main() -> None:
    """Run the parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=["kills", "races", "lasting"])
    parser.add_argument("--kinds", nargs="+", help="of these parts: names of scenes")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    parts = options.parts or ["kills", "races", "lasting"]
    quick = options.quick

    def wanted(*kinds: str) -> list[str]:
        return [kind for kind in kinds if not options.kinds or kind in options.kinds]

    if "kills" in parts:
        for kind in wanted("conversion", "save", "training", "search"):
            append(kill(kind, 4 if quick else 120, options.seed))
        if not quick:
            for kind in wanted("network-search"):
                append(kill(kind, 12, options.seed))
    if "races" in parts:
        for kind in wanted("conversion", "save", "training", "search"):
            append(races(kind, 1 if quick else 20))
    if "lasting" in parts:
        for kind in wanted(*LASTING):
            append(LASTING[kind](quick))


if __name__ == "__main__":
    main()
