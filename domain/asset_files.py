"""Files that operators give affiliates: named, sniffed, and pictures encoded anew.

Nobody but us decides what a file is: a browser is told what its bytes say, not its name. Of a
picture nothing is passed on but what is seen. All else is handed out as an attachment only.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from PIL import Image, ImageOps, ImageSequence

from domain.errors import InvalidError

FILE_MAX: Final = 10 * 1024 * 1024
"""The largest file that is taken and kept, in bytes."""

PIXELS_MAX: Final = 40_000_000
"""More than that, all frames together, is not decoded: a small file can unpack to gigabytes."""

FRAMES_MAX: Final = 1000
NAME_MAX: Final = 100
TOO_LARGE: Final = "That file is larger than 10 MB. Make it smaller, or link to where it is."
FAKE: Final = "That picture cannot be read. Save it again as PNG, JPEG, GIF or WebP, and retry."

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
_QUALITY: Final = 90


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
        raise _refused(TOO_LARGE)
    if not content:
        raise _refused("That file is empty. Choose another one.")
    name = safe_name(name)
    suffix = PurePosixPath(name).suffix.lower()
    named_so = any(suffix in suffixes for _, suffixes in _PICTURES.values())
    webp = content[:4] != b"RIFF" or content[8:12] == b"WEBP"
    if named_so or (content.startswith(_MAGIC) and webp):
        kind, content = _encoded(content)
        media_type, suffixes = _PICTURES[kind]
        if len(content) > FILE_MAX:
            raise _refused(TOO_LARGE)
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


def _encoded(content: bytes) -> tuple[str, bytes]:
    try:
        image: Image.Image = Image.open(BytesIO(content), formats=tuple(_PICTURES))
        kind = str(image.format)
        frames = getattr(image, "n_frames", 1)
        pixels = image.width * image.height * frames if frames <= FRAMES_MAX else PIXELS_MAX + 1
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        pixels = PIXELS_MAX + 1
    except Exception as error:  # a hostile file breaks decoders in many ways
        raise _refused(FAKE) from error
    if pixels > PIXELS_MAX:
        raise _refused("That picture has too many pixels. Make it smaller, like 2000 by 2000.")
    out = BytesIO()
    try:
        if frames > 1:
            _save_moving(image, kind, out)
        else:
            _save_still(image, kind, out)
    except Exception as error:  # as above: broken data shows only when it is decoded
        raise _refused(FAKE) from error
    return kind, out.getvalue()


def _save_still(image: Image.Image, kind: str, out: BytesIO) -> None:
    upright = ImageOps.exif_transpose(image)
    upright.info = {name: upright.info[name] for name in ("transparency",) if name in upright.info}
    if kind == "JPEG":
        upright.convert("RGB").save(out, kind, quality=_QUALITY)
    elif kind == "WEBP":
        upright.save(out, kind, quality=_QUALITY, exif=b"", icc_profile=b"", xmp=b"")
    else:
        upright.save(out, kind, optimize=True)


def _save_moving(image: Image.Image, kind: str, out: BytesIO) -> None:
    frames, times = [], []
    for frame in ImageSequence.Iterator(image):
        times.append(int(frame.info.get("duration") or 100))
        frames.append(frame.convert("RGBA"))
    loop = int(image.info.get("loop", 0))
    more = {"disposal": 2} if kind == "GIF" else {}
    for frame in frames:
        frame.info = {}
    frames[0].save(
        out, kind, save_all=True, append_images=frames[1:], duration=times, loop=loop, **more
    )


def _refused(sentence: str) -> InvalidError:
    return InvalidError(sentence, {"file": sentence})
