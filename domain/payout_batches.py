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
from storage.payouts import APPROVED, Payout

Payment = tuple[Payout, Affiliate]


@dataclass(frozen=True, slots=True)
class View:
    """A batch: what of it is `waiting` to be paid, and what is not any more (`settled`)."""

    batch: PayoutBatch
    waiting: Sequence[Payment]
    settled: Sequence[Payment]

    @property
    def total(self) -> int:
        """The sum of what waits, in minor units of the batch's currency."""
        return sum(payout.amount_cents for payout, _ in self.waiting)


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


async def take_again(session: AsyncSession, number: int, actor: Actor) -> View:
    """An open batch for making its file once more; the log says who took it.

    Raises `ConflictError` if nothing in it waits to be paid.
    """
    found = await _members(session, await _open(session, number, lock=True), lock=True)
    _require_any(found)
    await _record(session, found.batch, actor, "taken_again", _payouts(found))
    return found


async def mark_paid(session: AsyncSession, number: int, reference: str, actor: Actor) -> View:
    """Write down that a batch's file was paid: every payout of it that still waits is paid now.

    Answers with the batch as it was before, so `settled` are those that were left alone. Raises
    `InvalidError` without a reference, `ConflictError` if it is paid or released, or if nothing
    in it waits any more.
    """
    text = payouts.parse_reference(reference)
    found = await _members(session, await _open(session, number, lock=True), lock=True)
    _require_any(found)
    for payout, affiliate in found.waiting:
        await payouts.note_payment(session, payout, affiliate, text, actor)
    _close(found.batch, rows.PAID, actor)
    found.batch.reference = text
    left = [payout.number for payout, _ in found.settled]
    await _record(
        session, found.batch, actor, "paid", _payouts(found), reference=text, left_alone=left
    )
    return found


async def release(session: AsyncSession, number: int, actor: Actor) -> View:
    """Give up a batch whose file was not used: what waits in it comes into the next one.

    Raises `ConflictError` if it is paid or released already.
    """
    found = await _members(session, await _open(session, number, lock=True), lock=True)
    for payout, _ in found.waiting:
        payout.batch = None
        session.add(payout)
        await effects.show_payout(session, payout.id)
    _close(found.batch, rows.RELEASED, actor)
    await _record(session, found.batch, actor, "released", _payouts(found))
    return found


def _close(batch: PayoutBatch, status: str, actor: Actor) -> None:
    batch.status, batch.closed_at = status, clock.now()
    batch.closed_by = actor.name or actor.id


def _payouts(found: View) -> list[Payout]:
    return [payout for payout, _ in found.waiting]


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


async def _open(session: AsyncSession, number: int, *, lock: bool = False) -> PayoutBatch:
    batch = await rows.get(session, number, lock=lock)
    if batch is None:
        raise NotFoundError("There is no such batch.")
    if batch.status == rows.PAID:
        raise ConflictError(
            f"Batch {number} is marked paid already by {batch.closed_by}, as {batch.reference}."
        )
    if batch.status == rows.RELEASED:
        raise ConflictError(f"Batch {number} was released by {batch.closed_by}: do not pay it.")
    return batch


async def _members(session: AsyncSession, batch: PayoutBatch, *, lock: bool = False) -> View:
    """What was put into a batch, with who gets it; payouts are locked before their owners."""
    found = await rows.payouts_in(session, batch.number, lock=lock)
    owners = await affiliates.by_ids(session, {p.affiliate_user_id for p in found}, lock=lock)
    payments = [(payout, owners[payout.affiliate_user_id]) for payout in found]
    return View(
        batch,
        [each for each in payments if each[0].status == APPROVED],
        [each for each in payments if each[0].status != APPROVED],
    )
