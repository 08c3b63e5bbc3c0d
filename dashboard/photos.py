"""Photos that people upload, made into ones that we serve: decoded, cropped, encoded anew.

Nothing of the file that came is passed on: no metadata, no hidden second content.
"""

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING, Final

from domain.errors import InvalidError
from domain.landing import Photo

if TYPE_CHECKING:
    from PIL import Image

PHOTO_MAX: Final = 5 * 1024 * 1024
"""The largest file that is taken, in bytes."""

SIDE: Final = 800
"""The longest side of what is served, in pixels."""

SMALLEST: Final = 200
PIXELS_MAX: Final = 25_000_000
"""More than that is not decoded: a small file can unpack to gigabytes."""

_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QUALITY: Final = 82
_WHITE: Final = "#ffffff"
UNREADABLE: Final = "That is no photo that we can read. Use a JPEG, PNG or WebP file."
TOO_LARGE: Final = "That file is larger than 5 MB. Make it smaller, or choose another one."


def encode(content: bytes) -> Photo:
    """The photo as visitors get it: a square from the middle, as WebP.

    Raises `InvalidError` with a sentence for whatever is no photo, too small or too big.
    """
    if len(content) > PHOTO_MAX:
        raise _refused(TOO_LARGE)
    from PIL import Image  # noqa: PLC0415 - a server without photos is spared the library

    try:
        image: Image.Image = Image.open(BytesIO(content), formats=_FORMATS)
        # JPEG can be decoded at a part of its size.
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        width = height = PIXELS_MAX
    except Exception as error:  # a hostile file breaks decoders in many ways
        raise _refused(UNREADABLE) from error
    if width * height > PIXELS_MAX:
        raise _refused("That picture has too many pixels. Make it smaller, like 2000 by 2000.")
    if min(width, height) < SMALLEST:
        raise _refused(f"That photo is too small: use at least {SMALLEST} by {SMALLEST} pixels.")
    try:
        made = _square(image)
    except Exception as error:  # as above: broken data shows only when it is decoded
        raise _refused(UNREADABLE) from error
    return Photo(hashlib.sha256(made).hexdigest()[:16], made)


def _square(image: "Image.Image") -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415 - as above

    upright = ImageOps.exif_transpose(image)
    seen = upright.convert("RGBA")
    side = min(SIDE, *seen.size)
    square = ImageOps.fit(seen, (side, side), Image.Resampling.LANCZOS, centering=(0.5, 0.4))
    paper = Image.new("RGBA", square.size, _WHITE)
    paper.alpha_composite(square)
    out = BytesIO()
    paper.convert("RGB").save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()


def _refused(sentence: str) -> InvalidError:
    return InvalidError(sentence, {"photo": sentence})
