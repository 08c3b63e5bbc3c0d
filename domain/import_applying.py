"""Carrying out an import: everything that was staged as new, in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, insert
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import tiers
from domain.audit import Actor, record_each
from domain.errors import ConflictError
from domain.import_reports import WANTED
from domain.import_staging import read
from domain.imports import BROUGHT, CORRECTED, POSTED_FOR
from domain.program import Program
from domain.statuses import Status
from storage import imports as rows
from storage.affiliates import Affiliate
from storage.codes import ACTIVE, PAUSED, DiscountCode
from storage.ids import new_id
from storage.imports import ImportedAffiliate, ImportedCommission, ImportedCustomer
from storage.ledger import LedgerEntry
from storage.links import ReferralLink
from storage.locks import take_turn
from storage.referrals import Referral
from storage.staging import CHANGED, KNOWN, NEW, Staging

Watch = Callable[[str, int, int], None]
"""Told what is written now, how much of it is done, and how much there is."""

_PART: Final = 2000
_CHANGED: Final = (
    "Somebody changed what is here while this was being sorted out, so nothing was imported. "
    "Run it again."
)


@dataclass(frozen=True, slots=True)
class Terms:
    """How to take over: from which program, by whom, and up to when it accounted for sales."""

    source: str
    title: str
    settled_until: datetime
    actor: Actor


async def carry_out(
    session: AsyncSession, staging: Staging, terms: Terms, program: Program, watch: Watch
) -> None:
    """Write what is new. Raises `ConflictError` where somebody else changed it meanwhile."""
    await take_turn(session, "import")
    try:
        await _affiliates(session, staging, terms, program)
        await _links(session, staging)
        await _customers(session, staging, terms, watch)
        await _commissions(session, staging, terms, program, watch)
    except IntegrityError as error:
        raise ConflictError(_CHANGED) from error


async def _affiliates(
    session: AsyncSession, staging: Staging, terms: Terms, program: Program
) -> None:
    tier, now = await tiers.starting(session), clock.now()
    query = (
        "SELECT n, id, email, key, status, name, display_name, site, word, promotion_code, coupon,"
        " user, terms_version, joined_at FROM affiliates WHERE fate = ? ORDER BY n"
    )
    for part in staging.parts(query, [NEW], size=_PART):
        made: dict[type[SQLModel], list[SQLModel]] = {}
        lines: dict[str, dict[str, Any]] = {}
        for row in part:
            (
                n,
                external,
                email,
                key,
                status,
                name,
                display,
                site,
                word,
                *ids,
                user,
                version,
                at,
            ) = row
            affiliate = Affiliate(
                reference=f"aff_{word}",
                status=status,
                email=email,
                email_key=key,
                legal_name=name,
                display_name=display,
                platform_url=site,
                promo_code=word,
                terms_version=version,
                approved_at=read(at) or now,
                approved_by=terms.title,
                status_reason="" if status == Status.APPROVED else f"As it was at {terms.title}.",
                clerk_user_id=user,
                tier_id=tier,
            )
            made.setdefault(Affiliate, []).append(affiliate)
            code = DiscountCode(
                code=word,
                description=f"Affiliate promo code, from {terms.title}",
                discount_value=program.offer_percent,
                affiliate_user_id=affiliate.id,
                stripe_promotion_code_id=ids[0],
                stripe_coupon_id=ids[1],
                status=ACTIVE if status == Status.APPROVED else PAUSED,
                created_by=terms.actor.name or terms.actor.id,
            )
            made.setdefault(DiscountCode, []).append(code)
            link = ReferralLink(affiliate_user_id=affiliate.id, ref=word)
            made.setdefault(ReferralLink, []).append(link)
            staging.run("UPDATE affiliates SET target = ? WHERE n = ?", [str(affiliate.id), n])
            lines[f"affiliate:{affiliate.id}"] = {"from": terms.source, "code": word}
            origin = ImportedAffiliate(
                affiliate_user_id=affiliate.id,
                source=terms.source,
                external_id=external or "",
                settled_until=terms.settled_until,
            )
            made.setdefault(ImportedAffiliate, []).append(origin)
        for table, models in made.items():
            await _insert(session, table, [one.model_dump() for one in models])
        await record_each(session, terms.actor, "affiliate.imported", lines)
    await _origins(session, staging, terms)


async def _origins(session: AsyncSession, staging: Staging, terms: Terms) -> None:
    """Remember what those who were here already are called there."""
    query = "SELECT target, id FROM affiliates WHERE fate = ? AND file >= 0 ORDER BY n"
    for part in staging.parts(query, [KNOWN], size=_PART):
        known = await rows.brought_from(session, terms.source, [UUID(target) for target, _ in part])
        made = [
            ImportedAffiliate(affiliate_user_id=UUID(target), source=terms.source, external_id=id_)
            for target, id_ in part
            if UUID(target) not in known
        ]
        await _insert(session, ImportedAffiliate, [one.model_dump() for one in made])


async def _links(session: AsyncSession, staging: Staging) -> None:
    query = (
        "SELECT ref, target FROM links JOIN affiliates AS a ON a.n = owner WHERE links.fate = ?"
        " AND ref <> COALESCE(word, '') ORDER BY links.n"
    )
    for part in staging.parts(query, [NEW], size=_PART):
        made = [ReferralLink(affiliate_user_id=UUID(target), ref=ref) for ref, target in part]
        await _insert(session, ReferralLink, [one.model_dump() for one in made])


async def _customers(session: AsyncSession, staging: Staging, terms: Terms, watch: Watch) -> None:
    (total,) = staging.one("SELECT COUNT(*) FROM customers WHERE fate = ?", [NEW]) or (0,)
    query = (
        "SELECT customer, c.user, c.email, paid, plan, c.status, at, target, COALESCE(word, '')"
        " FROM customers AS c JOIN affiliates AS a ON a.n = owner WHERE c.fate = ? ORDER BY c.n"
    )
    now, done = clock.now(), 0
    blank = Referral(affiliate_user_id=new_id()).model_dump()
    origin = {"source": terms.source, "settled_until": terms.settled_until, "created_at": now}
    for part in staging.parts(query, [NEW], size=_PART):
        # Addresses are nobody's key: who came meanwhile would stand here twice.
        if await rows.known_customers(session, [row[:3] for row in part]):
            raise ConflictError(_CHANGED)
        made = [
            blank
            | {
                "id": new_id(),
                "affiliate_user_id": UUID(target),
                "customer_id": customer or None,
                "user_id": user,
                "email_key": email,
                "code_used": word if paid else "",
                "plan": plan,
                "status": status,
                "attributed_by": "import",
                # Whoever paid there stays theirs for good; a sign-up only within its window.
                "first_sale": bool(paid),
                "created_at": read(at) or now,
            }
            for customer, user, email, paid, plan, status, at, target, word in part
        ]
        await _insert(session, Referral, made)
        await _insert(session, ImportedCustomer, [origin | {"referral_id": r["id"]} for r in made])
        done += len(part)
        watch("Writing customers", done, total)


async def _commissions(
    session: AsyncSession, staging: Staging, terms: Terms, program: Program, watch: Watch
) -> None:
    (total,) = staging.one("SELECT COUNT(*) FROM commissions WHERE fate IN (?, ?)", _CHANGES) or (
        0,
    )
    query = (
        f"SELECT c.id, amount, currency, c.state, {_C_WANTED}, held, at, free_at, c.target, posted,"  # noqa: S608 - names are ours
        " revision, a.target FROM commissions AS c JOIN affiliates AS a ON a.n = owner"
        " WHERE c.fate IN (?, ?) ORDER BY c.n"
    )
    writing, done = _Writing(session, terms, program, clock.now()), 0
    for part in staging.parts(query, _CHANGES, size=_PART):
        await writing.write(part)
        done += len(part)
        watch("Writing commissions", done, total)


_CHANGES: Final = [NEW, CHANGED]
_C_WANTED: Final = WANTED.replace("state", "c.state")


class _Writing:
    """Writes commissions and their entries, part by part."""

    def __init__(
        self, session: AsyncSession, terms: Terms, program: Program, now: datetime
    ) -> None:
        self._session, self._terms, self._now = session, terms, now
        self._hold = timedelta(days=program.hold_days)

    async def write(self, part: Sequence[tuple[Any, ...]]) -> None:
        made, changed, entries = [], [], []
        for row in part:
            (external, amount, currency, state, wanted, held, at, free_at, kept, posted, *rest) = (
                row
            )
            revision, owner = rest
            earned = read(at) or self._now
            free = read(free_at) or (earned + self._hold if held else self._now)
            difference = wanted - (posted or 0)
            commission = {
                "id": UUID(kept) if kept else new_id(),
                "amount": amount,
                "state": state,
                "posted": wanted,
                "revision": (revision or 0) + (difference != 0),
                "updated_at": self._now,
            }
            if kept:
                changed.append(commission)
            else:
                made.append(
                    commission
                    | {
                        "source": self._terms.source,
                        "external_id": external,
                        "affiliate_user_id": UUID(owner),
                        "currency": currency,
                        "earned_at": earned,
                        "available_at": free,
                        "created_at": self._now,
                    }
                )
            if difference:
                entries.append(
                    {
                        "id": new_id(),
                        "affiliate_user_id": UUID(owner),
                        "amount": difference,
                        "currency": currency,
                        "reason": CORRECTED if kept else BROUGHT,
                        "source": f"{POSTED_FOR}{commission['id']}:{commission['revision']}",
                        # A correction is available on the day of what it corrects.
                        "available_at": free,
                        "created_at": self._now,
                    }
                )
        await _insert(self._session, ImportedCommission, made)
        await rows.change_commissions(self._session, changed)
        await _insert(self._session, LedgerEntry, entries)


async def _insert(
    session: AsyncSession, table: type[SQLModel], values: Sequence[dict[str, Any]]
) -> None:
    if values:
        await session.exec(insert(table), params=list(values))
