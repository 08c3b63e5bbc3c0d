"""The process is killed in the middle of codes that were made at once.

As in `test_kill`: the outside does what it was asked and keeps the line open, then comes the kill.
"""

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from domain import discount_codes
from sandbox.slack.people import AFFILIATES
from sandbox.stand_ins import StandIns
from storage import codes
from storage.outbox import Effect
from tests.builders import RITA
from tests.journeys.killing import Moment, Story, begin, hold_slack, hold_stripe
from tests.waiting import until

COUNT = 12
TERMS: dict[str, Any] = {"discount_value": 20, "max_uses": 1}


class CodeStory(Story):
    """From one command to a dozen codes at Stripe."""

    async def make(self) -> UUID:
        """Make the codes as the form does."""
        async with self.db.transaction() as session:
            made = await discount_codes.create_many(session, TERMS, "NEWS", COUNT, RITA)
        assert made[0].batch is not None
        return made[0].batch

    async def done(self) -> bool:
        """Whether all effects are carried out, also those that come back by themselves."""
        async with self.db.read() as session:
            effects = (await session.exec(select(Effect))).all()
        return all(effect.handled_at for effect in effects)


@pytest.fixture
async def story(migrated_url: str, tmp_path: Path) -> AsyncIterator[CodeStory]:
    """A server that is not started yet, on a database of each kind."""
    async with begin(CodeStory, migrated_url, tmp_path) as begun:
        yield begun


def at_stripe(stand_ins: StandIns) -> list[tuple[str, str]]:
    """The active promotion codes: word and id."""
    account = stand_ins.stripe
    found = [account.snapshot(one) for one in account.objects.newest_first("promotion_code")]
    return [(one["code"], one["id"]) for one in found if one["active"]]


def cards(stand_ins: StandIns) -> list[dict[str, Any]]:
    """What is said of the codes in the channel."""
    return [
        message
        for message in stand_ins.slack.messages(AFFILIATES)
        if (message.get("metadata") or {}).get("event_type") == "code_batch"
    ]


def files(stand_ins: StandIns) -> list[list[dict[str, str]]]:
    """The files below the card."""
    (card,) = cards(stand_ins)
    return [
        list(csv.DictReader(io.StringIO(stand_ins.slack.file_content(file["id"]).decode())))
        for message in stand_ins.slack.replies(AFFILIATES, card["ts"])
        for file in message.get("files") or ()
    ]


MOMENTS = {
    "a coupon is made": Moment(
        hold_stripe("/v1/coupons"), lambda s: bool(list(s.stripe.objects.newest_first("coupon")))
    ),
    "a promotion code is made": Moment(
        hold_stripe("/v1/promotion_codes"), lambda s: bool(at_stripe(s))
    ),
    "the card is posted": Moment(hold_slack("chat.postMessage"), lambda s: len(cards(s)) == 1),
    "the file is sent": Moment(
        hold_slack("files.completeUploadExternal"), lambda s: bool(cards(s)) and bool(files(s))
    ),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
async def test_a_kill_in_the_middle_makes_each_code_once(story: CodeStory, moment: Moment) -> None:
    """One active promotion code a word, one card that says so, and one file with all of them."""

    async def reached() -> bool:
        return moment.reached(story.stand_ins)

    batch = await story.make()
    moment.hold(story.stand_ins)
    await story.server.start()
    await until(reached, 30)
    await story.restart()
    await until(story.done, 60)

    async with story.db.read() as session:
        made = await codes.of_batch(session, batch)
    known = {one.code: one.stripe_promotion_code_id for one in made}
    active = at_stripe(story.stand_ins)
    assert Counter(word for word, _ in active) == Counter(dict.fromkeys(known, 1))
    assert dict(active) == known
    (card,) = cards(story.stand_ins)
    assert f"All {COUNT} are at Stripe." in story.stand_ins.slack.text_of(card)
    (sheet,) = files(story.stand_ins)
    assert {line["code"]: line["stripe_promotion_code"] for line in sheet} == known
