"""Partner pages for tests: good ones, changed by keyword."""

from typing import Any

from domain import landing
from domain.audit import Actor
from domain.landing import Wish
from domain.program import Program
from storage.affiliates import Affiliate
from storage.db import Database
from storage.landing import LandingPage

JARED = Actor("jared@example.com", "Jared Bets", "dashboard")


def wish(**changes: Any) -> Wish:
    """A page that is published as it stands."""
    given: dict[str, Any] = {
        "slug": "jared-bets",
        "name": "Jared Bets",
        "headline": "Props, without guessing",
        "active": True,
    }
    return Wish(**(given | changes))


async def save(db: Database, affiliate: Affiliate, **changes: Any) -> LandingPage:
    """Save an affiliate's page, as the editor does."""
    async with db.transaction() as session:
        return await landing.save(session, affiliate.id, wish(**changes), Program(), JARED)
