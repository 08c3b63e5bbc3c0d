"""Erasure: an affiliate's personal data goes, what money and law need stays.

What goes and what stays is told by `domain.privacy`, which the public page is made from. The rows
of the ledger, of payouts and of the audit log are not touched: they name an affiliate by an id,
which then leads to nobody.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import codes, effects, erased_rows, live, webhook_moments
from domain.audit import Actor, record
from domain.erased_rows import FORMER
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.money import money
from domain.program import load
from domain.retention import forget_tax_forms
from domain.statuses import Status
from domain.texts import require_reason
from storage import affiliates, erasing, ledger, links, payouts
from storage import erasures as rows
from storage.affiliates import Affiliate
from storage.erasures import Erasure
from storage.ledger import LedgerEntry

ANSWER_DAYS: Final = 30
"""The law gives a month to answer: Art. 12 (3) GDPR."""
TYPED: Final = "ERASE"
"""What an affiliate types so that nobody erases themselves by a slip."""
WAIVED: Final = "waived"
DONE: Final = "erasure_done"
"""The last mail to somebody. Whom it went to is forgotten when it has left."""
_NOWHERE: Final = "@erased.invalid"


@dataclass(frozen=True, slots=True)
class View:
    """A request, who asks, and what stands in its way: sentences, empty if nothing does."""

    erasure: Erasure
    affiliate: Affiliate
    obstacles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Traces:
    """Effects and events that name somebody; found before, as that takes its time."""

    effects: Sequence[UUID]
    events: Sequence[UUID]


async def obstacles(session: AsyncSession, affiliate: Affiliate, *, waives: bool) -> list[str]:
    """What has to be settled before an affiliate can be erased, in sentences."""
    found = []
    for payout in await payouts.of_affiliate(session, affiliate.id):
        if payout.status in payouts.OPEN:
            amount = money(payout.amount_cents, payout.currency)
            found.append(f"A payout of {amount} is on its way: it has to arrive first.")
    if not waives:
        for currency, owed in (await owed_to(session, affiliate)).items():
            found.append(
                f"{money(owed, currency)} are owed, a part of it perhaps still on hold: that has "
                "to be paid first, or given up."
            )
    return found


async def owed_to(session: AsyncSession, affiliate: Affiliate) -> dict[str, int]:
    """What an affiliate would give up, by currency, in minor units."""
    balances = await ledger.balances(session, affiliate.id, clock.now())
    return {currency: sum(both) for currency, both in balances.items() if sum(both) > 0}


async def ask(
    session: AsyncSession, affiliate_id: UUID, actor: Actor, *, waives: bool = False
) -> Erasure:
    """Ask for an affiliate's erasure; operators get a card, with the day by which to answer.

    Raises `ConflictError` while a payout is open, while money is owed that is not given up, and
    if they have asked already.
    """
    affiliate = await _affiliate(session, affiliate_id)
    if is_erased(affiliate):
        raise ConflictError("Their data was erased already.")
    if await rows.open_of(session, affiliate.id) is not None:
        raise ConflictError("This was asked for already, and waits for an answer.")
    if found := await obstacles(session, affiliate, waives=waives):
        raise ConflictError(" ".join(found))
    erasure = Erasure(
        affiliate_user_id=affiliate.id,
        open_key=str(affiliate.id),
        waives=waives,
        due_at=clock.now() + timedelta(days=ANSWER_DAYS),
    )
    session.add(erasure)
    await session.flush()
    subject = f"affiliate:{affiliate.id}"
    await record(session, actor, "privacy.erasure_asked", subject, waives=waives)
    await effects.show_erasure(session, erasure.id)
    return erasure


async def withdraw(session: AsyncSession, affiliate_id: UUID, actor: Actor) -> None:
    """Take the request back. Raises `NotFoundError` if there is none that waits."""
    await _affiliate(session, affiliate_id)
    erasure = await rows.open_of(session, affiliate_id)
    if erasure is None:
        raise NotFoundError("You have not asked to be erased, or that was decided already.")
    await _decide(session, erasure, rows.WITHDRAWN, "", actor)


async def keep(session: AsyncSession, erasure_id: UUID, reason: str, actor: Actor) -> View:
    """Refuse a request, with a reason that is mailed: the law wants one.

    Raises `InvalidError` without a reason, `ConflictError` if it is decided.
    """
    erasure, affiliate = await _open(session, erasure_id)
    await _decide(session, erasure, rows.KEPT, require_reason(reason), actor)
    await effects.send_mail(session, "erasure_refused", affiliate.email, erasure=str(erasure.id))
    return View(erasure, affiliate, [])


async def traces(session: AsyncSession, affiliate_id: UUID) -> Traces:
    """Where else an affiliate is named: in what we told services, and what they told us."""
    affiliate = await affiliates.get(session, affiliate_id)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    names = (affiliate.legal_name, affiliate.display_name)
    texts = [affiliate.email, affiliate.email_key, affiliate.platform_url, *names]
    return Traces(*await erasing.mentions(session, sorted({text for text in texts if text})))


async def erase(session: AsyncSession, erasure_id: UUID, found: Traces, actor: Actor) -> Affiliate:
    """Erase an affiliate, and tell them once more. It cannot be undone.

    Raises `ConflictError` if it is decided, or if money stands in the way by now.
    """
    erasure, affiliate = await _open(session, erasure_id)
    if stands := await obstacles(session, affiliate, waives=erasure.waives):
        raise ConflictError(" ".join(["This cannot be done yet.", *stands]))
    email, user = affiliate.email, affiliate.clerk_user_id
    cards = await erasing.cards(session, affiliate)
    paid = await payouts.of_affiliate(session, affiliate.id)
    await _give_up(session, erasure, affiliate)
    await erasing.forget_waiting(session, affiliate)
    await erased_rows.remove(session, affiliate)
    await erasing.forget_mentions(session, found.effects, found.events)
    _forget_who(affiliate)
    session.add(affiliate)
    await session.flush()
    await codes.set_honoured(session, affiliate.id, honoured=False)
    await links.suspend(session, affiliate.id, affiliate.status_reason)
    erasure.decision = rows.ERASED
    session.add(erasure)
    await session.flush()
    await forget_tax_forms(session, await load(session))
    await live.touch_all(session)
    await webhook_moments.affiliate(session, "affiliate.erased", affiliate)
    for card in cards:
        await effects.wipe_card(session, card.kind, card.subject)
    for payout in paid:
        await effects.show_payout(session, payout.id)
    await effects.forget_in_directory(session, affiliate.id, user, "" if user else email)
    await effects.report_intake(session)
    await effects.send_mail(session, DONE, email, erasure=str(erasure.id))
    await _decide(session, erasure, rows.ERASED, "", actor)
    return affiliate


def is_erased(affiliate: Affiliate) -> bool:
    """Whether nobody is behind these rows any more."""
    return affiliate.email.endswith(_NOWHERE)


async def view(session: AsyncSession, erasure_id: UUID) -> View:
    """A request with all that its card shows."""
    erasure = await rows.get(session, erasure_id)
    affiliate = await affiliates.get(session, erasure.affiliate_user_id) if erasure else None
    if erasure is None or affiliate is None:
        raise NotFoundError("There is no such request.")
    stands = [] if erasure.decision else await obstacles(session, affiliate, waives=erasure.waives)
    return View(erasure, affiliate, stands)


def _forget_who(affiliate: Affiliate) -> None:
    """Leave a row that money can refer to, and that leads to nobody.

    The address is replaced by chance, not by a hash: whoever knows an address could try it.
    """
    nobody = f"{secrets.token_hex(12)}{_NOWHERE}"
    affiliate.email, affiliate.email_key = nobody, nobody
    affiliate.legal_name, affiliate.display_name = "", FORMER
    affiliate.platform_url = affiliate.payout_destination = affiliate.unpayable_account = ""
    affiliate.clerk_user_id = affiliate.time_zone = ""
    affiliate.shows_name = affiliate.may_bid = False
    affiliate.status, affiliate.status_reason = Status.TERMINATED, "Erased at their own wish."
    affiliate.updated_at = clock.now()


async def _give_up(session: AsyncSession, erasure: Erasure, affiliate: Affiliate) -> None:
    """Post what they gave up, so that nobody goes on to owe it to them."""
    for currency, owed in (await owed_to(session, affiliate)).items():
        session.add(
            LedgerEntry(
                affiliate_user_id=affiliate.id,
                amount=-owed,
                currency=currency,
                reason=WAIVED,
                source=f"erasure:{erasure.id}:{currency}",
                available_at=clock.now(),
            )
        )
    await session.flush()


async def _decide(
    session: AsyncSession, erasure: Erasure, decision: str, reason: str, actor: Actor
) -> None:
    erasure.decision, erasure.reason, erasure.open_key = decision, reason, None
    erasure.decided_by, erasure.decided_at = actor.name or actor.id, clock.now()
    session.add(erasure)
    await session.flush()
    await effects.show_erasure(session, erasure.id)
    subject = f"affiliate:{erasure.affiliate_user_id}"
    await record(session, actor, f"privacy.{decision}", subject, waives=erasure.waives)


async def _open(session: AsyncSession, erasure_id: UUID) -> tuple[Erasure, Affiliate]:
    found = await rows.get(session, erasure_id)
    if found is None:
        raise NotFoundError("There is no such request.")
    affiliate = await _affiliate(session, found.affiliate_user_id)
    erasure = await rows.get(session, erasure_id, lock=True)
    if erasure is None or erasure.decision:
        raise ConflictError(f"This was decided already: {found.decision}.")
    return erasure, affiliate


async def _affiliate(session: AsyncSession, affiliate_id: UUID) -> Affiliate:
    affiliate = await affiliates.get(session, affiliate_id, lock=True)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    return affiliate


def require_typed(text: str) -> None:
    """Raises `InvalidError` unless somebody typed that they mean it."""
    if text.strip().upper() != TYPED:
        sentence = f"Type {TYPED} to confirm."
        raise InvalidError(sentence, {"typed": sentence})
