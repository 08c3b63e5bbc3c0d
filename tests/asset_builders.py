"""Resources and files for tests: good ones, changed by keyword."""

from io import BytesIO
from typing import Any

from PIL import Image

from domain import assets
from domain.asset_content import Wish
from storage.assets import Asset
from storage.db import Database
from tests.builders import RITA

WORDS = {"product": "PropMine", "code": "JARED30", "offer": "30%", "link": "https://d.example/r/j"}
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"


def wish(**changes: Any) -> Wish:
    """A published post."""
    given = {"asset_type": "social_post", "title": "A post", "body": "{offer} off with {code}"}
    return Wish(**(given | changes))


async def make(db: Database, **changes: Any) -> Asset:
    """Make a resource, as an operator does."""
    async with db.transaction() as session:
        return await assets.create(session, wish(**changes), RITA)


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40), **saved: Any) -> bytes:
    """The bytes of a picture."""
    out = BytesIO()
    Image.new("RGB", size, "#0e5a45").save(out, kind, **saved)
    return out.getvalue()
