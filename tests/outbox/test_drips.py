"""The mails of the first weeks, as they arrive."""

from datetime import timedelta
from typing import Any

import clock
from domain import affiliates, drips
from domain.drip_texts import Text
from domain.statuses import Status
from storage.affiliates import Affiliate
from storage.db import Database
from storage.rollups import ALL, TAG, EarningRollup, Rollup
from tests.builders import RITA, join
from tests.outbox.conftest import Outside

HOSTILE = "**Jo** <b>[x](https://evil.example)</b>"


async def _send(outside: Outside, affiliate: Affiliate, day: int) -> None:
    nine = affiliate.approved_at.replace(hour=9) + timedelta(days=day)
    with clock.travel(nine):
        async with outside.db.transaction() as session:
            await drips.send_due(session)
        await outside.settle()


async def _happened(db: Database, affiliate: Affiliate, day: int, **counts: Any) -> None:
    """Put a day's sums there, as clicks and sales would; all by the tag `newsletter`."""
    on = affiliate.approved_at.date() + timedelta(days=day)
    async with db.transaction() as session:
        for dimension, value in ((ALL, ""), (TAG, "newsletter")):
            who: dict[str, Any] = {
                "affiliate_user_id": affiliate.id,
                "dimension": dimension,
                "value": value,
            }
            session.add(Rollup(**who, day=on, **counts))
            session.add(EarningRollup(**who, day=on, currency="usd", amount=557))


def _letter(outside: Outside, affiliate: Affiliate, subject: str) -> dict[str, Any]:
    """The one letter of this subject: letters to one person may overtake each other."""
    letters = outside.stand_ins.mail.letters_to(affiliate.email)
    (letter,) = [one for one in letters if one["subject"] == subject]
    return letter


async def test_a_tip_arrives_filled_in(outside: Outside) -> None:
    """With their own name, code and link, which are words and never marks, and a way out."""
    affiliate = await join(outside.db, display_name=HOSTILE)
    await _send(outside, affiliate, 1)
    letter = _letter(outside, affiliate, "Share your first link today")
    assert HOSTILE in letter["text"]
    assert "<b>" not in letter["html"]
    assert 'href="https://evil.example' not in letter["html"]
    for part in ("text", "html"):
        assert "JARED30" in letter[part]
        assert f"{outside.services.settings.public_url}/r/JARED30" in letter[part]
        assert "{" not in letter["text"]
    assert "/unsubscribe/tips/" in letter["headers"]["List-Unsubscribe"]


async def test_the_first_week_in_figures(outside: Outside) -> None:
    """Their own seven days, not what came after, and the best source by name."""
    affiliate = await join(outside.db)
    async with outside.db.transaction() as session:
        found = await session.get(Affiliate, affiliate.id)
        assert found is not None
        found.approved_at = affiliate.approved_at = affiliate.approved_at.replace(hour=12)
        session.add(found)
    await _happened(outside.db, affiliate, 0, clicks=1200, signups=3, conversions=1)
    await _happened(outside.db, affiliate, 6, clicks=30, signups=1, conversions=1)
    await _happened(outside.db, affiliate, 7, clicks=7000, signups=70, conversions=7)
    for day in (1, 2, 3, 5, 7):
        await _send(outside, affiliate, day)
    letter = _letter(outside, affiliate, "Your first week with PropMine")
    for line in ("Clicks: 1,230", "Sign-ups: 4", "Conversions: 2", "Best source: newsletter"):
        assert line in letter["text"]
    assert "Earnings, with what is on hold: $11.14" in letter["text"]


async def test_a_week_without_anything(outside: Outside) -> None:
    """Kind words instead of zeros."""
    affiliate = await join(outside.db)
    for day in (1, 2, 3, 5, 7):
        await _send(outside, affiliate, day)
    letter = _letter(outside, affiliate, "Your first week with PropMine")
    assert "No clicks so far" in letter["text"]
    assert "Clicks: 0" not in letter["text"]


async def test_who_is_paused_before_it_leaves_gets_nothing(outside: Outside) -> None:
    """The tip was asked for a moment before they were paused."""
    affiliate = await join(outside.db)
    nine = affiliate.approved_at.replace(hour=9) + timedelta(days=1)
    with clock.travel(nine):
        async with outside.db.transaction() as session:
            assert await drips.send_due(session) == 1
            await affiliates.change_status(session, affiliate.id, Status.PAUSED, "Why", RITA)
        await outside.settle()
    subjects = [one["subject"] for one in outside.stand_ins.mail.letters_to(affiliate.email)]
    assert "Share your first link today" not in subjects


async def test_an_operator_looks_at_a_mail_in_their_own_mailbox(outside: Outside) -> None:
    """Their own text, marked as a test, with made-up words and no way to unsubscribe anybody."""
    own = Text("Hello {name}", "Look", "{figures}\n\n[Go]({links})")
    async with outside.db.transaction() as session:
        await drips.edit(session, "report", own, 0, RITA)
        assert await drips.send_test(session, "report", " rita@example.com ", RITA)
    await outside.settle()
    (letter,) = outside.stand_ins.mail.letters_to("rita@example.com")
    assert letter["subject"] == "Test: Hello Alex Example"
    assert "Clicks: 142" in letter["text"]
    assert letter["headers"] == {}
