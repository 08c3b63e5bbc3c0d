"""Violations gathered into cases, and what operators' decisions bring about."""

import asyncio
from datetime import timedelta

import pytest

import clock
from domain import affiliates, compliance, compliance_cases
from domain.compliance import Finding, Kind
from domain.compliance_cases import ANSWERS_MAX, Decision
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.payout_barriers import claim_of, first_barrier
from domain.statuses import Status
from storage import audit, codes, links
from storage import compliance as rows
from storage.db import Database
from tests.builders import RITA, SAM, affiliate_now, effects_asked_for, join, mails_asked_for
from tests.compliance_builders import case_of, decide, finding, found, violations
from tests.landing_builders import JARED


async def test_what_is_found_is_gathered_in_one_case(db: Database) -> None:
    """The same again changes nothing; another one is put beside it and told below the card."""
    jared = await join(db)
    await found(db, jared)
    await found(db, jared)
    await found(db, jared, finding(Kind.FORCED_CLICKS, mark="frames"))
    first, second = await violations(db)
    assert first.case_id == second.case_id
    assert (first.status, first.source, first.evidence["facts"]) == (
        "open",
        "auto",
        [["Visitors", "12"]],
    )
    kinds = [one.kind for one in await effects_asked_for(db)]
    assert (kinds.count("card.case"), kinds.count("note.case")) == (2, 1)


async def test_two_finders_at_once_open_one_case(db: Database) -> None:
    """Whoever comes second finds the case of the first."""
    jared = await join(db)
    await asyncio.gather(
        *(found(db, jared, finding(kind, mark="x")) for kind in (Kind.SPAM, Kind.OTHER))
    )
    assert len({one.case_id for one in await violations(db)}) == 1
    assert len(await violations(db)) == 2


async def test_finding_alone_changes_nothing_for_the_affiliate(db: Database) -> None:
    """No mail, no pause, and nothing on their page before somebody decides."""
    jared = await join(db)
    mails = await mails_asked_for(db)
    await case_of(db, jared)
    assert await mails_asked_for(db) == mails
    assert (await affiliate_now(db, jared.id)).status == Status.APPROVED
    async with db.read() as session:
        assert await compliance_cases.told(session, jared.id) == []


async def test_a_warning_is_mailed_and_switches_nothing_off(db: Database) -> None:
    """The violations are confirmed, the log names who, and the affiliate is shown why."""
    jared = await join(db)
    case = await case_of(db, jared)
    await decide(db, case, Decision.WARNED)
    assert (await affiliate_now(db, jared.id)).status == Status.APPROVED
    assert (await mails_asked_for(db))[-1] == ("violation_warned", jared.email)
    (one,) = await violations(db)
    assert (one.status, one.decided_by) == ("confirmed", "@rita")
    async with db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{jared.id}")
        assert await rows.unread(session, jared.id)
        (told,) = await compliance_cases.told(session, jared.id)
    assert [line.action for line in lines][-2:] == ["violation.flagged", "case.warned"]
    assert told.case.reason == "Please stop that."
    async with db.transaction() as session:
        await compliance_cases.mark_read(session, jared.id, case)
    async with db.read() as session:
        assert not await rows.unread(session, jared.id)


async def test_a_suspension_stops_code_and_link_until_they_are_restored(db: Database) -> None:
    """Payouts wait; restoring brings all of it back."""
    jared = await join(db)
    await decide(db, await case_of(db, jared), Decision.SUSPENDED)
    async with db.read() as session:
        affiliate = await affiliate_now(db, jared.id)
        link = await links.of_affiliate(session, jared.id)
        code = await codes.by_code(session, "JARED30")
        barrier = await first_barrier(session, await claim_of(session, affiliate, "usd"))
    assert link is not None
    assert code is not None
    assert (affiliate.status, link.suspended, link.suspension_reason, code.status) == (
        "paused",
        True,
        "Please stop that.",
        "paused",
    )
    assert "paused" in str(barrier)
    mails = [mail for mail, _ in await mails_asked_for(db)]
    assert mails[-1] == "violation_suspended"
    assert "affiliate_paused" not in mails
    async with db.transaction() as session:
        await affiliates.change_status(session, jared.id, Status.APPROVED, "", RITA)
    async with db.read() as session:
        link = await links.of_affiliate(session, jared.id)
    assert link is not None
    assert (link.suspended, link.suspension_reason) == (False, "")


