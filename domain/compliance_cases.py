"""Cases of violations: what operators see of them and decide, and what affiliates answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import affiliates, effects
from domain.audit import Actor, record
from domain.compliance import KINDS, Kind
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.statuses import Status
from domain.texts import keepable, require_reason
from storage import affiliates as affiliate_rows
from storage import compliance as rows
from storage import links
from storage.affiliates import Affiliate
from storage.compliance import (
    CONFIRMED,
    DISMISSED,
    REPORT,
    Case,
    CaseAnswer,
    Report,
    Violation,
)

ANSWER_MAX: Final = 2000
ANSWERS_MAX: Final = 20
REPORTS_SHOWN: Final = 5


class Decision(StrEnum):
    """What operators can decide about a case."""

    WARNED = "warned"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class View:
    """A case as operators see it; `reports` holds the last ones of each violation."""

    case: Case
    affiliate: Affiliate
    violations: Sequence[Violation]
    reports: dict[UUID, Sequence[Report]]
    answers: Sequence[CaseAnswer]


@dataclass(frozen=True, slots=True)
class Seen:
    """A violation in the words that its affiliate may read: of reports only that there were."""

    kind: str
    violation: Violation
    note: str
    facts: tuple[tuple[str, str], ...]
    samples: tuple[str, ...]

    @classmethod
    def of(cls, one: Violation) -> "Seen":
        """What is told of a violation."""
        facts = tuple((str(name), str(value)) for name, value in one.evidence.get("facts", ()))
        samples = tuple(str(line) for line in one.evidence.get("samples", ()))
        note = "It was reported to us." if one.source == REPORT else one.note
        return cls(KINDS[Kind(one.kind)], one, note, facts, samples)

    @property
    def lines(self) -> list[str]:
        """The same as lines of a mail."""
        said = [f"{name}: {value}" for name, value in self.facts]
        return [line for line in (self.note, *said, *self.samples) if line]


async def decide(
    session: AsyncSession,
    case_id: UUID,
    decision: Decision,
    reason: str,
    actor: Actor,
    *,
    may_bid: bool = False,
) -> View:
    """Decide a case: all of its violations are confirmed, or dismissed with it.

    A warning, a suspension and a termination are mailed. `may_bid` allows the affiliate ads on
    the brand's name from now on. Raises `ConflictError` if it was decided, or if the step makes
    no sense from where they stand, `InvalidError` without a reason, `NotFoundError`.
    """
    found = await rows.get_case(session, case_id)
    owner = found.affiliate_user_id if found else None
    # The affiliate before the case, as `flag` has it.
    affiliate = await affiliate_rows.get(session, owner, lock=True) if owner else None
    case = await rows.get_case(session, case_id, lock=True)
    if case is None or affiliate is None:
        raise NotFoundError("There is no such case.")
    if case.decision:
        raise ConflictError(f"{case.decided_by} was faster: this case is {case.decision}.")
    reason = require_reason(reason)
    now, by = clock.now(), actor.name or actor.id
    case.decision, case.reason, case.open_key = decision, reason, None
    case.decided_by, case.decided_at = by, now
    session.add(case)
    for violation in await rows.violations_of_case(session, case_id):
        violation.status = DISMISSED if decision == Decision.DISMISSED else CONFIRMED
        violation.decided_by, violation.decided_at = by, now
        session.add(violation)
    if may_bid:
        affiliate.may_bid = True
        session.add(affiliate)
    await session.flush()
    await _carry_out(session, affiliate, case, actor)
    await effects.show_case(session, case.id)
    await effects.look_again(session, affiliate.id, "a decision about a violation")
    subject = f"affiliate:{affiliate.id}"
    detail = {"case": str(case.id), "reason": reason, "may_bid": may_bid}
    await record(session, actor, f"case.{decision}", subject, **detail)
    return await view(session, case_id)


async def _carry_out(session: AsyncSession, affiliate: Affiliate, case: Case, actor: Actor) -> None:
    if case.decision == Decision.WARNED:
        about = {"affiliate": str(affiliate.id), "case": str(case.id)}
        await effects.send_mail(session, "violation_warned", affiliate.email, **about)
    if case.decision == Decision.SUSPENDED and affiliate.status == Status.PAUSED:
        affiliate.status_reason = case.reason
        session.add(affiliate)
        await links.suspend(session, affiliate.id, case.reason)
        about = {"affiliate": str(affiliate.id), "case": str(case.id)}
        await effects.send_mail(session, "violation_suspended", affiliate.email, **about)
        return
    steps = {Decision.SUSPENDED: Status.PAUSED, Decision.TERMINATED: Status.TERMINATED}
    status = steps.get(Decision(case.decision))
    if status is not None:
        await affiliates.change_status(
            session, affiliate.id, status, case.reason, actor, case=case.id
        )


async def view(session: AsyncSession, case_id: UUID) -> View:
    """A case with all that it gathers. Raises `NotFoundError`."""
    case = await rows.get_case(session, case_id)
    affiliate = await affiliate_rows.get(session, case.affiliate_user_id) if case else None
    if case is None or affiliate is None:
        raise NotFoundError("There is no such case.")
    violations = await rows.violations_of_case(session, case_id)
    reports = {
        one.id: await rows.reports_of(session, one.id, REPORTS_SHOWN)
        for one in violations
        if one.source == rows.REPORT
    }
    answers = await rows.answers_of(session, case_id)
    return View(case, affiliate, violations, reports, answers)


async def told(session: AsyncSession, affiliate_id: UUID) -> list[View]:
    """The cases that an affiliate was told of, the newest first: those that were not dismissed."""
    cases = await rows.cases_of(session, affiliate_id)
    shown = [one for one in cases if one.decision not in {"", Decision.DISMISSED}]
    return [await view(session, one.id) for one in shown]


async def answer(
    session: AsyncSession, affiliate_id: UUID, case_id: UUID, text: str, actor: Actor
) -> None:
    """An affiliate says something to a case that they were told of; operators read it in Slack.

    Raises `InvalidError` for nothing, too much or too often, and `NotFoundError`.
    """
    await affiliate_rows.hold(session, affiliate_id)
    case = await _own_case(session, affiliate_id, case_id)
    said = keepable(text).strip()
    if not said:
        raise InvalidError("Write your answer.", {"answer": "Write your answer."})
    if len(said) > ANSWER_MAX:
        sentence = f"Keep your answer under {ANSWER_MAX} characters."
        raise InvalidError(sentence, {"answer": sentence})
    if len(await rows.answers_of(session, case.id)) >= ANSWERS_MAX:
        sentence = "You have answered as often as this page takes. Please write us a mail."
        raise InvalidError(sentence, {"answer": sentence})
    made = CaseAnswer(case_id=case.id, text=said)
    session.add(made)
    case.seen_at = case.seen_at or clock.now()
    session.add(case)
    await session.flush()
    await effects.note_answer(session, case.id, made.id)
    await effects.show_case(session, case.id)
    await record(session, actor, "case.answered", f"affiliate:{affiliate_id}", case=str(case.id))


async def mark_read(session: AsyncSession, affiliate_id: UUID, case_id: UUID) -> None:
    """An affiliate says that they have read a warning; it is not held out to them any more."""
    case = await _own_case(session, affiliate_id, case_id)
    case.seen_at = case.seen_at or clock.now()
    session.add(case)


async def _own_case(session: AsyncSession, affiliate_id: UUID, case_id: UUID) -> Case:
    case = await rows.get_case(session, case_id, lock=True)
    is_theirs = case is not None and case.affiliate_user_id == affiliate_id
    if case is None or not is_theirs or case.decision in {"", Decision.DISMISSED}:
        raise NotFoundError("There is no such case.")
    return case
