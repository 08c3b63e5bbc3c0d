"""Pictures for tests."""

from io import BytesIO
from typing import Any

from PIL import Image


def picture(size: tuple[int, int] = (1200, 900), kind: str = "JPEG", **saved: Any) -> bytes:
    """A file with a picture: red on the left, blue on the right."""
    image = Image.new("RGB", size, "#0000ff")
    image.paste("#ff0000", (0, 0, size[0] // 2, size[1]))
    out = BytesIO()
    image.save(out, kind, **saved)
    return out.getvalue()
