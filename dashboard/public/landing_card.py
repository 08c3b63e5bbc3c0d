"""The picture that is shown where a partner page without a photo is shared."""

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Final

from domain import colors

if TYPE_CHECKING:
    from PIL import ImageDraw

CARD_SIZE: Final = (1200, 630)
"""What networks show large: https://developers.facebook.com/docs/sharing/webmasters/images"""

_CENTER: Final = (600, 240)
_RADIUS: Final = 140
_LETTERS: Final = 130
_NAME: Final = 64
_BELOW: Final = 36
_WIDEST: Final = 1040


def initials(name: str) -> str:
    """One or two letters that stand for a name where there is no photo."""
    words = [word for word in name.split() if word[0].isalnum()]
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper()[:2]


@lru_cache(256)
def draw(name: str, product: str, color: str) -> bytes:
    """A PNG in the page's color: initials, name and product, as far as our font has the letters."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - a server without cards is spared the library

    made = colors.theme(color)
    image = Image.new("RGB", CARD_SIZE, made.accent)
    pen = ImageDraw.Draw(image)
    soft = colors.mixed(made.accent, made.on_accent, 0.12)
    for size in (620, 470, 320):
        _ring(pen, (1130, 60), size, soft)
        _ring(pen, (60, 620), size, soft)
    x, y = _CENTER
    pen.ellipse((x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS), fill=made.on_accent)
    _line(pen, initials(name), y, _LETTERS, made.accent)
    _line(pen, name, 455, _NAME, made.on_accent)
    _line(pen, f"Partner of {product}", 535, _BELOW, made.on_accent)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _ring(pen: "ImageDraw.ImageDraw", center: tuple[int, int], size: int, color: str) -> None:
    x, y = center
    pen.ellipse(
        (x - size // 2, y - size // 2, x + size // 2, y + size // 2), outline=color, width=3
    )


def _line(pen: "ImageDraw.ImageDraw", text: str, middle: int, size: int, color: str) -> None:
    """A centered line, smaller if it is long; nothing where it would be boxes."""
    from PIL import ImageFont  # noqa: PLC0415 - as above

    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return
    font = ImageFont.load_default(size)
    width = pen.textlength(text, font)
    if width > _WIDEST:
        font = ImageFont.load_default(max(20, int(size * _WIDEST / width)))
    pen.text((_CENTER[0], middle), text, fill=color, font=font, anchor="mm")
