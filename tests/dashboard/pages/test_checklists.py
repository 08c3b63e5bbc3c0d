"""The list of a newcomer's first two weeks, ticked by what is so."""

from datetime import timedelta

import pytest

import clock
from domain import checklists, payout_methods
from domain.checklists import Checklist
from storage.affiliates import Affiliate
from storage.db import Database
from storage.landing import LandingPage
from storage.promo import PromoPost
from storage.rollups import ALL, TAG, Rollup
from storage.saved_links import SavedLink
from tests.builders import RITA, join
from tests.dashboard.desk import Browser, Desk

HERE = "/affiliate/dashboard"


async def seen(db: Database, affiliate: Affiliate) -> Checklist | None:
    """The list as it is."""
    async with db.read() as session:
        found = await session.get(Affiliate, affiliate.id)
        assert found is not None
        return await checklists.view(session, found)


async def done(db: Database, affiliate: Affiliate) -> set[str]:
    """What is ticked."""
    found = await seen(db, affiliate)
    assert found is not None
    assert found.done == len({item.name for item in found.items if item.done})
    return {item.name for item in found.items if item.done}


async def test_it_ticks_itself(db: Database) -> None:
    """Each item by its own fact, one after the other."""
    affiliate = await join(db)
    assert await done(db, affiliate) == set()
    today, who = clock.now().date(), affiliate.id

    async def add(row: object) -> set[str]:
        async with db.transaction() as session:
            session.add(row)
        return await done(db, affiliate)

    bots = Rollup(affiliate_user_id=who, dimension=ALL, value="", day=today, bots=3)
    assert await add(bots) == set()
    later = today + timedelta(days=1)
    clicks = Rollup(affiliate_user_id=who, dimension=ALL, value="", day=later, clicks=1)
    assert await add(clicks) == {"share"}
    link = SavedLink(affiliate_user_id=who, name="Home", to="/", page="/")
    assert await add(link) == {"share", "link"}
    post = PromoPost(affiliate_user_id=who, channel="x", tone="plain", text="Hello")
    assert await add(post) == {"share", "link", "promote"}
    page = LandingPage(
        affiliate_user_id=who, slug="jared", name="Jared", theme_color="#000000", is_active=True
    )
    assert await add(page) == {"share", "link", "promote", "page"}
    async with db.transaction() as session:
        await payout_methods.choose(session, who, "paypal", "jared@example.com", RITA)
        await checklists.saw_sources(session, who)
        await checklists.saw_sources(session, who)
    assert await done(db, affiliate) == {*("share", "link", "promote", "page"), "payout", "sources"}


async def test_a_tag_of_a_channel_counts_as_a_post(db: Database) -> None:
    """A click by the tag that written posts carry is one on a post."""
    affiliate = await join(db)
    who, today = affiliate.id, clock.now().date()
    async with db.transaction() as session:
        session.add(Rollup(affiliate_user_id=who, dimension=TAG, value="x", day=today, clicks=1))
    assert {"link", "promote"} <= await done(db, affiliate)


async def test_the_tax_form_is_asked_for_where_they_are_on(db: Database) -> None:
    """Without keys for them there is no such item."""
    affiliate = await join(db)
    found = await seen(db, affiliate)
    assert found is not None
    assert "tax" not in {item.name for item in found.items}


@pytest.mark.parametrize(("host", "social"), [("m.facebook.com", True), ("xfacebook.com", False)])
def test_where_people_post(host: str, *, social: bool) -> None:
    """A host below one that people post on counts, one that only ends like it does not."""
    assert checklists.is_social(host) is social


async def test_old_hands_need_none(db: Database) -> None:
    """After two months it is gone by itself."""
    affiliate = await join(db)
    with clock.travel(clock.now() + timedelta(days=61)):
        assert await seen(db, affiliate) is None


async def test_the_card_is_there_until_it_is_put_away(desk: Desk, browser: Browser) -> None:
    """Looking at the sources ticks its line; the button puts the card away for ever."""
    affiliate = await join(desk.db)
    await desk.signed_in(browser, affiliate.email)
    page = await browser.get(HERE)
    assert "0 of 6 done" in page.words
    await browser.get(f"{HERE}/links/performance")
    page = await browser.get(HERE)
    assert "1 of 6 done" in page.words
    answer = await browser.post(f"{HERE}/checklist", page.forms[f"{HERE}/checklist"])
    assert answer.status == 303
    assert "Your first two weeks" not in (await browser.get(HERE)).words
