"""`/api/admin/assets`: resources, which are what affiliates are given to share."""

import asyncio
import base64
from binascii import Error
from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from aiohttp import hdrs
from pydantic import Field

from dashboard.api.asset_views import (
    Added,
    AssetList,
    AssetView,
    Type,
    VersionList,
    asset_view,
    version_view,
)
from dashboard.api.bodies import BODY_MAX
from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.paging import LIMIT_MAX, Paging
from dashboard.api.taking import Taken
from domain import assets
from domain.asset_content import SEARCH_MAX, Wish
from domain.asset_files import FILE_MAX, TOO_LARGE, File, examine
from domain.errors import InvalidError
from storage import assets as rows
from storage.assets import ARCHIVED, DRAFT, PUBLISHED, Asset

_TAG: Final = "Resources"
_REFUSED: Final = "This resource cannot be saved."
_ENCODED_MAX: Final = -(-FILE_MAX // 3) * 4
_NO_BASE64: Final = "Send the file's bytes in base64."
_NUMBER_MAX: Final = 2**31 - 1

_Place = Annotated[
    int | None, Field(description="Where it stands in its type; null leaves that as it is.")
]
_Status = Annotated[
    Literal["draft", "published"], Field(description="Affiliates see what is published.")
]


class Named(Taken):
    """A resource, by its id."""

    missing: ClassVar[str] = "There is no such resource any more."

    id: UUID


class Wanted(Paging):
    """Which resources; without a `status` those that are drafts or published."""

    status: Literal["", "draft", "published", "archived"] = ""
    asset_type: Type | Literal[""] = ""
    q: Annotated[str, Field(description="A part of the title or the text.")] = ""


class FileGiven(Taken):
    """A file of at most 10 MB. Pictures are encoded anew, and only what is seen is kept."""

    name: Annotated[str, Field(max_length=255)]
    content: Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]


class New(Taken):
    """A resource: a text, a link (`url`), a file, or all of them.

    In title and text `{product}`, `{code}`, `{offer}` and `{link}` become the affiliate's own.
    """

    refused: ClassVar[str] = _REFUSED
    most: ClassVar[int] = _ENCODED_MAX + BODY_MAX

    asset_type: Type
    title: str
    body: str = ""
    url: str = ""
    file: FileGiven | None = None
    place: _Place = None
    status: _Status = "published"


class Change(Taken):
    """The fields to change; the others stay. A `file` of null takes the file away.

    With `version`, the one that was seen, nothing is saved over what somebody else saved since.
    """

    refused: ClassVar[str] = _REFUSED
    most: ClassVar[int] = New.most

    asset_type: Type = "faq"
    title: str = ""
    body: str = ""
    url: str = ""
    file: FileGiven | None = None
    place: _Place = None
    status: _Status = "published"
    version: Annotated[int, Field(ge=1, le=_NUMBER_MAX)] = 1


class Restoration(Taken):
    """The version to restore."""

    refused: ClassVar[str] = "This version cannot be restored."

    version: Annotated[int, Field(ge=1, le=_NUMBER_MAX)]


class Latest(Taken):
    """How many versions."""

    refused: ClassVar[str] = "This list cannot be shown."

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = LIMIT_MAX


@operation("List resources", tag=_TAG, who=operator("assets:read"))
async def index(call: Call[Operator], query: Wanted) -> AssetList:
    """The last made first."""
    async with call.db.read() as session:
        found = await rows.page(
            session,
            before=query.before,
            limit=query.to_fetch,
            statuses=(query.status,) if query.status else (DRAFT, PUBLISHED),
            asset_type=query.asset_type,
            text=query.q.strip()[:SEARCH_MAX],
        )
    shown, cursor = query.cut(found)
    return AssetList(data=[asset_view(each) for each in shown], next_cursor=cursor)


@operation("Show a resource", tag=_TAG, who=operator("assets:read"))
async def show(call: Call[Operator], path: Named) -> AssetView:
    """One resource, as it is now."""
    async with call.db.read() as session:
        return asset_view(await assets.view(session, path.id))


