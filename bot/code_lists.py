"""Discount codes as operators look through them: which, how many there are, what they gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.discount_codes import STATUSES, CodeView
from domain.discount_codes import by_name
from domain.program import load
from domain.texts import keepable
from storage import affiliates, redemptions
from storage import codes as rows
from storage.codes import ARCHIVED, DiscountCode

TEXT_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Looking:
    """Which codes somebody looks at.

    No `status` means all but the archived. `before` is the id that the page before ended with.
    """

    status: str = ""
    text: str = ""
    before: str = ""

    @classmethod
    def typed(cls, text: str) -> Self:
        """What was typed after `list`: a status, a text to look for, or both in this order."""
        first, _, rest = text.strip().partition(" ")
        status = first.lower() if first.lower() in STATUSES else ""
        wanted = rest.strip() if status else text.strip()
        return cls(status, wanted[:TEXT_MAX])


NEWEST: Final = Looking()
"""The codes that somebody sees who has chosen nothing."""


@dataclass(frozen=True, slots=True)
class CodeList:
    """A page of codes. `counts` are by status; `given` as in `CodeView`, for all codes."""

    looking: Looking
    codes: Sequence[DiscountCode]
    more: bool
    counts: Mapping[str, int]
    uses: int
    given: Mapping[str, tuple[int, int]]


async def look(session: AsyncSession, looking: Looking, limit: int) -> CodeList:
    """The page that somebody looks at, the newest code first."""
    found = await rows.page(
        session,
        before=UUID(looking.before) if looking.before else None,
        limit=limit + 1,
        status=looking.status,
        without="" if looking.status else ARCHIVED,
        text=keepable(looking.text),
    )
    counts = await rows.count_by_status(session)
    uses, given = await redemptions.totals(session)
    return CodeList(looking, found[:limit], len(found) > limit, counts, uses, given)


async def view(session: AsyncSession, name: str) -> CodeView:
    """One code by its word or id. Raises `NotFoundError`."""
    code = await by_name(session, name)
    affiliate = None
    if code.affiliate_user_id is not None:
        affiliate = await affiliates.get(session, code.affiliate_user_id)
    given = await redemptions.given(session, [code.id])
    return CodeView(
        code,
        await load(session),
        affiliate.promo_code if affiliate else "",
        given.get(code.id, {}),
    )
