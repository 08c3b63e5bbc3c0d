"""Cases of violations decided in Slack, and violations added there."""

from uuid import UUID

import pytest

from bot.cards.compliance import case_card
from domain import compliance_cases
from sandbox.slack.people import AFFILIATES, AMARA, JONAS, SAM
from storage import audit, links
from tests.bot.conftest import Desk
from tests.builders import affiliate_now, join, mails_asked_for
from tests.compliance_builders import case_of, violations
from tests.domain.test_compliance_reports import report


async def post(desk: Desk, case: UUID) -> str:
    """Post the card of a case as the outbox would; returns its time stamp."""
    async with desk.db.read() as session:
        text, blocks = case_card(await compliance_cases.view(session, case))
    posted = await desk.context.slack.chat_postMessage(channel=AFFILIATES, text=text, blocks=blocks)
    return str(posted["ts"])


@pytest.mark.parametrize(
    ("press", "status", "mail", "said"),
    [
        ("Warn", "approved", "violation_warned", "is warned"),
        ("Suspend", "paused", "violation_suspended", "is suspended"),
        ("Terminate", "terminated", "violation_terminated", "no affiliate any more"),
        ("Dismiss", "approved", "application_approved", "nothing stands against"),
    ],
)
async def test_each_decision_is_asked_for_a_reason_below_the_evidence(
    desk: Desk, press: str, status: str, mail: str, said: str
) -> None:
    """A usual one can be picked; the affiliate is mailed, unless they never heard of it."""
    jared = await join(desk.db)
    ts = await post(desk, await case_of(desk.db, jared))

    await desk.ws.click(AMARA, AFFILIATES, ts, press)
    view = await desk.modal(AMARA, "Cookie stuffing")
    assert "Visitors: 12" in desk.ws.text_of(view)
    assert (await desk.ws.submit(AMARA, view["id"], {"Reason": " "})).errors
    picker = f"case_{view['callback_id'].removeprefix('case.')}.reason"
    await desk.ws.click_in(AMARA, view["id"], picker, "0")
    await desk.ws.until(lambda: "initial_value" in str(desk.ws.top_view(AMARA)) or None)
    assert (await desk.ws.submit(AMARA, view["id"])).ok

    await desk.whispered(AMARA, said)
    assert (await affiliate_now(desk.db, jared.id)).status == status
    assert (await mails_asked_for(desk.db))[-1][0] == mail
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{jared.id}")
        link = await links.of_affiliate(session, jared.id)
    assert lines[-1].actor == "U0AMARA (@amara)"
    assert lines[-1].action.startswith("case.")
    assert link is not None
    assert link.suspended == (press in {"Suspend", "Terminate"})


async def test_whoever_is_second_or_a_stranger_changes_nothing(desk: Desk) -> None:
    """Both had the card in front of them."""
    jared = await join(desk.db)
    ts = await post(desk, await case_of(desk.db, jared))
    await desk.ws.click(SAM, AFFILIATES, ts, "Terminate")
    await desk.whispered(SAM, "Only reviewers")
    for user, press in ((AMARA, "Warn"), (JONAS, "Terminate")):
        await desk.ws.click(user, AFFILIATES, ts, press)
    first, second = await desk.modal(AMARA, "Cookie"), await desk.modal(JONAS, "Cookie")
    assert (await desk.ws.submit(AMARA, first["id"], {"Reason": "Stop."})).ok
    await desk.ws.submit(JONAS, second["id"], {"Reason": "Out."})
    await desk.modal(JONAS, "@amara was faster")
    assert (await affiliate_now(desk.db, jared.id)).status == "approved"


async def test_an_operator_adds_what_they_saw(desk: Desk) -> None:
    """From the list of what stands against somebody; the form says what is missing."""
    await join(desk.db)
    await desk.ws.command(AMARA, "/affiliate", "violations jared")
    await desk.whispered(AMARA, "Nothing stands against this affiliate.")
    (message,) = desk.ws.ephemerals(AFFILIATES, AMARA)
    await desk.ws.click(AMARA, AFFILIATES, message["ts"], "Add a violation")
    view = await desk.modal(AMARA, "What did you see?")
    sent = {"What is it?": "spam", "What did you see?": "A mail to all of us."}
    assert (await desk.ws.submit(AMARA, view["id"], sent)).ok
    await desk.whispered(AMARA, "Added")
    (one,) = await violations(desk.db)
    assert (one.kind, one.note, one.created_by) == ("spam", "A mail to all of us.", "@amara")


async def test_the_cases_that_wait_are_listed_and_can_be_decided_there(desk: Desk) -> None:
    """With reports that name nobody behind a word."""
    jared = await join(desk.db)
    await case_of(desk.db, jared)
    await report(desk.db, named="NOBODY", text="They called me at night.")
    await desk.ws.command(AMARA, "/affiliate", "violations")
    listed = await desk.whispered(AMARA, "1 case waits")
    assert "1 report names nobody we know" in listed
    await desk.ws.command(JONAS, "/affiliate", "violations reports")
    await desk.whispered(JONAS, "They called me at night.")
    (message,) = desk.ws.ephemerals(AFFILIATES, AMARA)
    await desk.ws.click(AMARA, AFFILIATES, message["ts"], "Warn")
    await desk.modal(AMARA, "Cookie stuffing")


async def test_ads_on_the_name_are_allowed_and_forbidden(desk: Desk) -> None:
    """By a button, which then says the other."""
    jared = await join(desk.db)
    for press, said, allowed in (
        ("Allow ads on our name", "may place ads", True),
        ("Forbid ads on our name", "may not place ads", False),
    ):
        await desk.ws.command(AMARA, "/affiliate", "violations JARED30")
        await desk.ws.until(
            lambda press=press: next(  # type: ignore[misc]
                (m for m in desk.ws.ephemerals(AFFILIATES, AMARA) if press in desk.ws.text_of(m)),
                None,
            )
        )
        message = next(
            m for m in desk.ws.ephemerals(AFFILIATES, AMARA) if press in desk.ws.text_of(m)
        )
        await desk.ws.click(AMARA, AFFILIATES, message["ts"], press)
        await desk.whispered(AMARA, said)
        assert (await affiliate_now(desk.db, jared.id)).may_bid == allowed


async def test_find_says_how_many_violations_there_are(desk: Desk) -> None:
    """Beside the name."""
    jared = await join(desk.db)
    await case_of(desk.db, jared)
    await desk.ws.command(AMARA, "/affiliate", "find jared")
    await desk.whispered(AMARA, "1 violation, 1 to be decided")
