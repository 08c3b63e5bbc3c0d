"""Violations of the program's rules: found, reported or seen, and gathered into cases.

What looks for violations by itself, and what the public reports, opens cases and nothing else.
Only an operator's decision changes where an affiliate stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects
from domain.audit import SYSTEM, Actor, record
from domain.errors import InvalidError, NotFoundError
from domain.statuses import Status
from domain.texts import keepable
from storage import affiliates as affiliate_rows
from storage import compliance as rows
from storage.affiliates import Affiliate
from storage.compliance import AUTO, OPEN, OPERATOR, Case, Violation

NOTE_MAX: Final = 1000
QUIET: Final = timedelta(days=7)
"""How long what was decided is not told again by what finds it by itself."""


class Kind(StrEnum):
    """What can be broken."""

    SPAM = "spam"
    MISLEADING_CLAIMS = "misleading_claims"
    BRAND_BIDDING = "brand_bidding"
    MISSING_DISCLOSURE = "missing_disclosure"
    COOKIE_STUFFING = "cookie_stuffing"
    FORCED_CLICKS = "forced_clicks"
    OTHER = "other"


KINDS: Final[dict[Kind, str]] = {
    Kind.SPAM: "Spam",
    Kind.MISLEADING_CLAIMS: "Misleading claims",
    Kind.BRAND_BIDDING: "Ads on the brand's name",
    Kind.MISSING_DISCLOSURE: "Missing disclosure",
    Kind.COOKIE_STUFFING: "Cookie stuffing",
    Kind.FORCED_CLICKS: "Forced clicks",
    Kind.OTHER: "Something else",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that speaks for a violation. `mark` says by what it was found.

    `facts` are pairs of label and value, `samples` lines; both are shown to operators, and to
    the affiliate once it is decided. `figures` are for other rules that weigh them.
    """

    kind: Kind
    mark: str = ""
    note: str = ""
    facts: Sequence[tuple[str, str]] = ()
    samples: Sequence[str] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def evidence(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "facts": [[keepable(name), keepable(value)[:300]] for name, value in self.facts],
            "samples": [keepable(line)[:300] for line in self.samples][:10],
            "figures": self.figures,
        }


async def flag(
    session: AsyncSession, affiliate_id: UUID, found: Finding, source: str, actor: Actor
) -> Violation | None:
    """Put a violation into the affiliate's open case, opening one if there is none.

    What is in the open case already is returned as it is. What finds violations by itself is
    also silent for `QUIET` after a decision, and about who is no affiliate any more: then None.
    """
    affiliate = await affiliate_rows.hold(session, affiliate_id)
    if affiliate is None or (affiliate.status == Status.TERMINATED and source != OPERATOR):
        return None
    like = None
    if source != OPERATOR:
        like = await rows.latest_like(session, affiliate_id, found.kind, source, found.mark)
    if like is not None and like.status == OPEN:
        return like
    recent = like is not None and like.decided_at and like.decided_at > clock.now() - QUIET
    if source == AUTO and recent:
        return None
    case = await rows.open_case(session, affiliate_id)
    is_new = case is None
    if case is None:
        case = Case(affiliate_user_id=affiliate_id, open_key=str(affiliate_id))
        session.add(case)
        await session.flush()
    violation = Violation(
        affiliate_user_id=affiliate_id,
        case_id=case.id,
        kind=found.kind,
        source=source,
        mark=found.mark,
        note=keepable(found.note)[:NOTE_MAX],
        evidence=found.evidence,
        created_by=actor.name or actor.id,
    )
    session.add(violation)
    await session.flush()
    await effects.show_case(session, case.id)
    await effects.look_again(session, affiliate_id, "a violation")
    if not is_new:
        await effects.note_violation(session, case.id, violation.id)
    subject = f"affiliate:{affiliate_id}"
    await record(session, actor, "violation.flagged", subject, kind=found.kind, source=source)
    return violation


async def detect(session: AsyncSession, affiliate_id: UUID, found: Finding) -> None:
    """Put what was found automatically into the affiliate's case."""
    await flag(session, affiliate_id, found, AUTO, SYSTEM)


async def add_by_hand(
    session: AsyncSession, affiliate_id: UUID, kind: str, note: str, actor: Actor, *, url: str = ""
) -> Violation:
    """An operator adds a violation. Raises `InvalidError`, `NotFoundError`."""
    errors = {}
    if kind not in set(Kind):
        errors["kind"] = "Choose what it is."
    if not note.strip():
        errors["note"] = "Say what you saw: it is the evidence."
    if errors:
        raise InvalidError(" ".join(errors.values()), errors)
    facts = [("Seen at", url.strip())] if url.strip() else []
    finding = Finding(Kind(kind), note=note.strip(), facts=facts)
    violation = await flag(session, affiliate_id, finding, OPERATOR, actor)
    if violation is None:
        raise NotFoundError("There is no such affiliate.")
    return violation


async def allow_bidding(
    session: AsyncSession, affiliate_id: UUID, actor: Actor, *, allowed: bool
) -> Affiliate:
    """Allow an affiliate ads on the brand's name, or allow them no longer."""
    affiliate = await affiliate_rows.hold(session, affiliate_id)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    affiliate.may_bid = allowed
    session.add(affiliate)
    subject = f"affiliate:{affiliate.id}"
    await record(session, actor, "affiliate.bidding", subject, allowed=allowed)
    return affiliate
