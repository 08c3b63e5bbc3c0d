"""Partner pages as visitors get them: which are public, and with which code and disclosure."""

import re
from dataclasses import dataclass
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import code_checks
from domain.errors import NotFoundError
from domain.program import Program, load
from domain.promo import promo_words
from domain.statuses import Status
from domain.texts import keepable
from storage import affiliates, codes, links
from storage import landing as rows
from storage.affiliates import Affiliate
from storage.codes import ACTIVE
from storage.landing import LandingPage

SOURCE_TAG: Final = "partner-page"
"""What clicks on a page's button are counted under."""

NOWHERE: Final = "This page is not here (any more)."


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as visitors get it. `offer` is empty while the code gives no discount."""

    page: LandingPage
    affiliate: Affiliate
    ref: str
    code: str
    offer: str
    disclosure: str
    program: Program

    @property
    def paragraphs(self) -> list[str]:
        """The text about them, in its paragraphs."""
        return paragraphs(self.page.bio)


def paragraphs(text: str) -> list[str]:
    """A text's paragraphs, which empty lines part."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def is_public(page: LandingPage, affiliate: Affiliate) -> bool:
    """Whether anybody may see a page: it is published, not taken down, its affiliate approved."""
    return page.is_active and page.taken_down_at is None and affiliate.status == Status.APPROVED


async def public(session: AsyncSession, slug: str, product: str) -> Shown:
    """The page that visitors get at an address, also at one that it had before.

    Raises `NotFoundError` in the same words for whatever reason there is none.
    """
    slug = keepable(slug).lower()
    page = await rows.by_slug(session, slug) or await rows.by_former_slug(session, slug)
    affiliate = await affiliates.get(session, page.affiliate_user_id) if page else None
    if page is None or affiliate is None or not is_public(page, affiliate):
        raise NotFoundError(NOWHERE)
    link = await links.of_affiliate(session, affiliate.id)
    if link is None or link.suspended:
        raise NotFoundError(NOWHERE)
    return await shown(session, page, affiliate, product)


async def shown(
    session: AsyncSession, page: LandingPage, affiliate: Affiliate, product: str
) -> Shown:
    """A page with the affiliate's code, what that gives, and the disclosure that is owed."""
    program = await load(session)
    link = await links.of_affiliate(session, affiliate.id)
    code = await codes.by_code(session, affiliate.promo_code)
    offer = code_checks.in_words(code) if code and code.status == ACTIVE else ""
    words = promo_words(program, product=product, code=affiliate.promo_code, link="")
    return Shown(
        page,
        affiliate,
        link.ref if link else affiliate.promo_code,
        affiliate.promo_code,
        offer,
        " ".join(words.disclosure.split()),
        program,
    )
