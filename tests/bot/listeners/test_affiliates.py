"""Affiliates paused, restored and banned from Slack."""

from uuid import UUID

import pytest

from domain import affiliates, applications
from domain.audit import Actor
from domain.statuses import Status
from sandbox.slack.people import AFFILIATES, JONAS, MARIA
from storage import affiliates as rows
from storage import audit, work
from storage.affiliates import Affiliate
from storage.outbox import Effect
from tests.bot.conftest import Desk

REVIEWER = Actor(JONAS, "@jonas", "slack")


async def an_affiliate(desk: Desk) -> tuple[Affiliate, UUID, str]:
    """Somebody approved, the id of their application, and the time stamp of its card."""
    application = await desk.apply()
    async with desk.db.transaction() as session:
        affiliate = await applications.approve(session, application.id, "JARED30", REVIEWER)
    return affiliate, application.id, await desk.post_card(application.id)


async def standing(desk: Desk, affiliate_id: UUID) -> tuple[str, str]:
    """Their status, and why."""
    async with desk.db.read() as session:
        affiliate = await rows.get(session, affiliate_id)
    assert affiliate is not None
    return affiliate.status, affiliate.status_reason


@pytest.mark.parametrize(
    ("button", "status", "usual"),
    [("Pause", "paused", "recent sales"), ("Ban", "terminated", "coupon sites")],
)
async def test_stopping_somebody_takes_a_reason(
    desk: Desk, button: str, status: str, usual: str
) -> None:
    """The button asks why and of whom, a usual reason can be picked, and the log has who did it."""
    affiliate, _, ts = await an_affiliate(desk)
    await desk.ws.click(MARIA, AFFILIATES, ts, button)
    view = await desk.modal(MARIA, affiliate.display_name)
    assert affiliate.promo_code in desk.ws.text_of(view)

    empty = await desk.ws.submit(MARIA, view["id"], {"Reason": " "})
    await desk.ws.click_in(MARIA, view["id"], f"{button.lower()}.reason", "0")
    await desk.ws.until(lambda: "initial_value" in str(desk.ws.top_view(MARIA)) or None)
    assert (await desk.ws.submit(MARIA, view["id"])).ok

    assert empty.errors
    await desk.whispered(MARIA, f"JARED30 is {status}")
    now, reason = await standing(desk, affiliate.id)
    assert now == status
    assert usual in reason
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{affiliate.id}")
    assert (lines[-1].action, lines[-1].actor) == (f"affiliate.{status}", "U0MARIA (@maria)")


async def test_somebody_paused_is_restored(desk: Desk) -> None:
    """`Restore` acts once confirmed; the second press is told that it was done."""
    affiliate, application_id, ts = await an_affiliate(desk)
    async with desk.db.transaction() as session:
        await affiliates.change_status(session, affiliate.id, Status.PAUSED, "Odd sales.", REVIEWER)
    text, blocks = await desk.card(application_id)
    assert "Odd sales." in str(blocks)
    await desk.context.slack.chat_update(channel=AFFILIATES, ts=ts, text=text, blocks=blocks)

    await desk.ws.click(MARIA, AFFILIATES, ts, "Restore")
    await desk.whispered(MARIA, "JARED30 works again.")
    await desk.ws.click(JONAS, AFFILIATES, ts, "Restore")

    await desk.whispered(JONAS, "approved already")
    assert await standing(desk, affiliate.id) == ("approved", "")


async def test_the_card_follows(desk: Desk) -> None:
    """A change of status asks for the card to be brought up to date."""
    affiliate, _, _ = await an_affiliate(desk)
    async with desk.db.transaction() as session:
        await work.claim(session, Effect, 99)
        await affiliates.change_status(session, affiliate.id, Status.PAUSED, "Odd sales.", REVIEWER)
        effects = await work.claim(session, Effect, 99)

    assert "card.application" in [effect.kind for effect in effects]
