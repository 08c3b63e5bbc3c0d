"""Resources as programs see them."""

from typing import Final, Literal
from uuid import UUID

from dashboard.api.moments import Moment
from dashboard.api.paging import NextCursor
from dashboard.api.taking import Told
from storage.assets import Asset, AssetContent, AssetVersion

Type = Literal[
    "faq",
    "best_practice",
    "swipe_file",
    "email_template",
    "social_post",
    "text_snippet",
    "banner",
    "video_tutorial",
]
"""The types that `domain.asset_content` has."""


class FileView(Told):
    """A file; `media_type` is what its bytes are, whatever its name says. `size` is in bytes."""

    name: str
    media_type: str
    size: int


class AssetView(Told):
    """A resource as it is now; within a type the smallest `place` stands first."""

    id: UUID
    asset_type: Type
    title: str
    body: str
    url: str
    file: FileView | None
    place: int
    status: Literal["draft", "published", "archived"]
    version: int
    starter: str | None
    published_at: Moment | None
    changed_at: Moment
    created_at: Moment


class AssetList(Told):
    """A page of resources."""

    data: list[AssetView]
    next_cursor: NextCursor


class VersionView(Told):
    """A resource as it was saved once."""

    version: int
    asset_type: Type
    title: str
    body: str
    url: str
    file: FileView | None
    saved_by: str
    saved_at: Moment


class VersionList(Told):
    """The latest versions, the newest first."""

    data: list[VersionView]


class Added(Told):
    """How many resources of the starter set were new."""

    count: int


def asset_view(asset: Asset) -> AssetView:
    """A resource as operators see it."""
    named = {name: getattr(asset, name) for name in _PLAIN}
    return AssetView(**named, place=asset.sort_order, file=_file(asset))


def version_view(version: AssetVersion) -> VersionView:
    """A version of one."""
    named = {name: getattr(version, name) for name in _OF_VERSION}
    return VersionView(**named, file=_file(version))


_PLAIN: Final = AssetView.model_fields.keys() - {"place", "file"}
_OF_VERSION: Final = VersionView.model_fields.keys() - {"file"}


def _file(of: AssetContent) -> FileView | None:
    if not of.file_digest:
        return None
    return FileView(name=of.file_name, media_type=of.media_type, size=of.file_size)
