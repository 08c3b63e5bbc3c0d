"""`/api/admin/affiliates/{id}/landing-page`: what an affiliate's partner page says."""

from typing import Annotated, ClassVar, Final
from uuid import UUID

from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.api.affiliates import Named
from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.moments import Moment
from dashboard.api.operators import Operator, operator
from dashboard.api.taking import Taken, Told
from domain import affiliates, landing
from domain.errors import NotFoundError
from domain.landing import View
from domain.landing_views import is_public
from domain.texts import REASON_MAX
from storage import landing as rows

_TAG: Final = "Affiliates"


class Reason(Taken):
    """Why; it is mailed to the affiliate."""

    refused: ClassVar[str] = "This page cannot be taken down."

    reason: Annotated[str, Field(max_length=REASON_MAX)]


class PageView(Told):
    """A partner page, at `/partner/{slug}`; `public` is whether anybody may see it now."""

    id: UUID
    slug: str
    public: bool
    is_active: bool
    name: str
    headline: str
    bio: str
    custom_cta: str
    taken_down_at: Moment | None
    taken_down_by: str
    taken_down_reason: str
    updated_at: Moment


@operation("Show an affiliate's partner page", tag=_TAG, who=operator("affiliates:read"))
async def show(call: Call[Operator], path: Named) -> PageView:
    """As the affiliate has written it. 404 where they never did."""
    async with call.db.read() as session:
        return _shown(await landing.view(session, await _page(session, path)))


@operation(
    "Take a partner page down",
    tag=_TAG,
    who=operator("affiliates:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def take_down(call: Call[Operator], path: Named, body: Reason) -> Answer[PageView]:
    """Nobody sees it any more, whatever its affiliate does; a mail tells them why."""
    async with writing(call) as write:
        page, actor = await _page(write.session, path), call.caller.actor
        return write.told(_shown(await landing.take_down(write.session, page, body.reason, actor)))


@operation(
    "Put a partner page back",
    tag=_TAG,
    who=operator("affiliates:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def put_back(call: Call[Operator], path: Named) -> Answer[PageView]:
    """It is to be seen again, or its affiliate's to publish again; a mail tells them."""
    async with writing(call) as write:
        page = await _page(write.session, path)
        return write.told(_shown(await landing.put_back(write.session, page, call.caller.actor)))


async def _page(session: AsyncSession, path: Named) -> UUID:
    """The id of an affiliate's page. Raises `NotFoundError`."""
    affiliate = await affiliates.look_up(session, path.id)
    page = await rows.of_affiliate(session, affiliate.id)
    if page is None:
        raise NotFoundError(f"{affiliate.promo_code} has no partner page.")
    return page.id


def _shown(found: View) -> PageView:
    named = {name: getattr(found.page, name) for name in PageView.model_fields.keys() - {"public"}}
    return PageView(**named, public=is_public(found.page, found.affiliate))
