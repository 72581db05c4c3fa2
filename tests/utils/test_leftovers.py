"""What killed processes leave behind, and what is in use."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time

import pytest

from sklearn_w2v.utils import leftovers as _leftovers
from sklearn_w2v.utils.files import (
    LOCK,
    locked_file,
    locked_folder,
    release,
    remove,
    sweep_files,
    sweep_folders,
)

locks = pytest.mark.skipif(_leftovers.fcntl is None, reason="this system has no flock")


def age(path, seconds):
    then = time.time() - seconds
    for one in [*path.rglob("*"), path] if path.is_dir() else [path]:
        os.utime(one, (then, then))


def killed_folder(parent):
    """A folder that a process locked and did not live to remove."""
    code = (
        "import os, sys; from sklearn_w2v.utils.leftovers import locked_folder\n"
        "print(locked_folder(sys.argv[1], 'tmp-'), flush=True); os.kill(os.getpid(), 9)"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(_leftovers.__file__)))
    command = [sys.executable, "-c", code, os.fspath(parent)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": root}
    )
    return parent / os.path.basename(done.stdout.strip())


@locks
def test_folders_of_killed_processes_go_when_they_are_quiet(tmp_path):
    folder = killed_folder(tmp_path)
    assert folder.is_dir()
    sweep_folders(tmp_path, "tmp-", by_age=False)
    assert folder.is_dir()  # it may have been made this moment, ahead of its lock
    age(folder, 700)
    sweep_folders(tmp_path, "other-", by_age=True)
    assert folder.is_dir()
    sweep_folders(tmp_path, "tmp-", by_age=False)
    assert not folder.exists()


@locks
def test_a_folder_in_use_stays_however_old(tmp_path):
    folder = tmp_path / os.path.basename(locked_folder(tmp_path, "tmp-"))
    age(folder, 10 * 86_400)
    sweep_folders(tmp_path, "tmp-", by_age=True)
    assert (folder / LOCK).read_text() == platform.node()
    remove(os.fspath(folder), os.getpid())
    assert not list(tmp_path.iterdir())


def test_a_folder_in_which_anything_changes_stays(tmp_path):
    folder = tmp_path / "tmp-1_abcdef"
    folder.mkdir()
    (folder / "matrix").write_text("")
    age(folder, 2 * 86_400)
    os.utime(folder / "matrix")
    sweep_folders(tmp_path, "tmp-", by_age=True)
    assert folder.is_dir()


@pytest.mark.parametrize("lock", [None, b"another machine"])
@pytest.mark.parametrize(("by_age", "days", "stays"), [(1, 2, 0), (1, 0.5, 1), (0, 9, 1)])
def test_without_a_lock_that_says_something_the_age_decides(tmp_path, lock, by_age, days, stays):
    folder = tmp_path / "tmp-1_abcdef"
    folder.mkdir()
    (folder / "matrix").write_text("x")
    if lock is not None:
        (folder / LOCK).write_bytes(lock)
    age(folder, days * 86_400)
    sweep_folders(tmp_path, "tmp-", by_age=bool(by_age))
    assert folder.is_dir() == bool(stays)


@pytest.mark.parametrize("name", ["tmp-", "tmp-results", "tmp-my_model1", "tmp-1234567X"])
def test_a_folder_that_somebody_named_stays(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    age(folder, 9 * 86_400)
    sweep_folders(tmp_path, "tmp-", by_age=True)
    assert folder.is_dir()


@locks
@pytest.mark.parametrize("lock", [False, True])
def test_folders_of_processes_that_were_killed_ahead_of_their_lock_go(tmp_path, lock):
    folder = tmp_path / "tmp-1_abcdef"
    folder.mkdir()
    if lock:
        (folder / LOCK).touch()
    sweep_folders(tmp_path, "tmp-", by_age=False)
    assert folder.is_dir()
    age(folder, 700)
    sweep_folders(tmp_path, "tmp-", by_age=False)
    assert not folder.exists()


@locks
def test_files_that_nobody_holds_go_when_they_are_quiet(tmp_path):
    left, fresh, other = (tmp_path / name for name in (".tmp-a", ".tmp-b", "a"))
    for path in (left, fresh, other):
        path.write_text("x")
    with locked_file(os.fspath(tmp_path / ".tmp-c")):
        for path in (left, other, tmp_path / ".tmp-c"):
            age(path, 10 * 86_400)
        sweep_files(tmp_path, ".tmp-")
        assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-b", ".tmp-c", "a"]


def test_links_and_folders_that_are_not_there_are_left_alone(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    try:
        (tmp_path / "tmp-link").symlink_to(tmp_path / "kept")
    except OSError:
        pytest.skip("no symbolic links here")
    age(tmp_path / "kept", 10 * 86_400)
    sweep_folders(tmp_path, "tmp-", by_age=True)
    sweep_files(tmp_path, "tmp-")
    sweep_folders(tmp_path / "nowhere", "tmp-", by_age=True)
    assert (tmp_path / "kept" / "file").exists()
    assert (tmp_path / "tmp-link").is_symlink()


def test_release_leaves_the_folder_without_its_lock(tmp_path):
    folder = locked_folder(tmp_path, "tmp-")
    release(folder)
    assert os.listdir(folder) == []
    remove(folder, os.getpid() + 1)  # another process's
    assert os.path.isdir(folder)


def test_a_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "plain").write_text("x")
    with locked_file(os.fspath(tmp_path / "locked")):
        pass
    assert (tmp_path / "locked").stat().st_mode == (tmp_path / "plain").stat().st_mode
    with pytest.raises(FileExistsError), locked_file(os.fspath(tmp_path / "locked")):
        pass
