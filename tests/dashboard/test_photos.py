"""Photos from outside become ones that we can serve, whatever they are."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dashboard import photos
from domain.errors import InvalidError
from tests.pictures import picture

EXIF = Image.Exif()
EXIF[0x010E] = "taken at 48.8584, 2.2945"
EXIF[0x0112] = 6


def made(content: bytes) -> Image.Image:
    """What becomes of a file."""
    return Image.open(io.BytesIO(photos.encode(content).content))


def refusal(content: bytes) -> str:
    """Why a file is refused."""
    with pytest.raises(InvalidError) as refused:
        photos.encode(content)
    return refused.value.fields["photo"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(3000, 2000), (200, 900), (800, 800), (4000, 6000)])
def test_every_photo_becomes_a_small_square(kind: str, size: tuple[int, int]) -> None:
    """At most 800 pixels, never larger than it came, and light."""
    photo = photos.encode(picture(size, kind))
    image = Image.open(io.BytesIO(photo.content))
    side = min(800, *size)
    assert (image.format, image.size, image.mode) == ("WEBP", (side, side), "RGB")
    assert len(photo.content) < 200_000


def test_nothing_that_a_camera_wrote_is_passed_on() -> None:
    """No place, no time, no comment; the picture stands upright all the same."""
    before = picture((1200, 900), exif=EXIF, comment=b"48.8584")
    assert b"48.8584" in before
    photo = photos.encode(before)
    image = Image.open(io.BytesIO(photo.content))
    assert b"48.8584" not in photo.content
    assert not image.getexif()
    assert "icc_profile" not in image.info
    # Turned a quarter to the right, red is above blue.
    red, _, blue = image.getpixel((400, 50))  # type: ignore[misc]
    assert red > blue


def test_a_see_through_picture_stands_on_white() -> None:
    """Not on black, as it would by itself."""
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(out, "PNG")
    assert min(made(out.getvalue()).getpixel((150, 150))) > 250  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA", "I;16"])
def test_every_kind_of_color_is_understood(mode: str) -> None:
    """Gray, a palette, ink for a press, and more."""
    out = io.BytesIO()
    kind = "TIFF" if mode == "CMYK" else "PNG"
    image = Image.new(mode, (300, 300))
    image.save(out, "JPEG" if kind == "TIFF" else kind)
    assert made(out.getvalue()).size == (300, 300)


def test_the_same_file_has_the_same_name_another_has_another() -> None:
    """So that its address can be kept for ever."""
    one, other = picture(), picture((900, 900))
    assert photos.encode(one) == photos.encode(one)
    assert photos.encode(one).digest != photos.encode(other).digest


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + b"\0" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"\xff\xd8\xff\xe0" + b"not a picture" * 50,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 500,
        b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"\0" * 50,
        picture()[: len(picture()) // 2],
        picture(kind="PNG")[:200],
    ],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    """By what it is, not by its name."""
    assert refusal(content) == photos.UNREADABLE


def test_other_formats_are_refused() -> None:
    """Each decoder that is not needed is one less to attack."""
    for kind in ("GIF", "BMP", "TIFF"):
        assert refusal(picture((300, 300), kind)) == photos.UNREADABLE


def test_a_file_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    """It is known by what its head says, before any of it is decoded."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    for side in (8_000, 12_000, 60_000):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        assert "too many pixels" in refusal(bomb)


def test_too_small_and_too_large_are_said() -> None:
    """What to do about it, too."""
    assert "at least 200 by 200" in refusal(picture((199, 900)))
    assert refusal(b"\0" * (photos.PHOTO_MAX + 1)) == photos.TOO_LARGE


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_and_never_a_failure(data: st.DataObject) -> None:
    """Bytes changed anywhere in a real one."""
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    content = bytearray(picture((240, 240), kind))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        photo = photos.encode(bytes(content))
    except InvalidError:
        return
    assert Image.open(io.BytesIO(photo.content)).format == "WEBP"
