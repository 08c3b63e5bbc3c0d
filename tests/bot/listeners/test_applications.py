"""Decisions on applications, by people in Slack, over signed HTTP."""

import asyncio

from sandbox.slack.people import AFFILIATES, JONAS, MARIA
from storage import audit, codes
from tests.bot.conftest import Desk


async def test_an_application_is_approved(desk_on_both: Desk) -> None:
    """`Approve` asks for the code, and sending the form lets the applicant into the program."""
    desk = desk_on_both
    application = await desk.apply()
    ts = await desk.post_card(application.id)

    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Approve")).ok
    view = await desk.modal(MARIA, "Stripe has no such promotion code yet.")
    assert (await desk.ws.submit(MARIA, view["id"])).ok

    told = await desk.whispered(MARIA, "Approved: JaredPicks with JARED30.")
    assert "jared@example.com" in told
    assert desk.ws.top_view(MARIA) is None
    stored = await desk.stored(application.id)
    assert (stored.status, stored.decided_by, stored.chosen_code) == (
        "approved",
        "@maria",
        "JARED30",
    )
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, f"application:{application.id}")
        assert await codes.by_code(session, "JARED30") is not None
    assert (lines[-1].action, lines[-1].actor, lines[-1].origin) == (
        "application.approved",
        "U0MARIA (@maria)",
        "slack",
    )


async def test_an_application_is_rejected_with_a_reason(desk: Desk) -> None:
    """`Reject` asks for a reason, which is what the applicant is told."""
    application = await desk.apply()
    ts = await desk.post_card(application.id)

    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Reject")).ok
    view = await desk.modal(MARIA, "jared@example.com")
    assert (await desk.ws.submit(MARIA, view["id"], {"Reason": "Too small, sorry."})).ok

    await desk.whispered(MARIA, "Rejected: JaredPicks.")
    stored = await desk.stored(application.id)
    assert (stored.status, stored.decision_reason) == ("rejected", "Too small, sorry.")


async def test_of_two_who_approve_at_once_one_wins(desk_on_both: Desk) -> None:
    """Two reviewers send the form at the same time: one decision, and one is told whose."""
    desk = desk_on_both
    application = await desk.apply()
    ts = await desk.post_card(application.id)
    views = {}
    for user in (MARIA, JONAS):
        await desk.ws.click(user, AFFILIATES, ts, "Approve")
        views[user] = await desk.modal(user, "Stripe has no such promotion code yet.")

    await asyncio.gather(
        desk.ws.submit(MARIA, views[MARIA]["id"]),
        desk.ws.submit(JONAS, views[JONAS]["id"], {"Promo code": "JAREDPICKS"}),
    )

    stored = await desk.stored(application.id)
    winner = stored.decided_by
    loser = {"@maria": JONAS, "@jonas": MARIA}[winner]
    assert desk.ws.text_of(await desk.modal(loser)).endswith(f"Already approved by {winner}.")
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, f"application:{application.id}")
    assert [line.action for line in lines].count("application.approved") == 1
