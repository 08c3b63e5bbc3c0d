"""The process is killed between an effect that moves money and the note that it was done.

As in `test_kill`: the outside does what it was asked and keeps the line open, then comes the kill.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import select

from sandbox.slack.people import AFFILIATES, AMARA
from sandbox.stand_ins import StandIns
from storage.commissions import Commission
from storage.outbox import Effect
from storage.payouts import Payout
from storage.referrals import Referral
from tests.builders import join
from tests.journeys.killing import (
    Moment,
    Story,
    begin,
    hold_clerk,
    hold_mail,
    hold_slack,
    hold_stripe,
)
from tests.milestone_builders import bonuses, make_milestone
from tests.outbox.test_payouts import payout_cards, subjects, transfers
from tests.payout_builders import ask, balance, connected_account, payout_now, rich
from tests.waiting import until

BUYER = "zoe@example.net"


class MoneyStory(Story):
    """From a payout that was asked for to money at Stripe."""

    async def fund(self) -> None:
        """Let Stripe have the money that is to be transferred."""
        for buyer in range(3):
            await self.stand_ins.stripe.buy(email=f"b{buyer}@example.com", plan="yearly")

    async def ask(self) -> Payout:
        """Jared asks for the fifty dollars that he has."""
        jared = await rich(self.db, method="stripe", to=connected_account(self.stand_ins.stripe))
        return await ask(self.db, jared)

    async def approve(self) -> None:
        """Amara approves the payout on its card."""
        await until(self.card_is_posted)
        slack = self.stand_ins.slack
        (card,) = [m for m in slack.messages(AFFILIATES) if "Payout of" in slack.text_of(m)]
        assert (await slack.click(AMARA, AFFILIATES, card["ts"], "Approve payout")).ok

    async def effects_done(self) -> bool:
        """Whether all that was asked for before the start has left."""
        async with self.db.read() as session:
            effects = (await session.exec(select(Effect))).all()
        return all(effect.handled_at for effect in effects)

    async def card_is_posted(self) -> bool:
        """Whether finance sees the payout."""
        return bool(payout_cards(self.stand_ins))


@pytest.fixture
async def story(migrated_url: str, tmp_path: Path) -> AsyncIterator[MoneyStory]:
    """A server that is not started yet, on a database of each kind."""
    async with begin(MoneyStory, migrated_url, tmp_path) as begun:
        yield begun


PAYOUT_MOMENTS = {
    "the card is posted": Moment(
        hold_slack("chat.postMessage"), lambda s: len(payout_cards(s)) == 1, early=True
    ),
    "the request is mailed": Moment(
        hold_mail, lambda s: any("is requested" in each for each in subjects(s)), early=True
    ),
    "the transfer is made": Moment(hold_stripe("/v1/transfers"), lambda s: len(transfers(s)) == 1),
    "the payment is mailed": Moment(
        hold_mail, lambda s: any("on their way" in each for each in subjects(s))
    ),
    "the card is updated": Moment(
        hold_slack("chat.update"), lambda s: "Waiting for" not in payout_cards(s)[0]
    ),
}


@pytest.mark.parametrize("moment", PAYOUT_MOMENTS.values(), ids=PAYOUT_MOMENTS.keys())
async def test_a_kill_at_any_effect_pays_exactly_once(story: MoneyStory, moment: Moment) -> None:
    """One transfer, one card that says so, one mail a step, and a balance that paid once."""

    async def reached() -> bool:
        return moment.reached(story.stand_ins)

    payout = await story.ask()
    if moment.early:
        moment.hold(story.stand_ins)
    await story.server.start()
    await story.fund()
    if not moment.early:
        await until(story.all_done, 30)
        moment.hold(story.stand_ins)
        await story.approve()
    await until(reached, 30)
    await story.restart()
    if moment.early:
        await story.approve()

    async def paid() -> bool:
        return (await payout_now(story.db, payout.id)).status == "paid" and await story.all_done()

    await until(paid, 30)
    (transfer,) = transfers(story.stand_ins)
    assert transfer == (5000, str(payout.id))
    (card,) = payout_cards(story.stand_ins)
    assert (await payout_now(story.db, payout.id)).reference in card
    assert subjects(story.stand_ins) == [
        "$50.00 are on their way to you",
        "Your payout of $50.00 is requested",
    ]
    assert await balance(story.db, payout.affiliate_user_id) == 0


def tag_at_stripe(stand_ins: StandIns) -> str | None:
    """Who brought the buyer, as Stripe's customer says."""
    found = [
        each for each in stand_ins.stripe.objects.newest_first("customer") if each["email"] == BUYER
    ]
    return found[0]["metadata"].get("affiliateCodeUsed") if found else None


def tag_at_clerk(stand_ins: StandIns) -> str | None:
    """Who brought the buyer, as Clerk's user says."""
    (user,) = stand_ins.clerk.find(BUYER)
    found: str | None = user["private_metadata"].get("propmine", {}).get("affiliateCodeUsed")
    return found


TAG_MOMENTS = {
    "the customer is marked at Stripe": Moment(
        hold_stripe("/v1/customers/"), lambda s: tag_at_stripe(s) is not None
    ),
    "the customer is marked at Clerk": Moment(hold_clerk, lambda s: tag_at_clerk(s) is not None),
}


@pytest.mark.parametrize("moment", TAG_MOMENTS.values(), ids=TAG_MOMENTS.keys())
async def test_a_kill_at_the_customers_mark_credits_the_sale_once(
    story: MoneyStory, moment: Moment
) -> None:
    """Both say who brought the customer, and there is one referral and one commission."""

    async def reached() -> bool:
        return moment.reached(story.stand_ins)

    await join(story.db)
    story.stand_ins.clerk.add_user(BUYER)
    await story.server.start()
    await until(story.effects_done, 30)
    moment.hold(story.stand_ins)
    await story.stand_ins.stripe.buy(email=BUYER, promotion_code="JARED30")
    await until(reached, 30)
    await story.restart()
    await until(story.all_done, 30)

    assert tag_at_stripe(story.stand_ins) == tag_at_clerk(story.stand_ins) == "JARED30"
    async with story.db.read() as session:
        assert len((await session.exec(select(Referral))).all()) == 1
        assert len((await session.exec(select(Commission))).all()) == 1


async def test_a_kill_at_the_mail_of_a_milestone_gives_one_bonus(story: MoneyStory) -> None:
    """The mailbox knows the mail again, and nothing is awarded twice."""
    name = "$50.00 for your milestone First"

    async def reached() -> bool:
        return name in subjects(story.stand_ins)

    jared = await join(story.db)
    await make_milestone(story.db, "First", 1)
    await story.server.start()
    await until(story.effects_done, 30)
    hold_mail(story.stand_ins)
    await story.stand_ins.stripe.buy(email=BUYER, promotion_code="JARED30")
    await until(reached, 30)
    await story.restart()
    await until(story.all_done, 30)

    assert subjects(story.stand_ins).count(name) == 1
    assert await bonuses(story.db, jared.id) == [(5000, "milestone")]
    told = [m for m in story.stand_ins.slack.messages(AFFILIATES) if "milestone First" in str(m)]
    assert len(told) == 1
