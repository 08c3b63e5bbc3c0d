"""Files that rows go to when they leave the database: gzip, only ever added to.

Each addition is a whole member of its own, so that the first so many bytes of a file are a file.
"""

import fcntl
import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_AT_ONCE: Final = 1 << 16


class ArchiveBusyError(Exception):
    """Another process adds to this archive right now."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else adds to the files below a folder meanwhile. Raises `ArchiveBusyError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveBusyError(str(folder)) from None
        yield


def size_of(file: Path) -> int:
    """How many bytes are there; 0 where there is no such file."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def add(file: Path, at: int, data: bytes) -> int:
    """Write data behind the first `at` bytes, instead of what stands there; the file's new size.

    It is on the disk when this returns. Raises `OSError`.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not file.exists()
    file.touch(mode=0o600)
    with file.open("r+b") as opened:
        opened.truncate(at)
        opened.seek(at)
        opened.write(gzip.compress(data, mtime=0))
        opened.flush()
        os.fsync(opened.fileno())
        size = opened.tell()
    if is_new:
        for folder in (file.parent, file.parent.parent):
            _sync(folder)
    return size


def lines(file: Path, size: int) -> Iterator[bytes]:
    """The lines in the first `size` bytes.

    Raises `OSError`, and `EOFError` or `zlib.error` where that is no whole file of ours.
    """
    if size_of(file) < size:
        raise EOFError(f"{file} is shorter than it was left")
    left, kept = size, b""
    with file.open("rb") as opened:
        unpacker = zlib.decompressobj(wbits=31)
        while left:
            read = opened.read(min(left, _AT_ONCE))
            left -= len(read)
            while read:
                kept += unpacker.decompress(read)
                read = unpacker.unused_data
                if unpacker.eof:
                    unpacker = zlib.decompressobj(wbits=31)
            *whole, kept = kept.split(b"\n")
            yield from whole
    if kept:
        raise EOFError(f"{file} ends within a line")


def _sync(folder: Path) -> None:
    """What is in a folder is on the disk, too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
