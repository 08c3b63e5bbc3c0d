"""What operators decide about a pause for a fraud score, and what affiliates say to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import affiliates, effects
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.fraud_rules import RULES
from domain.statuses import Status
from domain.texts import keepable, require_reason
from storage import affiliates as affiliate_rows
from storage import fraud as rows
from storage.affiliates import Affiliate
from storage.fraud import BANNED, RESTORED, FraudAppeal, FraudFlag

APPEAL_MAX: Final = 2000
ANSWER_MAX: Final = 1000

_STEPS: Final = {RESTORED: Status.APPROVED, BANNED: Status.TERMINATED}


@dataclass(frozen=True, slots=True)
class View:
    """A pause as operators see it."""

    flag: FraudFlag
    affiliate: Affiliate
    appeals: Sequence[FraudAppeal]


@dataclass(frozen=True, slots=True)
class Told:
    """What an affiliate is told of the last pause: of what kind the reasons are, and no more.

    `may_appeal` says that they can say something to it, once before and once after a ban.
    """

    flag: FraudFlag
    noticed: tuple[str, ...]
    appeals: Sequence[FraudAppeal]
    may_appeal: bool


async def decide(
    session: AsyncSession, flag_id: UUID, decision: str, reason: str, actor: Actor
) -> View:
    """Restore or ban the affiliate; `decision` is `RESTORED` or `BANNED`.

    Raises `ConflictError` if it was decided, `InvalidError` without a reason, `NotFoundError`.
    """
    found = await rows.get_flag(session, flag_id)
    owner = found.affiliate_user_id if found else None
    # The affiliate before the pause, as whoever changes their status has it.
    affiliate = await affiliate_rows.get(session, owner, lock=True) if owner else None
    flag = await rows.get_flag(session, flag_id, lock=True)
    if flag is None or affiliate is None:
        raise NotFoundError("There is no such pause.")
    if flag.decision:
        raise ConflictError(f"{flag.decided_by} was faster: this affiliate is {flag.decision}.")
    reason = require_reason(reason)
    await affiliates.change_status(session, affiliate.id, _STEPS[decision], reason, actor)
    subject = f"affiliate:{affiliate.id}"
    detail = {"flag": str(flag.id), "score": flag.score, "reason": reason}
    await record(session, actor, f"fraud.{decision}", subject, **detail)
    return await view(session, flag_id)


async def view(session: AsyncSession, flag_id: UUID) -> View:
    """A pause with all that belongs to it. Raises `NotFoundError`."""
    flag = await rows.get_flag(session, flag_id)
    affiliate = await affiliate_rows.get(session, flag.affiliate_user_id) if flag else None
    if flag is None or affiliate is None:
        raise NotFoundError("There is no such pause.")
    return View(flag, affiliate, await rows.appeals_of(session, flag_id))


async def told(session: AsyncSession, affiliate_id: UUID) -> Told | None:
    """What an affiliate may read of their last pause; None if there was none."""
    flags = await rows.flags_of(session, affiliate_id, 10)
    flag = next((one for one in flags if not one.by_hand), None)
    if flag is None:
        return None
    appeals = await rows.appeals_of(session, flag.id)
    may = flag.decision != RESTORED and _once(flag) not in {one.once for one in appeals}
    return Told(flag, noticed(flag), appeals, may)


def noticed(flag: FraudFlag) -> tuple[str, ...]:
    """What kinds of things were noticed, in words that help nobody to hide them."""
    known = (RULES.get(one["rule"]) for one in flag.reasons if one["points"])
    return tuple(dict.fromkeys(rule.told for rule in known if rule))


async def appeal(session: AsyncSession, affiliate_id: UUID, text: str, actor: Actor) -> None:
    """An affiliate says something to a pause or a ban; operators read it below the card.

    Raises `InvalidError` for nothing or too much, `ConflictError` for a second time, and
    `NotFoundError`.
    """
    await affiliate_rows.hold(session, affiliate_id)
    known = await told(session, affiliate_id)
    if known is None or known.flag.decision == RESTORED:
        raise NotFoundError("There is nothing to appeal against.")
    said = keepable(text).strip()
    if not said:
        raise InvalidError("Write what we should know.", {"appeal": "Write what we should know."})
    if len(said) > APPEAL_MAX:
        sentence = f"Keep it under {APPEAL_MAX} characters."
        raise InvalidError(sentence, {"appeal": sentence})
    if not known.may_appeal:
        raise ConflictError("You have written to us about this already. A person reads it.")
    made = FraudAppeal(flag_id=known.flag.id, once=_once(known.flag), text=said)
    session.add(made)
    await session.flush()
    await effects.show_fraud(session, known.flag.id)
    await effects.note_appeal(session, known.flag.id, made.id)
    subject = f"affiliate:{affiliate_id}"
    await record(session, actor, "fraud.appealed", subject, flag=str(known.flag.id))


async def answer(session: AsyncSession, appeal_id: UUID, text: str, actor: Actor) -> View:
    """Answer an appeal by a mail. Raises `ConflictError` if somebody did, `NotFoundError`."""
    found = await rows.get_appeal(session, appeal_id, lock=True)
    if found is None:
        raise NotFoundError("There is no such appeal.")
    if found.answer:
        raise ConflictError(f"{found.answered_by} was faster: this appeal is answered.")
    said = require_reason(text)
    found.answer, found.answered_by = said, actor.name or actor.id
    found.answered_at = clock.now()
    session.add(found)
    await session.flush()
    shown = await view(session, found.flag_id)
    about = {"affiliate": str(shown.affiliate.id), "appeal": str(found.id)}
    await effects.send_mail(session, "fraud_answered", shown.affiliate.email, **about)
    await effects.show_fraud(session, found.flag_id)
    subject = f"affiliate:{shown.affiliate.id}"
    await record(session, actor, "fraud.answered", subject, flag=str(found.flag_id))
    return shown


def _once(flag: FraudFlag) -> str:
    return f"{flag.id}:{flag.decision}"
