"""Payouts: asked for, approved by enough people, paid; or given back to the balance.

From the moment it is asked for, a payout's money is reserved by a negative ledger entry. Whatever
ends a payout without the money having arrived posts the opposite entry, under a source of its own.
"""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, live, program, tax_withholding, tax_years, taxes, texts
from domain.audit import SYSTEM, Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.money import money
from domain.payout_barriers import claim_of, first_barrier
from domain.payout_views import approvals_needed
from domain.webhook_moments import payout_step
from storage import affiliates
from storage import payouts as rows
from storage.affiliates import Affiliate
from storage.ledger import LedgerEntry
from storage.payouts import Payout

STRIPE = "stripe"
"""The one method that pays by itself; every other is paid by hand."""
REFERENCE_MAX = 200
_SHOWN_AS = {rows.FAILED: "not_requested"}
"""An affiliate's `payout_status`, where it is not the payout's own: they have to ask again."""


async def request(
    session: AsyncSession, affiliate_id: UUID, actor: Actor, currency: str | None = None
) -> Payout:
    """Ask for the whole available balance of a currency (the program's), and reserve it.

    Of two requests at the same moment one wins. What can stop a request is in
    `payout_barriers`; its `DomainError` is raised.
    """
    affiliate = await _affiliate(session, affiliate_id)
    settings = await program.load(session)
    claim = await claim_of(session, affiliate, currency or settings.currency)
    if refusal := await first_barrier(session, claim):
        raise refusal
    withheld = await tax_withholding.part_of(session, affiliate.id, claim.available)
    form = (await taxes.standing(session, affiliate.id)).form
    payout = Payout(
        affiliate_user_id=affiliate.id,
        amount_cents=claim.available - withheld,
        withheld_cents=withheld,
        tax_form_id=form.id if form else None,
        currency=claim.currency,
        method=affiliate.payout_method or rows.MANUAL,
        destination=affiliate.payout_destination,
    )
    session.add(payout)
    await session.flush()
    _post(session, payout, -payout.amount_cents, "payout", "")
    if withheld:
        _post(session, payout, -withheld, "payout_withheld", ":withheld")
    await _step(session, payout, affiliate, rows.REQUESTED, action="requested", actor=actor)
    await _mail(session, payout, affiliate, "payout_requested")
    return payout


async def approve(session: AsyncSession, payout_id: UUID, actor: Actor) -> Payout:
    """Approve, or be the first of the two who have to.

    The last approval sends the transfer on its way; what is paid by hand then waits for
    `mark_paid`. Raises `ConflictError` if it is decided, for the same person's second time, or
    while there is no tax form that counts.
    """
    payout, affiliate = await _open(session, payout_id, (rows.REQUESTED,))
    if await taxes.refusal(session, affiliate.id):
        raise ConflictError(
            f"The tax form of {affiliate.promo_code} was sent back, has expired or is not verified "
            "yet. Approve this payout when there is one that counts, or reject it."
        )
    if any(each["id"] == actor.id for each in payout.approvals):
        raise ConflictError("You have approved this payout already: somebody else has to, too.")
    payout.approvals = [*payout.approvals, {"id": actor.id, "name": actor.name or actor.id}]
    enough = len(payout.approvals) >= approvals_needed(payout, await program.load(session))
    if enough:
        _decided_by(payout, " and ".join(each["name"] for each in payout.approvals))
    status = rows.APPROVED if enough else rows.REQUESTED
    await _step(session, payout, affiliate, status, action="approved", actor=actor, final=enough)
    if enough and payout.method == STRIPE:
        await effects.transfer(session, payout.id)
    return payout


