"""A newcomer's first two weeks as a list of things to do, ticked by what is so.

Nobody ticks anything by hand: each item asks the rows of what it is about.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import live, taxes
from domain.promo_channels import CHANNELS
from storage import checklists as rows
from storage import clicks, landing, promo, rollups, saved_links
from storage.affiliates import Affiliate
from storage.clicks import COUNTED
from storage.rollups import ALL, TAG
from storage.vault import vault_of

SHOWN_FOR: Final = timedelta(days=60)
"""From the approval on; whoever came earlier needs no list."""

SOURCES: Final = "sources"
DISMISSED: Final = "dismissed"
LATEST: Final = 500
"""Of the clicks, as many are asked where they came from."""

SOCIAL: Final = frozenset(
    {"facebook.com", "instagram.com", "linkedin.com", "reddit.com", "threads.net", "tiktok.com"}
    | {"t.co", "twitter.com", "x.com", "youtube.com", "bsky.app", "pinterest.com", "discord.com"}
)
"""Hosts that people post on, each with all that is below it."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something to do: of which day it is, whether it is done, and the page where it is done."""

    name: str
    day: int
    title: str
    about: str
    page: str
    done: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    """What is to be done, in order."""

    items: tuple[Item, ...]

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(item.done for item in self.items)


async def view(session: AsyncSession, affiliate: Affiliate) -> Checklist | None:
    """The list as it is now; None for who needs none, or has put it away."""
    if clock.now() - affiliate.approved_at > SHOWN_FOR:
        return None
    ticks = await rows.ticked(session, affiliate.id)
    if DISMISSED in ticks:
        return None
    tags = await rollups.by_value(session, affiliate.id, TAG, None, limit=LATEST)
    everything = await rollups.by_value(session, affiliate.id, ALL, None, limit=1)
    page = await landing.of_affiliate(session, affiliate.id)
    links = await saved_links.count(session, affiliate.id)
    facts = {
        "share": any(counts.clicks for counts in everything.values()),
        "link": links > 0 or any(tags),
        "promote": await _promoted(session, affiliate.id, set(tags)),
        SOURCES: SOURCES in ticks,
        "payout": bool(affiliate.payout_method),
        "page": page is not None and page.is_active and page.taken_down_at is None,
    }
    if vault_of(session) is not None:
        standing = await taxes.standing(session, affiliate.id)
        facts["tax"] = standing.status != taxes.MISSING
    return Checklist(
        tuple(Item(name, *_ITEMS[name], done=facts[name]) for name in _ITEMS if name in facts)
    )


async def _promoted(session: AsyncSession, affiliate_id: UUID, tags: set[str]) -> bool:
    """Whether they wrote a post here, or somebody came from a place where people post."""
    if tags & CHANNELS.keys() or await promo.of_affiliate(session, affiliate_id, 1):
        return True
    latest = await clicks.latest(session, affiliate_id, LATEST)
    return any(one.kind == COUNTED and is_social(one.referrer_host) for one in latest)


def is_social(host: str) -> bool:
    """Whether people post on a host, or on one that it is below of."""
    parts = host.split(".")
    return any(".".join(parts[start:]) in SOCIAL for start in range(len(parts)))


async def saw_sources(session: AsyncSession, affiliate_id: UUID) -> None:
    """Note that they looked at where their visitors come from."""
    await _tick(session, affiliate_id, SOURCES)


async def dismiss(session: AsyncSession, affiliate_id: UUID) -> None:
    """Put the list away for ever."""
    await _tick(session, affiliate_id, DISMISSED)


async def _tick(session: AsyncSession, affiliate_id: UUID, name: str) -> None:
    if await rows.tick(session, affiliate_id, name):
        await live.touch(session, affiliate_id)


_ITEMS: Final = {
    "share": (1, "Share your link", "Done with the first click that counts.", "links"),
    "link": (1, "Make a link of your own", "With a tag you see which place works.", "links"),
    "promote": (
        3,
        "Promote it",
        "Write a post here, or share your link where people post.",
        "promo",
    ),
    SOURCES: (5, "Look at your sources", "Where visitors come from.", "links/performance"),
    "payout": (5, "Say how you want to be paid", "Before your first payout.", "payouts"),
    "tax": (7, "Send your tax form", "Before your first payout.", "tax"),
    "page": (7, "Publish your partner page", "One address that says everything.", "landing"),
}
"""For each: its day, its title, a sentence about it, and the page of the dashboard."""
