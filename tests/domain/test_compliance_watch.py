"""What recent clicks and pages give away, and whom they never do."""

import asyncio
import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import clock
from domain import audit, compliance_watch, disclosure, program
from domain.compliance_cases import Decision
from storage import affiliates
from storage.affiliates import Affiliate
from storage.clicks import Click
from storage.compliance import PageCheck
from storage.db import Database
from storage.ids import new_id
from storage.rollups import Rollup
from tests.builders import RITA, join
from tests.compliance_builders import decide, violations

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_numbers = itertools.count()


def click(affiliate: UUID, visitor: str, at: datetime, **changes: Any) -> Click:
    """A click that counts."""
    given: dict[str, Any] = {
        "id": new_id(),
        "affiliate_user_id": affiliate,
        "ref": "X",
        "source_tag": "",
        "landing_page": "/",
        "country": "",
        "referrer_host": "blog.example",
        "device": "desktop",
        "visitor": visitor,
        "kind": "counted",
        "channel": "redirect",
        "clicked_at": at,
    }
    return Click(**given | changes)


async def keep(db: Database, rows: Iterable[Click | Rollup]) -> None:
    """They were recorded."""
    async with db.transaction() as session:
        session.add_all(list(rows))


async def people(db: Database, count: int) -> list[Affiliate]:
    """So many affiliates."""
    names = [f"PAL{next(_numbers)}M" for _ in range(count)]
    return [
        await join(db, name, email=f"{name}@example.com", requested_code=name, platform_url="")
        for name in names
    ]


async def look(db: Database, **settings: Any) -> list[str]:
    """The scheduled look; returns what is known by then, as `kind mark code`."""
    with clock.travel(NOW):
        async with db.transaction() as session:
            if settings:
                await program.update(session, settings, RITA)
            await compliance_watch.sweep(session)
    async with db.read() as session:
        owners = {
            one.affiliate_user_id: await session.get(Affiliate, one.affiliate_user_id)
            for one in await violations(db)
        }
    return sorted(
        f"{one.kind} {one.mark} {owners[one.affiliate_user_id].promo_code}"  # type: ignore[union-attr]
        for one in await violations(db)
    )


def stuffed(affiliates: list[Affiliate], visitors: int) -> list[Click]:
    """Each of these visitors had all of the links opened within seconds."""
    return [
        click(one.id, f"v{visitor}", NOW - 30 * MINUTE + visitor * MINUTE + n * SECOND)
        for visitor in range(visitors)
        for n, one in enumerate(affiliates)
    ]


async def test_many_links_at_once_on_many_visitors_are_found(db: Database) -> None:
    """Of all who were part of it, once each, however often it is looked at."""
    three = await people(db, 3)
    await keep(db, stuffed(three, 6))
    expected = sorted(f"cookie_stuffing visitors {one.promo_code}" for one in three)
    assert await look(db) == expected
    assert await look(db) == expected
    (one, *_) = await violations(db)
    assert one.evidence["figures"] == {"visitors": 6}


async def test_an_office_behind_one_address_is_not_found(db: Database) -> None:
    """One visitor to us, however many people: they compare offers all day."""
    four = await people(db, 4)
    await keep(
        db,
        (click(four[n % 4].id, "office", NOW - 50 * MINUTE + n * 2 * SECOND) for n in range(400)),
    )
    assert await look(db) == []


async def test_people_who_compare_are_not_found(db: Database) -> None:
    """Three links in an hour is what careful buyers do."""
    three = await people(db, 3)
    await keep(
        db,
        (
            click(one.id, f"v{visitor}", NOW - 55 * MINUTE + n * 15 * MINUTE)
            for visitor in range(50)
            for n, one in enumerate(three)
        ),
    )
    assert await look(db) == []


async def test_the_least_number_of_visitors_is_a_setting(db: Database) -> None:
    """A large program has more chance meetings."""
    three = await people(db, 3)
    await keep(db, stuffed(three, 6))
    assert await look(db, stuffing_min_visitors=7) == []


async def week(db: Database, affiliate: Affiliate, clicks: int, signups: int) -> None:
    """What was counted of an affiliate yesterday."""
    day = (NOW - timedelta(days=1)).date()
    await keep(
        db,
        [
            Rollup(
                affiliate_user_id=affiliate.id,
                dimension="all",
                value="",
                day=day,
                clicks=clicks,
                signups=signups,
            )
        ],
    )


@pytest.mark.parametrize(
    ("clicks", "signups", "others", "found"),
    [
        (1000, 0, 20, True),
        (1000, 1, 20, False),
        (400, 0, 20, False),
        (1000, 0, 5, False),
        (1000, 0, 0, False),
    ],
    ids=["stuffed", "somebody came", "few clicks", "few come anyway", "no sign-up is told of"],
)
async def test_many_clicks_and_nobody_who_signs_up(
    db: Database, *, clicks: int, signups: int, others: int, found: bool
) -> None:
    """Only where sign-ups were due at the rate of all others."""
    odd, usual = await people(db, 2)
    await week(db, odd, clicks, signups)
    await week(db, usual, 1000, others)
    assert (await look(db) == [f"cookie_stuffing no sign-ups {odd.promo_code}"]) == found
    assert bool(await violations(db)) == found