async def reject(session: AsyncSession, payout_id: UUID, reason: str, actor: Actor) -> Payout:
    """Turn a payout down, with a reason that is mailed; the money is back in the balance.

    One that is approved can still be rejected while nobody has paid it by hand. Raises
    `InvalidError` without a reason, `ConflictError` if it is too late.
    """
    payout, affiliate = await _open(session, payout_id, rows.OPEN)
    if payout.status == rows.APPROVED and payout.method == STRIPE:
        raise ConflictError("This payout is approved, and its transfer is on its way.")
    payout.reason = texts.require_reason(reason)
    _decided_by(payout, actor.name or actor.id)
    _post(session, payout, payout.amount_cents, "payout_rejected", ":rejected")
    _give_back_withheld(session, payout)
    await _step(
        session,
        payout,
        affiliate,
        rows.REJECTED,
        action="rejected",
        actor=actor,
        reason=payout.reason,
    )
    await _mail(session, payout, affiliate, "payout_rejected")
    return payout


async def mark_paid(session: AsyncSession, payout_id: UUID, reference: str, actor: Actor) -> Payout:
    """Write down that an approved payout was paid by hand, and how to find that payment.

    Raises `InvalidError` without a reference, `ConflictError` if it is not approved or if a
    transfer pays it.
    """
    payout, affiliate = await _open(session, payout_id, (rows.APPROVED,))
    if payout.method == STRIPE:
        raise ConflictError("A transfer pays this one, and marks it paid by itself.")
    await note_payment(session, payout, affiliate, parse_reference(reference), actor)
    return payout


async def note_payment(
    session: AsyncSession, payout: Payout, affiliate: Affiliate, reference: str, actor: Actor
) -> None:
    """Note a payment; payout and owner are the caller's until the transaction ends."""
    payout.reference, payout.paid_at = reference, clock.now()
    await _step(
        session, payout, affiliate, rows.PAID, action="paid", actor=actor, reference=reference
    )
    await tax_years.tell_crossing(session, payout)
    await _mail(session, payout, affiliate, "payout_paid")


async def transferred(session: AsyncSession, payout_id: UUID, reference: str) -> None:
    """Note that the transfer of a payout was made; a second time changes nothing."""
    payout = await _found(session, payout_id, lock=True)
    if payout.status == rows.APPROVED:
        affiliate = await _affiliate(session, payout.affiliate_user_id)
        await note_payment(session, payout, affiliate, reference, SYSTEM)


async def fail(session: AsyncSession, payout_id: UUID, why: str) -> None:
    """Give up on a transfer that was refused for good: back to the balance, everybody told.

    `why` is for operators alone. A second time changes nothing.
    """
    payout = await _found(session, payout_id, lock=True)
    if payout.status != rows.APPROVED:
        return
    affiliate = await _affiliate(session, payout.affiliate_user_id)
    payout.reason = texts.keepable(why)
    _post(session, payout, payout.amount_cents, "payout_failed", ":failed")
    _give_back_withheld(session, payout)
    await _step(
        session, payout, affiliate, rows.FAILED, action="failed", actor=SYSTEM, why=payout.reason
    )
    amount = money(payout.amount_cents, payout.currency)
    await effects.tell_operators(
        session,
        f"The payout of {amount} to {affiliate.promo_code} failed and is back in their balance. "
        f"{payout.reason}",
    )
    await _mail(session, payout, affiliate, "payout_failed")


async def transfer_reversed(
    session: AsyncSession, reference: str, amount_cents: int
) -> Payout | None:
    """Give back to the balance what was reversed of a transfer.

    `amount_cents` is all that was reversed of it so far, so repeated and overtaken news post
    nothing. The payout has failed once all of it came back, and its owner is mailed what to do.
    None if no payout was paid by this transfer, or none yet.
    """
    payout = await rows.by_reference(session, reference, STRIPE)
    if payout is None:
        return None
    affiliate = await _affiliate(session, payout.affiliate_user_id)
    due = min(amount_cents, payout.amount_cents)
    back = due - await rows.given_back(session, payout)
    if back <= 0:
        return payout
    _post(session, payout, back, "payout_reversed", f"{rows.REVERSED}{due}")
    status = rows.FAILED if due == payout.amount_cents else rows.PAID
    if status == rows.FAILED:
        _give_back_withheld(session, payout)
    await _step(session, payout, affiliate, status, action="reversed", actor=SYSTEM, amount=back)
    part, whole = (money(cents, payout.currency) for cents in (back, payout.amount_cents))
    await effects.tell_operators(
        session,
        f"{part} of the payout of {whole} to {affiliate.promo_code} was reversed ({reference}) "
        "and is back in their balance.",
    )
    if status == rows.FAILED:
        await _mail(session, payout, affiliate, "payout_failed")
    return payout


