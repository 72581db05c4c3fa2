"""Files that are written beside their place and renamed, and what killed processes leave."""

from __future__ import annotations

import errno
import os
import platform
import stat
import subprocess
import sys
import time

import pytest

from sklearn_w2v.cli.paths import check_target
from sklearn_w2v.utils import files
from sklearn_w2v.utils.files import (
    LOCK,
    locked_file,
    locked_folder,
    naming,
    release,
    remove,
    sweep_files,
    sweep_folders,
    written_beside,
)


def write(path, text):
    with written_beside(os.fspath(path)) as work, open(work, "w") as file:
        file.write(text)
        return work


def test_the_target_changes_at_the_end_only(tmp_path):
    path = tmp_path / "a.txt"
    write(path, "old")
    with written_beside(os.fspath(path)) as work:
        assert os.path.dirname(work) == os.fspath(tmp_path)
        assert work.endswith("a.txt")
        with open(work, "w") as file:
            file.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_breaks_off_leaves_the_former_file(tmp_path, error):
    path = tmp_path / "a.txt"
    write(path, "old")
    with pytest.raises(error), written_beside(os.fspath(path)) as work:  # noqa: PT012
        with open(work, "w") as file:
            file.write("half")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_errors_name_the_target(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write(tmp_path / "nowhere" / "a.txt", "x")
    assert caught.value.filename == os.fspath(tmp_path / "nowhere" / "a.txt")
    with pytest.raises(OSError, match="No space") as caught, naming("a.txt", hint="make room"):
        raise OSError(errno.ENOSPC, "full")
    assert caught.value.filename == "a.txt"
    assert "make room" in str(caught.value)
    with pytest.raises(PermissionError) as caught, naming("a.txt", "/tmp/work", hint="make room"):
        raise PermissionError(errno.EACCES, "no", "/tmp/work/x")
    assert caught.value.filename == "a.txt"
    assert "make room" not in str(caught.value)


def test_errors_of_other_files_stay_as_they_are(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, written_beside(os.fspath(tmp_path / "a")):
        open(tmp_path / "b")  # noqa: SIM115
    assert caught.value.filename == os.fspath(tmp_path / "b")
    with pytest.raises(OSError, match="without a number"), naming("a.txt"):
        raise OSError("without a number")


def test_a_target_of_a_long_name_and_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "a" * 250 + ".txt"
    write(name, "x")
    assert os.listdir(tmp_path) == [name]


def test_what_a_killed_writer_left_goes_with_a_later_one(tmp_path):
    with written_beside(os.fspath(tmp_path / "a.txt")) as work:
        open(work, "w").close()
    left = tmp_path / os.path.basename(work)
    left.write_text("half")
    long_ago = time.time() - 2 * 86_400
    os.utime(left, (long_ago, long_ago))
    write(tmp_path / "b.txt", "x")
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


# ---------------------------------------------- leftovers of killed processes
locks = pytest.mark.skipif(files.fcntl is None, reason="this system has no flock")


def age(path, seconds):
    then = time.time() - seconds
    for one in [*path.rglob("*"), path] if path.is_dir() else [path]:
        os.utime(one, (then, then))


def killed_folder(parent):
    """A folder that a process locked and did not live to remove."""
    code = (
        "import os, sys; from sklearn_w2v.utils.files import locked_folder\n"
        "print(locked_folder(sys.argv[1], 'tmp-'), flush=True); os.kill(os.getpid(), 9)"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(files.__file__)))
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
    assert folder.is_dir()  # it may be so new that it is not locked yet
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


@locks
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
def test_folders_of_processes_that_were_killed_before_their_lock_are_removed(tmp_path, lock):
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


def test_a_link_is_followed(tmp_path):
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder" / "real", "old")
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "real")
    (tmp_path / "to-nothing").symlink_to(tmp_path / "folder" / "new")
    assert os.path.dirname(write(tmp_path / "link", "new")) == os.fspath(tmp_path / "folder")
    write(tmp_path / "to-nothing", "new")
    for name in ("real", "new"):
        assert (tmp_path / "folder" / name).read_text() == "new"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "to-nothing").is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_pipes_and_devices_are_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(os.devnull)
    for name in ("pipe", "link"):
        with pytest.raises(ValueError, match=f"{name}', which is a device or a pipe"):
            write(tmp_path / name, "new")
        with pytest.raises(ValueError, match=f"{name}', which is a device or a pipe"):
            check_target(tmp_path / name)
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)
    assert os.stat(os.devnull).st_mode & stat.S_IFCHR
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o600, 0o444, 0o664])
def test_a_file_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "a.txt"
    write(path, "old")
    path.chmod(mode)
    with written_beside(os.fspath(path)) as work:
        while_written = stat.S_IMODE(os.stat(work).st_mode)
        with open(work, "w") as file:
            file.write("new")
    assert while_written == mode | 0o600  # nobody else reads it meanwhile, either
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == "new"


def test_a_file_system_without_permissions_is_written_to(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "not here")

    write(tmp_path / "a.txt", "old")
    monkeypatch.setattr(os, "chmod", refuse)
    write(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"
