"""What every reader asks of a file before it believes a word of it."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from neurosim.errors import FileError

__all__ = [
    "check_magic",
    "check_name",
    "parsing",
    "printable",
    "refuse",
    "regular_size",
    "sha256",
    "verify_sha256",
]

NAME_LENGTH = 256

MAGIC = {
    b"\x89HDF\r\n\x1a\n": "HDF5",
    b"PK": "zip (npz, or torch .pt)",
    b"\x93NUMPY": "npy",
    b"\x80": "pickle",
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
}


def refuse(path: Path, key: str, found: object, expected: str) -> NoReturn:
    """Raise the one line that names file, key, found and expected."""
    raise FileError(f"{printable(path)}: {key}: found {_line(found)}, expected {expected}")


@contextmanager
def parsing(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a damaged file provokes in a parser into a FileError."""
    try:
        yield
    except FileError:
        raise
    except Exception as error:  # a parser fed with hostile bytes may raise anything
        refuse(path, "contents", f"{type(error).__name__}: {error}", f"an intact {kind} file")


def regular_size(path: Path) -> int:
    """Return the size in bytes of a regular file that is not empty, else raise FileError."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        refuse(path, "file", getattr(error, "strerror", None) or error, "a file that can be read")
    if not stat.S_ISREG(status.st_mode):
        refuse(
            path, "file", "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe", "a regular file"
        )
    if status.st_size == 0:
        refuse(path, "file", "0 bytes", "a file with contents")
    return status.st_size


def check_magic(path: Path, kind: str, offset: int = 0) -> None:
    """Refuse a file whose first bytes, those at `offset`, are those of something else than `kind`."""
    with parsing(path, kind), path.open("rb") as file:
        file.seek(offset)
        head = file.read(8)
    found = next((name for magic, name in MAGIC.items() if head.startswith(magic)), "unknown")
    if not found.startswith(kind):
        refuse(path, "first bytes", f"{head!r} ({found})", f"those of {kind}")


def check_name(path: Path, name: object) -> str:
    """Return `name` if it is a printable string of 1 to 256 characters, else raise FileError."""
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        refuse(path, "name", repr(name), f"1 to {NAME_LENGTH} printable characters")
    return name


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    path = Path(path)
    regular_size(path)
    with parsing(path, "readable"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_sha256(path: str | os.PathLike[str], expected: str) -> None:
    """Raise FileError unless the SHA-256 of a file is `expected`."""
    found = sha256(path)
    if found != expected.lower():
        refuse(Path(path), "SHA-256", found, expected)


def _line(found: object) -> str:
    text = " ".join(str(found).split())
    text = text if len(text) <= 160 else f"{text[:157]}..."
    return text if text.isprintable() else ascii(text)


def printable(path: Path) -> str:
    """Return a path as a message shows it, in one line."""
    return str(path) if str(path).isprintable() else ascii(str(path))
