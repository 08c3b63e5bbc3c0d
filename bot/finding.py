"""Finding people by name, address, code or link, and sales by their invoice."""

import re
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.blocks import Message
from bot.cards.compliance import in_words
from bot.cards.find import SHOWN_MAX, find_card
from bot.cards.fraud import score_words
from bot.cards.sales import why_card
from bot.cards.two_tier import LISTED, Ties
from bot.context import BotContext
from domain import recruits, taxes
from domain.landing_views import is_public
from domain.sales import explain
from storage import affiliates, applications, compliance, fraud, landing, two_tier
from storage.affiliates import Affiliate

TEXT_MAX: Final = 100
_INVOICE: Final = re.compile(r"in_\w+")


async def find(desk: BotContext, text: str) -> Message:
    """What was found, as a card. Raises `NotFoundError` for an invoice that nobody knows."""
    if _INVOICE.fullmatch(text):
        async with desk.db.read() as session:
            return why_card(await explain(session, text))
    async with desk.db.read() as session:
        people = await affiliates.find(session, text, SHOWN_MAX + 1)
        applied = await applications.find(session, text)
        ids = [one.id for one in people]
        found = await landing.of_affiliates(session, ids)
        counts = await compliance.standing_of(session, ids)
        tax = await taxes.standings(session, ids) if desk.db.vault else {}
        scores = await fraud.current(session, ids)
        ties = {one.id: await _ties(session, one) for one in people[:SHOWN_MAX]}
    others = [each for each in applied if each.affiliate_id is None]
    pages = {
        one.id: f"{desk.settings.public_url}/partner/{found[one.id].slug}"
        for one in people
        if one.id in found and is_public(found[one.id], one)
    }
    said = {
        one: (in_words(counts.get(one, {})), score_words(scores.get(one, (0, None))[0]))
        for one in ids
    }
    against = {one: " · ".join(filter(None, parts)) for one, parts in said.items()}
    return find_card(text, people, others, pages, ties, tax=tax, against=against)


async def _ties(session: AsyncSession, affiliate: Affiliate) -> Ties:
    return Ties(
        await recruits.recruiter_of(session, affiliate.id),
        await two_tier.recruits(session, affiliate.id, LISTED),
        await two_tier.count_recruits(session, affiliate.id),
    )