async def test_who_is_paused_already_is_suspended_all_the_same(db: Database) -> None:
    """The link stops, too, and they learn why."""
    jared = await join(db)
    case = await case_of(db, jared)
    async with db.transaction() as session:
        await affiliates.change_status(session, jared.id, Status.PAUSED, "A look.", SAM)
    await decide(db, case, Decision.SUSPENDED)
    async with db.read() as session:
        link = await links.of_affiliate(session, jared.id)
    assert link is not None
    assert link.suspended
    assert (await affiliate_now(db, jared.id)).status_reason == "Please stop that."


async def test_a_termination_ends_it(db: Database) -> None:
    """With its own mail; what is found later about them is nobody's business."""
    jared = await join(db)
    await decide(db, await case_of(db, jared), Decision.TERMINATED)
    assert (await affiliate_now(db, jared.id)).status == Status.TERMINATED
    assert (await mails_asked_for(db))[-1][0] == "violation_terminated"
    await found(db, jared, finding(Kind.FORCED_CLICKS, mark="frames"))
    assert len(await violations(db)) == 1


async def test_what_was_dismissed_is_not_found_again_for_a_week(db: Database) -> None:
    """They never hear of it; later it may be looked at again."""
    jared = await join(db)
    mails = await mails_asked_for(db)
    await decide(db, await case_of(db, jared), Decision.DISMISSED)
    assert await mails_asked_for(db) == mails
    await found(db, jared)
    assert [one.status for one in await violations(db)] == ["dismissed"]
    with clock.travel(clock.now() + timedelta(days=8)):
        await found(db, jared)
    assert [one.status for one in await violations(db)] == ["dismissed", "open"]


async def test_a_case_is_decided_once_and_with_a_reason(db: Database) -> None:
    """Whoever is second is told who was first."""
    jared = await join(db)
    case = await case_of(db, jared)
    with pytest.raises(InvalidError):
        async with db.transaction() as session:
            await compliance_cases.decide(session, case, Decision.WARNED, " ", RITA)
    await decide(db, case, Decision.WARNED)
    with pytest.raises(ConflictError, match="@rita was faster"):
        await decide(db, case, Decision.TERMINATED, SAM)


async def test_operators_add_what_they_saw(db: Database) -> None:
    """With their words as evidence; twice the same is two, since they mean it."""
    jared = await join(db)
    for _ in range(2):
        async with db.transaction() as session:
            await compliance.add_by_hand(
                session, jared.id, "spam", "A mail to all of us.", RITA, url="https://mail.example"
            )
    one, _two = await violations(db)
    assert (one.source, one.note, one.created_by) == ("operator", "A mail to all of us.", "@rita")
    with pytest.raises(InvalidError) as refused:
        async with db.transaction() as session:
            await compliance.add_by_hand(session, jared.id, "hats", " ", RITA)
    assert set(refused.value.fields) == {"kind", "note"}


async def test_affiliates_answer_what_they_were_told(db: Database) -> None:
    """Their own cases only, not before a decision, and not without end."""
    jared = await join(db)
    mia = await join(db, "MIA30", email="mia@example.com", requested_code="MIA30")
    case = await case_of(db, jared)

    async def answer(owner: object, text: str) -> None:
        async with db.transaction() as session:
            await compliance_cases.answer(session, owner, case, text, JARED)  # type: ignore[arg-type]

    with pytest.raises(NotFoundError):
        await answer(jared.id, "It was not me.")
    await decide(db, case, Decision.WARNED)
    with pytest.raises(NotFoundError):
        await answer(mia.id, "It was not me.")
    with pytest.raises(InvalidError):
        await answer(jared.id, " ")
    for number in range(ANSWERS_MAX):
        await answer(jared.id, f"It was not me. \x00{number}")
    with pytest.raises(InvalidError, match="write us a mail"):
        await answer(jared.id, "Once more.")
    async with db.read() as session:
        assert len(await rows.answers_of(session, case)) == ANSWERS_MAX
        assert not await rows.unread(session, jared.id)


async def test_a_dismissal_can_allow_ads_on_the_name(db: Database) -> None:
    """They asked, or it was agreed."""
    jared = await join(db)
    await found(db, jared, Finding(Kind.BRAND_BIDDING, mark="keywords"))
    (one,) = await violations(db)
    await decide(db, one.case_id, Decision.DISMISSED, may_bid=True)
    assert (await affiliate_now(db, jared.id)).may_bid
