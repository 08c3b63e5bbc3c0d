"""Where the files of an export lie: a folder, or one ZIP. Only its owner reads it."""

import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from commands.own_eyes import MODE, own_eyes
from domain.errors import InvalidError
from domain.moving import MANIFEST

_OWN_FOLDER: Final = 0o700
_LOCKED: Final = 1
# The oldest day that a ZIP knows: two exports of the same rows are the same bytes.
_NO_DAY: Final = (1980, 1, 1, 0, 0, 0)


class Folder:
    """An export as a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        """A new file to write to."""
        path = self.path / name
        path.parent.mkdir(mode=_OWN_FOLDER, exist_ok=True)
        with open(path, "xb", opener=own_eyes) as file:
            yield file

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file to read from. Raises `InvalidError` where there is none."""
        try:
            with (self.path / name).open("rb") as file:
                yield file
        except OSError as error:
            raise _missing(name, self.path, error) from error


class Zip:
    """An export as a ZIP that is open for writing or reading."""

    def __init__(self, archive: ZipFile, path: Path) -> None:
        self._archive, self.path = archive, path

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        """A new file to write to."""
        entry = ZipInfo(name, _NO_DAY)
        entry.compress_type, entry.external_attr = ZIP_DEFLATED, MODE << 16
        with self._archive.open(entry, "w", force_zip64=True) as file:
            yield file

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file to read from. Raises `InvalidError` where there is none, or it is damaged."""
        try:
            self._require_ours(self._archive.getinfo(name))
            with self._archive.open(name) as file:
                yield file
        except (KeyError, OSError, BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
            raise _missing(name, self.path, error) from error

    def _require_ours(self, entry: ZipInfo) -> None:
        if entry.flag_bits & _LOCKED:
            raise InvalidError(f"{entry.filename} in {self.path} is locked by a password.")
        if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise InvalidError(
                f"{entry.filename} in {self.path} is packed by another program than ours. "
                "Unpack it into a folder, and import that."
            )


def _missing(name: str, path: Path, error: Exception) -> InvalidError:
    if isinstance(error, FileNotFoundError | NotADirectoryError | KeyError):
        return InvalidError(
            f"{name} is missing in {path}. It is no whole export: one that was broken off has no "
            f"{MANIFEST}. Nothing was imported."
        )
    return InvalidError(f"{name} in {path} cannot be read: {error}. Nothing was imported.")


@contextmanager
def to_write(path: Path) -> Iterator[Folder | Zip]:
    """An export that is not there yet; what was begun is removed if the block fails.

    Raises `InvalidError` where it is there, or cannot be written.
    """
    try:
        if path.suffix.lower() == ".zip":
            with (
                open(path, "xb", opener=own_eyes) as file,
                _or_nothing(path),
                ZipFile(file, "w") as archive,
            ):
                yield Zip(archive, path)
        else:
            path.mkdir(mode=_OWN_FOLDER, parents=True)
            with _or_nothing(path):
                yield Folder(path)
    except FileExistsError as error:
        raise InvalidError(f"{path} is there already. Name one that is not.") from error
    except OSError as error:
        raise InvalidError(f"{path} cannot be written: {error.strerror}.") from error


@contextmanager
def _or_nothing(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        raise


@contextmanager
def to_read(path: Path) -> Iterator[Folder | Zip]:
    """An export to read from. Raises `InvalidError`."""
    if path.is_dir():
        yield Folder(path)
        return
    try:
        archive = ZipFile(path)
    except OSError as error:
        raise InvalidError(f"{path} cannot be read: {error.strerror}.") from error
    except BadZipFile as error:
        raise InvalidError(f"{path} is no export, or only a part of one: {error}.") from error
    with archive:
        yield Zip(archive, path)
