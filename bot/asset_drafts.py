"""What stands in the form of a resource, as it is typed and as the domain reads it."""

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from bot.cards.blocks import Json
from domain.asset_content import Wish
from domain.asset_files import FILE_MAX, TOO_LARGE, File
from domain.errors import InvalidError
from storage.assets import DRAFT, PUBLISHED, Asset

FIELDS: Final = ("asset_type", "title", "body", "url", "file", "place", "status", "drop_file")
_WHOLE: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of the form. `file` is the id that Slack gave to a file that was chosen.

    `kept_file` is the name of the one that is there already.
    """

    asset_type: str = ""
    title: str = ""
    body: str = ""
    url: str = ""
    place: str = ""
    status: str = PUBLISHED
    drop_file: bool = False
    file: str = ""
    file_size: int = 0
    kept_file: str = ""

    @classmethod
    def of(cls, asset: Asset) -> Self:
        """The draft that says what a resource says."""
        return cls(
            asset_type=asset.asset_type,
            title=asset.title,
            body=asset.body,
            url=asset.url,
            place=str(asset.sort_order),
            # What was put away and is edited comes back, unless it is left a draft.
            status=DRAFT if asset.status == DRAFT else PUBLISHED,
            kept_file=asset.file_name,
        )

    @classmethod
    def typed(cls, view: Json, kept_file: str = "") -> Self:
        """What a person has entered."""
        held: dict[str, Any] = {}
        for block in view["state"]["values"].values():
            held |= {name: value for name, value in block.items() if name in FIELDS}

        def text(name: str) -> str:
            return str(held.get(name, {}).get("value") or "")

        def chosen(name: str) -> str:
            return str((held.get(name, {}).get("selected_option") or {}).get("value") or "")

        files = held.get("file", {}).get("files") or []
        first = files[0] if files else {}
        return cls(
            asset_type=chosen("asset_type"),
            title=text("title"),
            body=text("body"),
            url=text("url"),
            place=text("place"),
            status=chosen("status") or PUBLISHED,
            drop_file=bool(held.get("drop_file", {}).get("selected_options")),
            file=str(first.get("id") or ""),
            file_size=int(first.get("size") or 0),
            kept_file=kept_file,
        )

    def wish(self, file: File | None = None) -> Wish:
        """What the domain is asked for. Raises `InvalidError`, by field."""
        place = self.place.strip()
        if place and not _WHOLE.fullmatch(place):
            raise InvalidError("Use a whole number.", {"place": "Use a whole number."})
        if self.file_size > FILE_MAX:
            raise InvalidError(TOO_LARGE, {"file": TOO_LARGE})
        return Wish(
            asset_type=self.asset_type,
            title=self.title,
            body=self.body,
            url=self.url,
            file=file,
            drop_file=self.drop_file,
            place=int(place) if place else None,
            published=self.status == PUBLISHED,
        )
