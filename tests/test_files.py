"""What every reader and writer of files has in common."""

import os
import stat

import pytest
from hostile import refused

from neurosim.errors import FileError
from neurosim.files import atomic, open_hdf5, read_npz, read_safetensors, sha256, verify_sha256

# ---- regular files


@pytest.mark.parametrize("read", [read_safetensors, read_npz, open_hdf5, sha256])
def test_only_regular_files_with_contents(read, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "empty").touch()
    refused(read, tmp_path, "found a folder, expected a regular file")
    refused(read, tmp_path / "pipe", "found a device or pipe, expected a regular file")
    refused(read, tmp_path / "loop", "expected a file that can be read")
    refused(read, tmp_path / "empty", "found 0 bytes")
    refused(read, tmp_path / "absent", "found No such file or directory")


def test_a_path_cannot_break_the_line(tmp_path):
    with pytest.raises(FileError) as caught:
        read_npz(tmp_path / "a\nb")
    assert "\n" not in str(caught.value)


def test_sha256(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(path) == digest
    verify_sha256(path, digest.upper())
    refused(lambda path: verify_sha256(path, "0" * 64), path, "SHA-256", digest)


# ---- atomic


def test_atomic_replaces_only_when_done(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail():
        with atomic(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    with atomic(path) as temporary:
        assert temporary.suffix == ".txt"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["file.txt"]


def test_atomic_keeps_the_users_permissions(tmp_path):
    (tmp_path / "plain").write_text("")
    with atomic(tmp_path / "file") as temporary:
        temporary.write_text("")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )


def test_atomic_refusals(tmp_path):
    def write(path):
        with atomic(path) as temporary:
            temporary.write_text("")

    refused(write, tmp_path / "absent" / "file", "found no folder")
    refused(write, tmp_path, "found a folder, expected the name of a file")

    def nothing(path):
        with atomic(path):
            pass

    refused(nothing, tmp_path / "file", "cannot be written: No such file")
