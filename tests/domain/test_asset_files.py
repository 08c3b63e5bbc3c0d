"""Files for affiliates: what they are said to be is what their bytes say."""

from io import BytesIO

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from domain.asset_files import ANYTHING, FILE_MAX, examine, is_picture, safe_name
from domain.errors import InvalidError
from tests.asset_builders import PDF, picture

ZIP = b"PK\x03\x04 and more"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    ("name", "content", "kept_as", "media_type"),
    [
        ("Banner.PNG", picture(), "Banner.PNG", "image/png"),
        ("photo.jpeg", picture("JPEG"), "photo.jpeg", "image/jpeg"),
        ("wide.webp", picture("WEBP"), "wide.webp", "image/webp"),
        ("lies.png", picture("JPEG"), "lies.png.jpg", "image/jpeg"),
        ("no-name", picture("GIF"), "no-name.gif", "image/gif"),
        ("guide.pdf", PDF, "guide.pdf", "application/pdf"),
        ("guide.html", PDF, "guide.html", "application/pdf"),
        ("logos.zip", ZIP, "logos.zip", "application/zip"),
        ("page.html", b"<script>alert(1)</script>", "page.html", ANYTHING),
        ("mark.svg", SVG, "mark.svg", ANYTHING),
    ],
)
def test_a_file_is_what_its_bytes_say(
    name: str, content: bytes, kept_as: str, media_type: str
) -> None:
    """Nothing that a browser would run, or show as a page, gets a type that lets it."""
    file = examine(name, content)
    assert (file.name, file.media_type) == (kept_as, media_type)
    assert is_picture(file.media_type) == media_type.startswith("image/")


def test_of_a_picture_only_what_is_seen_is_kept() -> None:
    """No comment, no place where it was taken, and nothing hung on behind."""
    notes = PngInfo()
    notes.add_text("Comment", "taken at home")
    given = picture("PNG", pnginfo=notes) + b"<script>alert(1)</script>"
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    for name, content in (("a.png", given), ("b.jpg", picture("JPEG", exif=exif) + b"<script>")):
        kept = examine(name, content).content
        assert b"taken at home" in content
        assert b"taken at home" not in kept
        assert b"<script>" not in kept
        assert Image.open(BytesIO(kept)).size == (60, 40)


def test_a_moving_banner_goes_on_moving() -> None:
    """With the time that each of its frames is shown."""
    frames = [Image.new("RGB", (30, 20), color) for color in ("red", "green", "blue")]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300])
    with Image.open(BytesIO(examine("banner.gif", out.getvalue()).content)) as kept:
        assert getattr(kept, "n_frames", 1) == 3
        kept.seek(2)
        assert kept.info["duration"] == 300


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("huge.bin", bytes(FILE_MAX + 1), "larger than 10 MB"),
        ("empty.pdf", b"", "empty"),
        ("fake.png", b"<html>not a picture</html>", "cannot be read"),
        ("cut.png", picture(size=(400, 400))[:200], "cannot be read"),
        ("sneaky.pdf", b"\x89PNG and then nothing", "cannot be read"),
        ("bomb.png", picture(size=(9000, 9000)), "too many pixels"),
    ],
)
def test_what_cannot_be_used_is_said(name: str, content: bytes, part: str) -> None:
    """In a sentence, beside the field."""
    with pytest.raises(InvalidError, match=part) as caught:
        examine(name, content)
    assert set(caught.value.fields) == {"file"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Rita\\logo.png", "logo.png"),
        ('a"b\r\nSet-Cookie: x.pdf', "a-b-Set-Cookie-x.pdf"),
        ("Größe 1.pdf", "Groe-1.pdf"),
        ("日本", "file"),
        (".htaccess", "htaccess"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_names_are_safe(given: str, kept: str) -> None:
    """In addresses, headers and on disks."""
    assert safe_name(given) == kept
