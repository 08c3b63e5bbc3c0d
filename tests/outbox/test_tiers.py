"""A tier that was reached: the mail, the notice, and what the product reads."""

from domain import tier_moves
from sandbox.slack.people import AFFILIATES
from storage.affiliates import Affiliate
from tests.builders import RITA, join
from tests.outbox.conftest import Outside
from tests.outbox.test_effects import EMAIL, in_clerk
from tests.tier_builders import BETA, CHAT, convert, make_tier


async def test_a_tier_is_announced_with_what_it_gives(outside: Outside) -> None:
    """Once to the affiliate and once to operators; the product learns the lower minimum."""
    await join(outside.db)
    await make_tier(outside.db, "Gold", 1, 3250, minimum=1000, perks=(BETA, CHAT))
    await convert(outside.db, 1)
    await outside.settle()
    (letter,) = [
        each
        for each in outside.stand_ins.mail.letters_to(EMAIL)
        if each["subject"] == "You are in the tier Gold now"
    ]
    for part in ("32.5%", "$10.00", "Beta access", "https://chat.example.com/affiliates"):
        assert part in letter["text"]
        assert part in letter["html"]
    slack = outside.stand_ins.slack
    told = [slack.text_of(message) for message in slack.messages(AFFILIATES)]
    assert len([text for text in told if "reached the tier Gold with 1 converted" in text]) == 1
    assert in_clerk(outside.stand_ins)["payoutThreshold"] == 10


async def test_the_mail_promises_no_rate_that_is_not_paid(outside: Outside) -> None:
    """Who has a rate of their own keeps it, and a tier without terms names none."""
    affiliate = await join(outside.db)
    gold = await make_tier(outside.db, "Gold", 1, 3250)
    async with outside.db.transaction() as session:
        row = await session.get_one(Affiliate, affiliate.id)
        row.rate_bp = 4000
    async with outside.db.transaction() as session:
        await tier_moves.give(session, affiliate.id, gold.id, RITA)
    await outside.settle()
    letter = next(
        each for each in outside.stand_ins.mail.letters_to(EMAIL) if "Gold" in each["subject"]
    )
    assert "%" not in letter["text"]
    assert "Payouts start" not in letter["text"]
