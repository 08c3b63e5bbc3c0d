"""Payouts on their way out: the card, the mails, the transfer; undisturbed, repeated, refused."""

from collections.abc import Callable

import pytest
from sqlmodel import update

from domain import effects, payouts
from sandbox.faults import HANG_UP
from sandbox.slack.people import AFFILIATES
from sandbox.stand_ins import StandIns
from storage.affiliates import Affiliate
from storage.outbox import Effect
from storage.payouts import Payout
from storage.tiers import Tier
from tests.builders import RITA, SAM
from tests.outbox.conftest import Outside
from tests.outbox.test_effects import in_clerk
from tests.payout_builders import (
    approve_payout,
    ask,
    balance,
    connected_account,
    payout_now,
    rich,
)

EMAIL = "jared@example.com"


async def on_stripe(outside: Outside, amount: int = 5000, *, funded: bool = True) -> Affiliate:
    """Jared, with money and an account at Stripe."""
    stripe = outside.stand_ins.stripe
    if funded:
        for buyer in range(3):
            await stripe.buy(email=f"b{buyer}@example.com", plan="yearly")
    return await rich(outside.db, amount, method="stripe", to=connected_account(stripe))


def transfers(stand_ins: StandIns) -> list[tuple[int, str]]:
    """Every transfer that Stripe made: its amount, and the payout that it names."""
    made = stand_ins.stripe.objects.newest_first("transfer")
    return [(each["amount"], each["metadata"]["payout_id"]) for each in made]


def payout_cards(stand_ins: StandIns) -> list[str]:
    """The text of every card of a payout in the operators' channel."""
    said = map(stand_ins.slack.text_of, stand_ins.slack.messages(AFFILIATES))
    return [text for text in said if "Payout of" in text and "Balance after it" in text]


def subjects(stand_ins: StandIns) -> list[str]:
    """The subjects of the mails about payouts, sorted."""
    letters = stand_ins.mail.letters_to(EMAIL)
    return sorted(each["subject"] for each in letters if "$50.00" in each["subject"])


async def test_a_payout_by_hand_is_told_at_every_step(outside: Outside) -> None:
    """One card that follows, three mails, and Clerk knows the status and the balance."""
    jared = await rich(outside.db, method="paypal", to="jared@pay.example")
    payout = await ask(outside.db, jared)
    await outside.settle()
    (card,) = payout_cards(outside.stand_ins)
    for told in ("$50.00", "JARED30", "PayPal", "jared@pay.example", "0 of 1", "$0.00"):
        assert told in card
    assert in_clerk(outside.stand_ins)["payoutStatus"] == "requested"
    assert in_clerk(outside.stand_ins)["accruedUnpaidBalance"] == 0

    await approve_payout(outside.db, payout)
    async with outside.db.transaction() as session:
        await payouts.mark_paid(session, payout.id, "PP-77", RITA)
    await outside.settle()

    (card,) = payout_cards(outside.stand_ins)
    assert "Paid" in card
    assert "PP-77" in card
    assert in_clerk(outside.stand_ins)["payoutStatus"] == "paid"
    assert subjects(outside.stand_ins) == [
        "$50.00 are on their way to you",
        "Your payout of $50.00 is requested",
    ]
    (paid,) = [each for each in outside.stand_ins.mail.letters_to(EMAIL) if "PP-77" in each["text"]]
    assert "/affiliate/dashboard/payouts" in paid["html"]


async def test_a_rejection_is_mailed_with_its_reason(outside: Outside) -> None:
    """And the balance that Clerk shows is what it was."""
    payout = await ask(outside.db, await rich(outside.db))
    async with outside.db.transaction() as session:
        await payouts.reject(session, payout.id, "Refunds are coming.", SAM)
    await outside.settle()
    letter = next(
        each
        for each in outside.stand_ins.mail.letters_to(EMAIL)
        if each["subject"] == "About your payout of $50.00"
    )
    assert "Refunds are coming." in letter["text"]
    assert in_clerk(outside.stand_ins)["payoutStatus"] == "rejected"
    assert in_clerk(outside.stand_ins)["accruedUnpaidBalance"] == 50


async def test_clerk_learns_the_minimum_of_the_tier(outside: Outside) -> None:
    """The product's own bar ends where payouts begin for this affiliate."""
    jared = await rich(outside.db, 1000)
    async with outside.db.transaction() as session:
        tier = Tier(name="Gold", min_payout_cents=1000)
        session.add(tier)
        await session.flush()
        jared.tier_id = tier.id
        session.add(jared)
    await ask(outside.db, jared)
    await outside.settle()
    assert in_clerk(outside.stand_ins)["payoutThreshold"] == 10


