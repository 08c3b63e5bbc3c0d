"""Files that operators give affiliates: named, sniffed, and pictures encoded anew.

Nobody but us decides what a file is: a browser is told what its bytes say, not its name. Of a
picture nothing is passed on but what is seen. All else is handed out as an attachment only.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from domain.errors import InvalidError

FILE_MAX: Final = 10 * 1024 * 1024
"""The largest file that is taken and kept, in bytes."""

NAME_MAX: Final = 100
TOO_LARGE: Final = "That file is larger than 10 MB. Make it smaller, or link to where it is."

_PICTURES: Final = {
    "PNG": ("image/png", (".png",)),
    "JPEG": ("image/jpeg", (".jpg", ".jpeg")),
    "GIF": ("image/gif", (".gif",)),
    "WEBP": ("image/webp", (".webp",)),
}
_MAGIC: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_OTHERS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
ANYTHING: Final = "application/octet-stream"
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is kept; `digest` is the SHA-256 of the content."""

    name: str
    media_type: str
    content: bytes
    digest: str


def examine(name: str, content: bytes) -> File:
    """A file as it may be handed out.

    Raises `InvalidError` for one that is empty, too large, or a picture that is none.
    """
    if len(content) > FILE_MAX:
        raise refused(TOO_LARGE)
    if not content:
        raise refused("That file is empty. Choose another one.")
    name = safe_name(name)
    suffix = PurePosixPath(name).suffix.lower()
    named_so = any(suffix in suffixes for _, suffixes in _PICTURES.values())
    webp = content[:4] != b"RIFF" or content[8:12] == b"WEBP"
    if named_so or (content.startswith(_MAGIC) and webp):
        # The library of pictures is large: it is loaded with the first one.
        from domain.asset_pictures import encoded  # noqa: PLC0415

        kind, content = encoded(content, _PICTURES)
        media_type, suffixes = _PICTURES[kind]
        if len(content) > FILE_MAX:
            raise refused(TOO_LARGE)
        if suffix not in suffixes:
            name = f"{name[: NAME_MAX - len(suffixes[0])]}{suffixes[0]}"
    else:
        media_type = next((kind for magic, kind in _OTHERS if content.startswith(magic)), ANYTHING)
    return File(name, media_type, content, hashlib.sha256(content).hexdigest())


def is_picture(media_type: str) -> bool:
    """Whether a browser may show a file of this type in a page."""
    return any(media_type == known for known, _ in _PICTURES.values())


def safe_name(name: str) -> str:
    """A file's name that is safe in an address, in a header and on every disk."""
    last = re.split(r"[/\\]", name)[-1]
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode()
    path = PurePosixPath(_ODD.sub("-", plain).strip(".-_") or "file")
    suffix = path.suffix[:12]
    return f"{path.stem[: NAME_MAX - len(suffix)]}{suffix}"


def refused(sentence: str) -> InvalidError:
    """What a form says beside its file."""
    return InvalidError(sentence, {"file": sentence})