@operation(
    "Make a resource",
    tag=_TAG,
    who=operator("assets:write"),
    status=HTTPStatus.CREATED,
    key="optional",
    headers={hdrs.LOCATION: "Where the resource is."},
)
@once
async def create(call: Call[Operator], body: New) -> Answer[AssetView]:
    """Make a resource; affiliates see it at once, unless it is a draft."""
    wish = _wish(body, await _read(body.file))
    async with writing(call) as write:
        made = await assets.create(write.session, wish, call.caller.actor)
        where = {str(hdrs.LOCATION): f"{call.request.rel_url.path}/{made.id}"}
        return write.told(asset_view(made), HTTPStatus.CREATED, where)


@operation(
    "Change a resource",
    tag=_TAG,
    who=operator("assets:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def change(call: Call[Operator], path: Named, body: Change) -> Answer[AssetView]:
    """Change what is named, as a new version; one that is archived needs its new `status`."""
    file, given = await _read(body.file), body.model_fields_set
    async with writing(call) as write:
        before = await assets.view(write.session, path.id)
        if before.status == ARCHIVED and "status" not in given:
            said = "It is archived: say whether it is a draft or published from now on."
            raise InvalidError(_REFUSED, {"status": said})
        kept = {name: getattr(before, name) for name in Change.model_fields.keys() & _KEPT - given}
        wish = _wish(body.model_copy(update=kept), file, drop="file" in given and file is None)
        seen = body.version if "version" in given else before.version
        after = await assets.edit(write.session, path.id, wish, seen, call.caller.actor)
        return write.told(asset_view(after))


@operation("Publish a resource", tag=_TAG, who=operator("assets:write"), key="optional")
@once
async def publish(call: Call[Operator], path: Named) -> Answer[AssetView]:
    """Show it to affiliates, also one that was archived."""
    async with writing(call) as write:
        return write.told(
            asset_view(await assets.publish(write.session, path.id, call.caller.actor))
        )


@operation("Archive a resource", tag=_TAG, who=operator("assets:write"), key="optional")
@once
async def archive(call: Call[Operator], path: Named) -> Answer[AssetView]:
    """Put it away: no affiliate sees it any more."""
    async with writing(call) as write:
        return write.told(
            asset_view(await assets.archive(write.session, path.id, call.caller.actor))
        )


@operation("List the versions of a resource", tag=_TAG, who=operator("assets:read"))
async def versions(call: Call[Operator], path: Named, query: Latest) -> VersionList:
    """What it said whenever it was saved, and who saved it."""
    async with call.db.read() as session:
        asset = await assets.view(session, path.id)
        found = await rows.versions(session, asset.id, query.limit)
    return VersionList(data=[version_view(each) for each in found])


@operation(
    "Restore a version of a resource", tag=_TAG, who=operator("assets:write"), key="optional"
)
@once
async def restore(call: Call[Operator], path: Named, body: Restoration) -> Answer[AssetView]:
    """Make an old version the newest one."""
    async with writing(call) as write:
        actor = call.caller.actor
        return write.told(
            asset_view(await assets.restore(write.session, path.id, body.version, actor))
        )


@operation(
    "Add the starter set of resources", tag=_TAG, who=operator("assets:write"), key="optional"
)
@once
async def add_starters(call: Call[Operator]) -> Answer[Added]:
    """Add what is not there yet of the ready-made resources, published."""
    async with writing(call) as write:
        count = await assets.add_starters(write.session, call.caller.actor)
        return write.told(Added(count=count))


_KEPT: Final = Asset.model_fields.keys() - {"version"}


def _wish(given: New | Change, file: File | None, *, drop: bool = False) -> Wish:
    return Wish(
        asset_type=given.asset_type,
        title=given.title,
        body=given.body,
        url=given.url,
        file=file,
        drop_file=drop,
        place=given.place,
        published=given.status == PUBLISHED,
    )


async def _read(given: FileGiven | None) -> File | None:
    """The file in a body, as it may be handed out. Raises `InvalidError`."""
    return await asyncio.to_thread(_examined, given) if given else None


def _examined(given: FileGiven) -> File:
    if len(given.content) > _ENCODED_MAX:
        raise InvalidError(TOO_LARGE, {"file": TOO_LARGE})
    try:
        content = base64.b64decode(given.content, validate=True)
    except (Error, ValueError):
        raise InvalidError(_NO_BASE64, {"file.content": _NO_BASE64}) from None
    return examine(given.name, content)
