"""Files that are written beside their place and renamed."""

from __future__ import annotations

import errno
import os
import time

import pytest

from sklearn_w2v.utils.files import naming, written_beside


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