async def _step(
    session: AsyncSession,
    payout: Payout,
    affiliate: Affiliate,
    status: str,
    *,
    action: str,
    actor: Actor,
    **detail: str | int,
) -> None:
    """Bring a payout to a status; the log, the card and the directory follow."""
    payout.status = status
    session.add(payout)
    await session.flush()
    shown = (await rows.foremost(session, affiliate.id)).status
    affiliate.payout_status = _SHOWN_AS.get(shown, shown)
    session.add(affiliate)
    await session.flush()
    about = {"amount": payout.amount_cents, "currency": payout.currency, **detail}
    await record(session, actor, f"payout.{action}", f"payout:{payout.id}", **about)
    await effects.show_payout(session, payout.id)
    await effects.update_directory(session, affiliate.email_key)
    await live.touch(session, affiliate.id)
    await payout_step(session, action, payout)


def _post(session: AsyncSession, payout: Payout, amount: int, reason: str, part: str) -> None:
    """Move money between the balance and the payout, available at once; `part` makes it unique."""
    session.add(
        LedgerEntry(
            affiliate_user_id=payout.affiliate_user_id,
            amount=amount,
            currency=payout.currency,
            reason=reason,
            source=f"payout:{payout.id}{part}",
            available_at=clock.now(),
        )
    )


def _give_back_withheld(session: AsyncSession, payout: Payout) -> None:
    """Post back what was withheld beside a payout of which nothing arrived."""
    if payout.withheld_cents:
        _post(session, payout, payout.withheld_cents, "payout_withheld_back", ":withheld_back")


def _decided_by(payout: Payout, names: str) -> None:
    payout.decided_at, payout.decided_by = clock.now(), names


async def _mail(session: AsyncSession, payout: Payout, affiliate: Affiliate, template: str) -> None:
    await effects.send_mail(session, template, affiliate.email, payout=str(payout.id))


def parse_reference(text: str) -> str:
    """A reference as it is kept. Raises `InvalidError`, its field `reference`."""
    reference = texts.keepable(text).strip()
    if reference and len(reference) <= REFERENCE_MAX:
        return reference
    sentence = (
        f"Keep the reference under {REFERENCE_MAX} characters."
        if reference
        else "Write down how to find the payment: its number, or a link to it."
    )
    raise InvalidError(sentence, {"reference": sentence})


async def _found(session: AsyncSession, payout_id: UUID, *, lock: bool = False) -> Payout:
    payout = await rows.get(session, payout_id, lock=lock)
    if payout is None:
        raise NotFoundError("There is no such payout.")
    return payout


async def _affiliate(session: AsyncSession, affiliate_id: UUID) -> Affiliate:
    """The owner of a payout, ours until the transaction ends. Payouts are locked before owners."""
    affiliate = await affiliates.get(session, affiliate_id, lock=True)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    return affiliate


async def _open(
    session: AsyncSession, payout_id: UUID, statuses: tuple[str, ...]
) -> tuple[Payout, Affiliate]:
    """A payout in one of these states, and its owner, both ours until the transaction ends."""
    payout = await _found(session, payout_id, lock=True)
    if payout.status == rows.REQUESTED and payout.status not in statuses:
        raise ConflictError("This payout is not approved yet.")
    if payout.status not in statuses:
        by = f" by {payout.decided_by}" if payout.decided_by else ""
        raise ConflictError(f"This payout is {payout.status} already{by}.")
    return payout, await _affiliate(session, payout.affiliate_user_id)