async def test_an_approved_transfer_is_made_and_marked(outside: Outside) -> None:
    """Nobody has to mark it: Stripe's id is the reference."""
    payout = await approve_payout(outside.db, await ask(outside.db, await on_stripe(outside)))
    await outside.settle()
    assert transfers(outside.stand_ins) == [(5000, str(payout.id))]
    now = await payout_now(outside.db, payout.id)
    assert now.status == "paid"
    assert now.reference.startswith("tr_")


def lose_transfer(stand_ins: StandIns) -> None:
    """Stripe makes the transfer, and the answer is lost, also to the client's own retry."""
    stand_ins.stripe.fail_next(
        "/v1/transfers", status=HANG_UP, times=3, after_work=True, method="POST"
    )


def lose_card(stand_ins: StandIns) -> None:
    """Slack posts the card, and the answer is lost."""
    stand_ins.slack.fail_next("chat.postMessage", status=500, after_work=True)


def lose_mail(stand_ins: StandIns) -> None:
    """The mail leaves, and the answer is lost."""
    stand_ins.mail.traffic.fail_next(HANG_UP, after_work=True)


@pytest.mark.parametrize("lose", [lose_transfer, lose_card, lose_mail])
async def test_a_lost_answer_pays_nobody_twice(
    outside: Outside, lose: Callable[[StandIns], None]
) -> None:
    """Each effect that was done but not heard of is found, not done again."""
    jared = await on_stripe(outside)
    await outside.settle()
    lose(outside.stand_ins)
    payout = await approve_payout(outside.db, await ask(outside.db, jared))
    await outside.settle()
    await see_it_paid_once(outside, payout)


async def test_everything_repeated_pays_nobody_twice(outside: Outside) -> None:
    """The whole outbox carried out a second time changes nothing outside."""
    payout = await approve_payout(outside.db, await ask(outside.db, await on_stripe(outside)))
    await outside.settle()
    async with outside.db.transaction() as session:
        await session.exec(update(Effect).values(handled_at=None, attempts=1))
    await outside.settle()
    await see_it_paid_once(outside, payout)


async def see_it_paid_once(outside: Outside, payout: Payout) -> None:
    """One transfer, one card, one mail a step, and a balance that lost the amount once."""
    assert transfers(outside.stand_ins) == [(5000, str(payout.id))]
    assert (await payout_now(outside.db, payout.id)).status == "paid"
    assert await balance(outside.db, payout.affiliate_user_id) == 0
    assert len(payout_cards(outside.stand_ins)) == 1
    assert len(subjects(outside.stand_ins)) == 2


async def test_what_stripe_refuses_for_good_is_back_in_the_balance(outside: Outside) -> None:
    """Operators read Stripe's words; the affiliate keeps the money, and is mailed what to do."""
    jared = await rich(outside.db, method="stripe", to="acct_gone")
    payout = await approve_payout(outside.db, await ask(outside.db, jared))
    await outside.settle()
    assert (await payout_now(outside.db, payout.id)).status == "failed"
    assert await balance(outside.db, jared.id) == 5000
    slack = outside.stand_ins.slack
    told = [slack.text_of(each) for each in slack.messages(AFFILIATES)]
    assert any("failed and is back in their balance" in text for text in told)
    assert any("Stripe refused the transfer" in text for text in told)
    (letter,) = [
        each
        for each in outside.stand_ins.mail.letters_to(EMAIL)
        if each["subject"] == "Your payout of $50.00 did not reach you"
    ]
    for part in (letter["text"], letter["html"]):
        assert "ask for your payout again" in part
        assert "acct_gone" in part
        assert "Stripe refused" not in part
    (effect,) = await outside.effects(effects.TRANSFER)
    assert effect.parked_at is None


async def test_money_that_is_missing_at_stripe_waits_for_it(outside: Outside) -> None:
    """The payout stays approved, operators are told, and a replay pays it once there is money."""
    payout = await approve_payout(
        outside.db, await ask(outside.db, await on_stripe(outside, funded=False))
    )
    await outside.settle()
    (effect,) = await outside.effects(effects.TRANSFER)
    assert effect.parked_at is not None
    assert (await payout_now(outside.db, payout.id)).status == "approved"

    for buyer in range(3):
        await outside.stand_ins.stripe.buy(email=f"b{buyer}@example.com", plan="yearly")
    async with outside.db.transaction() as session:
        await session.exec(update(Effect).values(parked_at=None, attempts=0))
    await outside.settle()

    assert transfers(outside.stand_ins) == [(5000, str(payout.id))]
    assert (await payout_now(outside.db, payout.id)).status == "paid"
