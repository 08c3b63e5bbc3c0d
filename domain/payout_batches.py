"""Batches: payouts that are paid together, by one payment file, and marked paid in one go.

A payout that is in a batch comes into no other file. It leaves the batch by being paid or
rejected, or when the batch is released because its file was never used.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, payouts
from domain.audit import Actor, record
from domain.errors import ConflictError, NotFoundError
from storage import affiliates
from storage import payout_batches as rows
from storage.affiliates import Affiliate
from storage.payout_batches import PayoutBatch
from storage.payouts import APPROVED, PAID, Payout

Payment = tuple[Payout, Affiliate]
PART = 50
"""So many are marked paid in one transaction: well within a second, others wait no longer."""


@dataclass(frozen=True, slots=True)
class View:
    """A batch: what of it is `waiting`, what was `paid` by its file, and what was settled alone."""

    batch: PayoutBatch
    waiting: Sequence[Payment]
    paid: Sequence[Payment]
    alone: Sequence[Payment]


def total(payments: Sequence[Payment]) -> int:
    """The sum of payments of one currency, in its minor units."""
    return sum(payout.amount_cents for payout, _ in payments)


async def make(
    session: AsyncSession, service: str, currency: str, found: Sequence[Payout], actor: Actor
) -> PayoutBatch:
    """Put approved payouts, which are in no batch and locked by the caller, into a new one."""
    batch = await rows.add(session, service, currency, found, actor.name or actor.id)
    for payout in found:
        await effects.show_payout(session, payout.id)
    await _record(session, batch, actor, "made", found, service=service)
    return batch


async def view(session: AsyncSession, number: int) -> View:
    """An open batch as it stands. Raises `ConflictError` if it is paid or released."""
    return await _members(session, await _open(session, number))


async def seen(session: AsyncSession, number: int) -> View:
    """A batch as it stands, also one that is paid or released. Raises `NotFoundError`."""
    return await _members(session, await _found(session, number))


async def take_again(session: AsyncSession, number: int, actor: Actor) -> View:
    """An open batch for making its file once more; the log says who took it.

    Raises `ConflictError` if nothing in it waits to be paid.
    """
    found = await _unpaid(session, number)
    _require_any(found)
    await _record(session, found.batch, actor, "taken_again", _payouts(found.waiting))
    return found


async def mark_paid(session: AsyncSession, number: int, reference: str, actor: Actor) -> View:
    """Write down that a batch's file was paid: `PART` payouts of those that still wait.

    Answers with the batch as it is then; call again while any are `waiting`. The first call
    decides the reference, and the last closes the batch. The same once more changes nothing.
    Raises `InvalidError` without a reference; `ConflictError` if it is released, paid as something
    else, or nothing in it waits.
    """
    text = payouts.parse_reference(reference)
    batch = await _found(session, number, lock=True)
    found = await _members(session, batch, lock=True)
    if batch.status == rows.PAID and batch.reference == text:
        return found
    _require_open(batch)
    if batch.reference not in {"", text}:
        raise ConflictError(
            f"Batch {number} is being marked paid as {batch.reference}: finish it with that "
            "reference."
        )
    if not found.paid:
        _require_any(found)
    batch.reference = text
    for payout, affiliate in found.waiting[:PART]:
        await payouts.note_payment(session, payout, affiliate, text, actor)
    found = await _members(session, batch)
    if not found.waiting:
        _close(batch, rows.PAID, actor)
        left = [payout.number for payout, _ in found.alone]
        paid = _payouts(found.paid)
        await _record(session, batch, actor, "paid", paid, reference=text, left_alone=left)
    session.add(batch)
    return found


async def release(session: AsyncSession, number: int, actor: Actor) -> View:
    """Give up a batch whose file was not used: what waits in it comes into the next one.

    Raises `ConflictError` if it is paid or released already.
    """
    found = await _unpaid(session, number)
    for payout, _ in found.waiting:
        payout.batch = None
        session.add(payout)
        await effects.show_payout(session, payout.id)
    _close(found.batch, rows.RELEASED, actor)
    await _record(session, found.batch, actor, "released", _payouts(found.waiting))
    return found


def _close(batch: PayoutBatch, status: str, actor: Actor) -> None:
    batch.status, batch.closed_at = status, clock.now()
    batch.closed_by = actor.name or actor.id


def _payouts(payments: Sequence[Payment]) -> list[Payout]:
    return [payout for payout, _ in payments]


def _require_any(found: View) -> None:
    if not found.waiting:
        raise ConflictError(f"Nothing in batch {found.batch.number} waits to be paid any more.")


async def _record(
    session: AsyncSession,
    batch: PayoutBatch,
    actor: Actor,
    action: str,
    found: Sequence[Payout],
    **detail: str | list[str],
) -> None:
    about = {
        "count": len(found),
        "amount": sum(payout.amount_cents for payout in found),
        "currency": batch.currency,
        **detail,
    }
    session.add(batch)
    subject = f"payout_batch:{batch.number}"
    await record(session, actor, f"payout_batch.{action}", subject, **about)


async def _found(session: AsyncSession, number: int, *, lock: bool = False) -> PayoutBatch:
    batch = await rows.get(session, number, lock=lock)
    if batch is None:
        raise NotFoundError("There is no such batch.")
    return batch


async def _open(session: AsyncSession, number: int, *, lock: bool = False) -> PayoutBatch:
    batch = await _found(session, number, lock=lock)
    _require_open(batch)
    return batch


def _require_open(batch: PayoutBatch) -> None:
    number, by = batch.number, batch.closed_by
    if batch.status == rows.PAID:
        raise ConflictError(f"Batch {number} is marked paid already by {by}, as {batch.reference}.")
    if batch.status == rows.RELEASED:
        raise ConflictError(f"Batch {number} was released by {by}: do not pay it.")


async def _unpaid(session: AsyncSession, number: int) -> View:
    """An open batch that nobody has begun to mark paid, locked with what is in it."""
    batch = await _open(session, number, lock=True)
    if batch.reference:
        raise ConflictError(
            f"Batch {number} is being marked paid as {batch.reference}: mark it paid with the "
            "same reference to finish that."
        )
    return await _members(session, batch, lock=True)


async def _members(session: AsyncSession, batch: PayoutBatch, *, lock: bool = False) -> View:
    """What was put into a batch, with who gets it; payouts are locked before their owners."""
    found = await rows.payouts_in(session, batch.number, lock=lock)
    owners = await affiliates.by_ids(session, {p.affiliate_user_id for p in found}, lock=lock)
    payments = [(payout, owners[payout.affiliate_user_id]) for payout in found]
    return View(
        batch,
        [each for each in payments if each[0].status == APPROVED],
        [each for each in payments if _by_file(each[0], batch)],
        [each for each in payments if each[0].status != APPROVED and not _by_file(each[0], batch)],
    )


def _by_file(payout: Payout, batch: PayoutBatch) -> bool:
    """Whether a payout was paid with its batch: only those carry its reference."""
    return payout.status == PAID and payout.reference == batch.reference
