"""The card with a newcomer's list of things to do, and the button that puts it away."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.context import CONTEXT
from dashboard.rendering import see_other
from dashboard.standing import Member
from domain import checklists
from domain.affiliates import Overview
from domain.program import Program


async def live_view(
    session: AsyncSession, seen: Overview, _program: Program
) -> Mapping[str, Any] | None:
    """What the card shows; None where there is none."""
    found = await checklists.view(session, seen.affiliate)
    return None if found is None else {"items": found.items, "done": found.done}


async def dismiss(request: web.Request, member: Member) -> web.Response:
    """Put the list away."""
    async with request.app[CONTEXT].db.transaction() as session:
        await checklists.dismiss(session, member.affiliate.id)
    return see_other("/affiliate/dashboard")
