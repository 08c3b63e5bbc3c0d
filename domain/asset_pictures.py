"""Pictures that operators give affiliates, encoded anew: nothing is passed on but what is seen.

Only who is handed a picture loads this, and the library of pictures with it.
"""

from collections.abc import Collection
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, ImageSequence

from domain.asset_files import refused

PIXELS_MAX: Final = 40_000_000
"""More than that, all frames together, is not decoded: a small file can unpack to gigabytes."""

FRAMES_MAX: Final = 1000
FAKE: Final = "That picture cannot be read. Save it again as PNG, JPEG, GIF or WebP, and retry."
_QUALITY: Final = 90


def encoded(content: bytes, kinds: Collection[str]) -> tuple[str, bytes]:
    """A picture of one of these kinds, as it may be handed out, and its kind.

    Raises `InvalidError`.
    """
    try:
        image: Image.Image = Image.open(BytesIO(content), formats=tuple(kinds))
        kind = str(image.format)
        frames = getattr(image, "n_frames", 1)
        pixels = image.width * image.height * frames if frames <= FRAMES_MAX else PIXELS_MAX + 1
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        pixels = PIXELS_MAX + 1
    except Exception as error:  # a hostile file breaks decoders in many ways
        raise refused(FAKE) from error
    if pixels > PIXELS_MAX:
        raise refused("That picture has too many pixels. Make it smaller, like 2000 by 2000.")
    out = BytesIO()
    try:
        if frames > 1:
            _save_moving(image, kind, out)
        else:
            _save_still(image, kind, out)
    except Exception as error:  # as above: broken data shows only when it is decoded
        raise refused(FAKE) from error
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
