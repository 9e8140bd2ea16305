"""Writing beside and renaming: a reader sees the old file or the new one, never half of one."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurosim.errors import FileError

__all__ = ["atomic"]


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a free path beside `path`; rename it to `path` once the block has written it.

    The data are on the disk (fsync) before the rename. When the block raises, nothing is left behind and
    an older file at `path` stays as it was.

    Parameters
    ----------
    path
        Where the file is to be. Its folder must exist.

    Yields
    ------
    Path
        A path in the same folder with the same suffix, at which no file exists yet.

    Raises
    ------
    FileError
        If the folder is missing, `path` is a folder, or the system refuses to write.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileError(f"{path}: found no folder {path.parent}, expected one that exists")
    if path.is_dir():
        raise FileError(f"{path}: found a folder, expected the name of a file to write")
    temporary = path.with_name(f".{path.stem[:100]}-{secrets.token_hex(6)}{path.suffix}")
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
        _flush(path.parent)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
