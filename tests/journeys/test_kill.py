"""The process is killed between a click and what follows from it, and started again.

In each case an outside service does what it was asked and then keeps the line open; the kill
comes in that moment, which is the worst one: done, and nobody knows.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlmodel import select, update

import clock
from sandbox.slack.people import AFFILIATES, MARIA
from sandbox.stand_ins import StandIns
from sandbox.tally.personas import PERSONAS
from settings import Settings
from storage.affiliates import Affiliate
from storage.db import Database
from storage.inbox import InboxEvent
from storage.outbox import Effect
from tests.server import Server
from tests.standing import free_port, standing_in
from tests.waiting import until

ANSWERS = PERSONAS["good"].answers
EMAIL = "jared@example.com"
HELD_S = 60.0


@dataclass
class Story:
    """A server that can be killed, the outside world, and its database seen from here."""

    server: Server
    stand_ins: StandIns
    db: Database

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

    async def restart(self) -> None:
        """Kill it, let the outside work again, start it, and let the minute of claims pass."""
        await self.server.kill()
        self.stand_ins.forgive()
        if not self.db.is_sqlite:
            async with self.db.transaction() as session:
                for table in (InboxEvent, Effect):
                    await session.exec(update(table).values(claimed_until=clock.now()))
        await self.server.start()

    async def all_done(self) -> bool:
        """Whether nothing wants work any more, and something was done."""
        async with self.db.read() as session:
            events = (await session.exec(select(InboxEvent))).all()
            effects = (await session.exec(select(Effect))).all()
        return bool(events and effects) and all(row.handled_at for row in (*events, *effects))

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
async def story(database_url: str, tmp_path: Path) -> AsyncIterator[Story]:
    """A running server, on a database of each kind."""
    port = free_port()
    async with standing_in(port) as stand_ins:
        settings = Settings(
            _env_file=None,
            port=port,
            database_url=database_url,
            **stand_ins.settings(),
        )
        server = Server(port, tmp_path, "serve", settings=settings)
        await server.start()
        db = Database(database_url)
        yield Story(server, stand_ins, db)
        await db.close()
        await server.stop()


@dataclass(frozen=True)
class Moment:
    """A place to kill at: what to hold up, when the story gets there, and how we see it."""

    hold: Callable[[StandIns], None]
    reached: Callable[[StandIns], bool]
    before_approval: bool = False


def _clerk(stand_ins: StandIns) -> dict[str, Any]:
    (user,) = stand_ins.clerk.find(EMAIL)
    found: dict[str, Any] = user["private_metadata"].get("propmine", {}).get("affiliate", {})
    return found


def _hold_slack(method: str) -> Callable[[StandIns], None]:
    def hold(stand_ins: StandIns) -> None:
        stand_ins.slack.fail_next(method, status=500, hang=HELD_S, after_work=True)

    return hold


def _hold_stripe(path: str) -> Callable[[StandIns], None]:
    def hold(stand_ins: StandIns) -> None:
        stand_ins.stripe.fail_next(path, status=500, delay=HELD_S, after_work=True)

    return hold


def _hold_clerk(stand_ins: StandIns) -> None:
    stand_ins.clerk.traffic.fail_next(500, path_part="metadata", delay_s=HELD_S, after_work=True)


def _hold_mail(stand_ins: StandIns) -> None:
    stand_ins.mail.traffic.fail_next(500, delay_s=HELD_S, after_work=True)


MOMENTS = {
    "the card is posted": Moment(
        _hold_slack("chat.postMessage"),
        lambda s: bool(s.slack.messages(AFFILIATES)),
        before_approval=True,
    ),
    "the applicant is pending in Clerk": Moment(
        _hold_clerk, lambda s: _clerk(s).get("status") == "pending", before_approval=True
    ),
    "the first mail leaves": Moment(
        _hold_mail, lambda s: bool(s.mail.letters), before_approval=True
    ),
    "the coupon is made": Moment(
        _hold_stripe("/v1/coupons"), lambda s: any(s.stripe.objects.newest_first("coupon"))
    ),
    "the promotion code is made": Moment(
        _hold_stripe("/v1/promotion_codes"),
        lambda s: any(s.stripe.objects.newest_first("promotion_code")),
    ),
    "the affiliate is approved in Clerk": Moment(
        _hold_clerk, lambda s: _clerk(s).get("status") == "approved"
    ),
    "the approval mail leaves": Moment(_hold_mail, lambda s: len(s.mail.letters) == 2),
    "the card is updated": Moment(
        _hold_slack("chat.update"),
        lambda s: "Approved" in s.slack.text_of(s.slack.messages(AFFILIATES)[0]),
    ),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
async def test_a_kill_at_any_effect_ends_in_the_same_state(story: Story, moment: Moment) -> None:
    """Every effect is done exactly once, as if nothing had happened."""

    async def reached() -> bool:
        return moment.reached(story.stand_ins)

    if moment.before_approval:
        moment.hold(story.stand_ins)
        await story.apply()
    else:
        await story.apply()
        await until(story.all_done)
        moment.hold(story.stand_ins)
        await story.approve()
    await until(reached)
    await story.restart()
    if moment.before_approval:
        await story.approve()
    assert await story.outcome() == DONE


async def test_a_kill_right_after_the_acknowledgement_loses_no_form(story: Story) -> None:
    """What was answered with 200 is on disk, though nothing else may have happened yet."""
    await story.apply()
    await story.restart()
    await story.approve()
    assert await story.outcome() == DONE


async def test_a_kill_right_after_the_click_keeps_the_decision(story: Story) -> None:
    """A modal that closed is a decision that stands, and all that follows from it comes."""
    await story.apply()
    await until(story.all_done)
    await story.approve()
    await story.restart()
    assert await story.outcome() == DONE


async def test_a_stop_finishes_what_has_begun_and_exits_well(story: Story) -> None:
    """SIGTERM is no accident: exit status 0, and nothing is left claimed."""
    await story.apply()
    assert await story.server.stop() == 0
    await story.server.start()
    await story.approve()
    assert await story.outcome() == DONE


async def test_the_health_pages_tell_how_it_stands(story: Story) -> None:
    """Alive and ready while it runs; the numbers of waiting and parked work are shown."""
    async with aiohttp.ClientSession() as client:
        for path in ("/healthz", "/readyz"):
            async with client.get(f"{story.server.url}{path}") as answer:
                assert answer.status == 200
        async with client.get(f"{story.server.url}/metrics") as answer:
            assert 'affiliate_desk_work_parked{table="outbox"} 0.0' in await answer.text()