async def test_an_affiliate_with_one_referral_is_never_found(db: Database) -> None:
    """Nor one with a handful of clicks of each suspicious kind."""
    one, other = await people(db, 2)
    await week(db, other, 5000, 300)
    few = [click(one.id, "v", NOW - MINUTE, fetched_as="frame", paid="gclid", keyword="propmine")]
    few += [click(one.id, f"w{n}", NOW - MINUTE, referrer_host="") for n in range(8)]
    await keep(db, few)
    assert await look(db, brand_words=["propmine"]) == []


async def test_links_in_frames_are_found(db: Database) -> None:
    """With enough visitors, and where they are no small part of all clicks."""
    bad, good, lone = await people(db, 3)
    await keep(
        db,
        (
            click(bad.id, f"v{n}", NOW - n * MINUTE, fetched_as="frame", kind="repeat")
            for n in range(40)
        ),
    )
    await keep(
        db,
        (
            click(good.id, f"v{n}", NOW - n * SECOND, fetched_as="part" if n < 40 else "page")
            for n in range(400)
        ),
    )
    await keep(
        db, (click(lone.id, "tester", NOW - n * MINUTE, fetched_as="frame") for n in range(60))
    )
    assert await look(db) == [f"forced_clicks frames {bad.promo_code}"]


async def test_a_burst_from_nowhere_that_brings_nobody_is_found(db: Database) -> None:
    """A newsletter comes from nowhere, too: somebody signs up."""
    bad, letter, usual = await people(db, 3)
    await week(db, usual, 5000, 300)
    await week(db, letter, 400, 1)
    for one in (bad, letter):
        await keep(
            db,
            (click(one.id, f"{one.id}{n}", NOW - n * SECOND, referrer_host="") for n in range(400)),
        )
    assert await look(db) == [f"forced_clicks burst {bad.promo_code}"]


async def test_ads_on_the_brands_name_are_found(db: Database) -> None:
    """Other keywords, free clicks, few clicks, and who may bid, are not."""
    bad, generic, free, allowed = await people(db, 4)
    async with db.transaction() as session:
        one = await session.get_one(Affiliate, allowed.id)
        one.may_bid = True
        session.add(one)
    for owner, paid, keyword in (
        (bad, "gclid", "PropMine discount"),
        (generic, "gclid", "betting props"),
        (free, "", "propmine"),
        (allowed, "gclid", "propmine"),
    ):
        await keep(
            db,
            (
                click(owner.id, f"{owner.id}{n}", NOW - n * MINUTE, paid=paid, keyword=keyword)
                for n in range(6)
            ),
        )
    assert await look(db) == []
    found = await look(db, brand_words=["propmine"])
    assert found == [f"brand_bidding keywords {bad.promo_code}"]
    (one_found,) = await violations(db)
    assert ["Keywords", "PropMine discount"] in one_found.evidence["facts"]


async def test_what_operators_dismissed_is_not_found_again_at_once(db: Database) -> None:
    """The same clicks are still there for a while."""
    three = await people(db, 3)
    await keep(db, stuffed(three, 6))
    await look(db)
    with clock.travel(NOW):
        for one in await violations(db):
            await decide(db, one.case_id, Decision.DISMISSED)
    await look(db)
    assert [one.status for one in await violations(db)] == ["dismissed"] * 3


async def judge(db: Database, affiliate: Affiliate, html: str | None, outcome: str = "") -> str:
    """A page was looked at; returns what is noted."""
    async with db.transaction() as session:
        url = "https://mia.example/"
        page = disclosure.read(html) if html else None
        await compliance_watch.judge_page(session, affiliate.id, url, page, outcome)
    async with db.read() as session:
        return (await session.get_one(PageCheck, affiliate.id)).outcome


async def test_a_page_without_a_disclosure_is_a_case_with_the_words(db: Database) -> None:
    """One that says it, promotes nothing, or cannot be read, is none."""
    jared = await join(db)
    assert await judge(db, jared, None, "the page answered 503") == "the page answered 503"
    assert await judge(db, jared, "<p>Hello</p>") == "promotes nothing"
    assert await judge(db, jared, "<p>JARED30, I earn a commission</p>") == "disclosed"
    assert await violations(db) == []
    assert await judge(db, jared, "<p>Take JARED30 today</p>") == "no disclosure"
    (one,) = await violations(db)
    assert (one.kind, one.evidence["samples"]) == ("missing_disclosure", ["Take JARED30 today"])


async def test_each_page_is_due_once_a_day_and_the_check_can_be_switched_off(db: Database) -> None:
    """Of approved affiliates who named one."""
    jared = await join(db)

    async def due() -> list[UUID]:
        async with db.read() as session:
            return [one for one, _ in await compliance_watch.pages_due(session, 10)]

    assert await due() == [jared.id]
    await judge(db, jared, "<p>Hello</p>")
    assert await due() == []
    with clock.travel(clock.now() + timedelta(days=1)):
        assert await due() == [jared.id]
        async with db.transaction() as session:
            await program.update(session, {"disclosure_check": False}, RITA)
        assert await due() == []


async def test_a_look_waits_for_nobody_while_it_holds_the_audit_log(db: Database) -> None:
    """Who holds an affiliate and then writes into the log can go on while the watch waits."""
    made = await people(db, 4)
    async with db.transaction() as session:
        session.add_all(stuffed(made[:3], 30))
    last = max(one.id for one in made[:3])
    async with db.transaction() as session:
        await affiliates.hold(session, last)
        looking = asyncio.create_task(look(db, stuffing_min_visitors=5))
        await asyncio.sleep(0.5)
        await audit.record(session, RITA, "affiliate.seen", f"affiliate:{last}")
    assert len(await looking) == 3
