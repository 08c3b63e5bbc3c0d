from dataclasses import replace
from datetime import UTC, datetime, timedelta

import clock
from storage import rollups
from storage.rollups import ALL, Origin, Rollup
from tests.builders import BUYER, facts, join, later, settle
from tests.dashboard.api.v1.conftest import PUBLIC, Reader

NOW = datetime(2026, 11, 10, 8, tzinfo=UTC)
AMYS = replace(BUYER, id="cus_2", email="two@example.net")


async def visits(reader: Reader, moment: datetime, clicks: int) -> None:
    """Clicks of a day, with a bot, a repeat, and one sign-up."""
    origin = Origin(reader.affiliate.id, "news", "/", "DE")
    async with reader.db.transaction() as session:
        session.add(
            Rollup(
                affiliate_user_id=reader.affiliate.id,
                dimension=ALL,
                value="",
                day=moment.date(),
                clicks=clicks,
                repeats=1,
                bots=1,
            )
        )
        await session.flush()
        await rollups.count_signup(session, origin, moment)


async def test_an_affiliate_at_a_glance(reader: Reader) -> None:
    """Terms, visitors, referrals and money; nobody else's."""
    await join(reader.db, "AMY30", email="amy@example.com")
    await visits(reader, NOW, 8)
    with clock.travel(NOW):
        await settle(reader.db, facts(1), facts(2, currency="eur"))
        await settle(reader.db, facts(invoice_id="in_amy", customer=AMYS, codes=("AMY30",)))
        told = await reader.get("stats")
    everything = {"recruits": 0, "bonuses": 0, "other": 0}
    assert told == {
        "affiliate": {
            "reference": "aff_JARED30",
            "display_name": "Jared Bets",
            "promo_code": "JARED30",
            "referral_link": f"{PUBLIC}/r/JARED30",
            "rate_bp": 2000,
        },
        "performance": {
            "from": None,
            "to": None,
            "clicks": 8,
            "repeats": 1,
            "bots": 1,
            "signups": 1,
            "conversions": 1,
            "conversion_rate_bp": 1250,
            "earned": [
                {"currency": "eur", "amount": 557, "commissions": 557} | everything,
                {"currency": "usd", "amount": 557, "commissions": 557} | everything,
            ],
        },
        "referrals": {"total": 1, "active": 1, "converted": 1},
        "balances": [
            {"currency": "eur", "available": 0, "pending": 557, "paid": 0},
            {"currency": "usd", "available": 0, "pending": 557, "paid": 0},
        ],
    }


async def test_a_period_is_for_what_links_brought(reader: Reader) -> None:
    """Whole days, as the answer says; what is so now stays as it is."""
    for ago, clicks in ((0, 1), (1, 2), (2, 4)):
        await visits(reader, NOW - timedelta(days=ago), clicks)
    with clock.travel(NOW - timedelta(days=1)):
        await settle(reader.db, facts())
    with clock.travel(NOW):
        told = await reader.get("stats", since="2026-11-09T22:00:00Z", until="2026-11-09T23:00:00Z")
        after = await reader.get("stats", since="2026-11-10")
        before = await reader.get("stats", until="2026-11-08")
    found = told["performance"]
    assert (found["from"], found["to"]) == ("2026-11-09T00:00:00Z", "2026-11-10T00:00:00Z")
    assert (found["clicks"], found["earned"][0]["amount"]) == (2, 557)
    assert told["referrals"]["total"] == 1
    assert after["performance"]["clicks"] == 1
    assert after["performance"]["to"] is None
    assert (before["performance"]["clicks"], before["performance"]["earned"]) == (0, [])
    assert before["balances"][0]["pending"] == 557


async def test_who_has_nothing_is_told_so(reader: Reader) -> None:
    """Zeros, no rate of none, and no balance."""
    told = await reader.get("stats")
    assert told["performance"] | {"conversion_rate_bp": 0} == {
        "from": None,
        "to": None,
        **dict.fromkeys(("clicks", "repeats", "bots", "signups", "conversions"), 0),
        "conversion_rate_bp": 0,
        "earned": [],
    }
    assert told["performance"]["conversion_rate_bp"] is None
    assert (told["referrals"], told["balances"]) == (
        {"total": 0, "active": 0, "converted": 0},
        [],
    )


async def test_a_debt_shows(reader: Reader) -> None:
    """What was taken back is less than nothing, and a referral that was refunded is none."""
    with clock.travel(NOW):
        await settle(reader.db, facts(), later(facts(), refunded=2900))
        told = await reader.get("stats")
    assert told["performance"]["earned"][0]["amount"] == 0
    assert told["referrals"]["converted"] == 0
