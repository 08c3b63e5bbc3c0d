"""The process is killed between a click and what follows from it, and started again.

In each case an outside service does what it was asked and then keeps the line open; the kill
comes in that moment, which is the worst one: done, and nobody knows.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlmodel import select

from sandbox.slack.people import AFFILIATES, MARIA
from sandbox.stand_ins import StandIns
from sandbox.tally.personas import PERSONAS
from storage.affiliates import Affiliate
from tests.journeys.killing import (
    Moment,
    Story,
    begin,
    hold_clerk,
    hold_mail,
    hold_slack,
    hold_stripe,
)
from tests.waiting import until

ANSWERS = PERSONAS["good"].answers
EMAIL = "jared@example.com"


class FirstStory(Story):
    """From the form to an affiliate with a code."""

    async def apply(self) -> None:
        """Jared sends the form."""
        status, _ = await self.stand_ins.tally.submit(ANSWERS)
        assert status == 200

    async def card_is_posted(self) -> bool:
        """Whether operators see the card."""
        return bool(self.stand_ins.slack.messages(AFFILIATES))

    async def approve(self) -> None:
        """Maria presses Approve on the card, and again in the modal."""
        await until(self.card_is_posted)
        slack = self.stand_ins.slack
        card = slack.messages(AFFILIATES)[0]
        assert (await slack.click(MARIA, AFFILIATES, card["ts"], "Approve")).ok

        async def modal_is_open() -> bool:
            return slack.top_view(MARIA) is not None

        await until(modal_is_open)
        view = slack.top_view(MARIA)
        assert view is not None
        outcome = await slack.submit(MARIA, view["id"], {"Promo code": "JARED30"})
        assert outcome.ok, outcome

    async def outcome(self) -> dict[str, Any]:
        """What everybody sees in the end."""
        await until(self.all_done, 30)
        stand_ins = self.stand_ins
        codes = list(stand_ins.stripe.objects.newest_first("promotion_code"))
        (user,) = stand_ins.clerk.find(EMAIL)
        metadata = user["private_metadata"]["propmine"]["affiliate"]
        async with self.db.read() as session:
            affiliates = (await session.exec(select(Affiliate))).all()
        cards = [stand_ins.slack.text_of(m) for m in stand_ins.slack.messages(AFFILIATES)]
        return {
            "affiliates": [(a.email, a.status, a.promo_code) for a in affiliates],
            "cards": [("Approved by @maria" in card) for card in cards],
            "codes": [(code["code"], code["active"]) for code in codes],
            "coupons": len(list(stand_ins.stripe.objects.newest_first("coupon"))),
            "clerk": (metadata["status"], metadata["promoCode"]),
            "linked": metadata["stripePromotionCodeId"] == codes[0]["id"],
            "letters": sorted(letter["subject"] for letter in stand_ins.mail.letters),
        }


DONE = {
    "affiliates": [(EMAIL, "approved", "JARED30")],
    "cards": [True],
    "codes": [("JARED30", True)],
    "coupons": 1,
    "clerk": ("approved", "JARED30"),
    "linked": True,
    "letters": [
        "We have your application to the PropMine affiliate program",
        "You are in: JARED30 is your PropMine code",
    ],
}


@pytest.fixture
async def story(migrated_url: str, tmp_path: Path) -> AsyncIterator[FirstStory]:
    """A running server, on a database of each kind."""
    async with begin(FirstStory, migrated_url, tmp_path) as begun:
        await begun.server.start()
        yield begun


def _clerk(stand_ins: StandIns) -> dict[str, Any]:
    (user,) = stand_ins.clerk.find(EMAIL)
    found: dict[str, Any] = user["private_metadata"].get("propmine", {}).get("affiliate", {})
    return found


MOMENTS = {
    "the card is posted": Moment(
        hold_slack("chat.postMessage"),
        lambda s: bool(s.slack.messages(AFFILIATES)),
        early=True,
    ),
    "the applicant is pending in Clerk": Moment(
        hold_clerk, lambda s: _clerk(s).get("status") == "pending", early=True
    ),
    "the first mail leaves": Moment(hold_mail, lambda s: bool(s.mail.letters), early=True),
    "the coupon is made": Moment(
        hold_stripe("/v1/coupons"), lambda s: any(s.stripe.objects.newest_first("coupon"))
    ),
    "the promotion code is made": Moment(
        hold_stripe("/v1/promotion_codes"),
        lambda s: any(s.stripe.objects.newest_first("promotion_code")),
    ),
    "the affiliate is approved in Clerk": Moment(
        hold_clerk, lambda s: _clerk(s).get("status") == "approved"
    ),
    "the approval mail leaves": Moment(hold_mail, lambda s: len(s.mail.letters) == 2),
    "the card is updated": Moment(
        hold_slack("chat.update"),
        lambda s: "Approved" in s.slack.text_of(s.slack.messages(AFFILIATES)[0]),
    ),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
async def test_a_kill_at_any_effect_ends_in_the_same_state(
    story: FirstStory, moment: Moment
) -> None:
    """Every effect is done exactly once, as if nothing had happened."""

    async def reached() -> bool:
        return moment.reached(story.stand_ins)

    if moment.early:
        moment.hold(story.stand_ins)
        await story.apply()
    else:
        await story.apply()
        await until(story.all_done)
        moment.hold(story.stand_ins)
        await story.approve()
    await until(reached)
    await story.restart()
    if moment.early:
        await story.approve()
    assert await story.outcome() == DONE


async def test_a_kill_right_after_the_acknowledgement_loses_no_form(story: FirstStory) -> None:
    """What was answered with 200 is on disk, though nothing else may have happened yet."""
    await story.apply()
    await story.restart()
    await story.approve()
    assert await story.outcome() == DONE


async def test_a_kill_right_after_the_click_keeps_the_decision(story: FirstStory) -> None:
    """A modal that closed is a decision that stands, and all that follows from it comes."""
    await story.apply()
    await until(story.all_done)
    await story.approve()
    await story.restart()
    assert await story.outcome() == DONE


async def test_a_stop_finishes_what_has_begun_and_exits_well(story: FirstStory) -> None:
    """SIGTERM is no accident: exit status 0, and nothing is left claimed."""
    await story.apply()
    assert await story.server.stop() == 0
    await story.server.start()
    await story.approve()
    assert await story.outcome() == DONE


async def test_the_health_pages_tell_how_it_stands(story: FirstStory) -> None:
    """Alive and ready while it runs; the numbers of waiting and parked work are shown."""
    async with aiohttp.ClientSession() as client:
        for path in ("/healthz", "/readyz"):
            async with client.get(f"{story.server.url}{path}") as answer:
                assert answer.status == 200
        async with client.get(f"{story.server.url}/metrics") as answer:
            assert 'affiliate_desk_work_parked{table="outbox"} 0.0' in await answer.text()
