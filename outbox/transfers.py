"""Approved payouts, transferred to the affiliate's connected account."""

from uuid import UUID

from domain import effects, payouts
from integrations.stripe.transfers import TransferRefusedError
from outbox.registry import effect
from outbox.services import Services
from storage import payouts as rows
from storage.outbox import Effect
from storage.payouts import APPROVED
from storage.worker import GiveUpError, Job


@effect(effects.TRANSFER)
async def transfer(job: Job[Effect], services: Services) -> None:
    """Make the transfer of a payout, once; one that is refused for good is back in the balance.

    Money that is missing at Stripe and everything else that may pass leaves the payout approved:
    it is tried again, and in the end waits for a replay.
    """
    payout_id = UUID(job.row.payload["payout"])
    async with services.db.read() as session:
        payout = await rows.get(session, payout_id)
    if payout is None or payout.status != APPROVED:
        return
    if services.stripe is None:
        raise GiveUpError("Stripe is not connected, so nothing was transferred.")
    try:
        reference = await services.stripe.transfers.make_once(
            amount=payout.amount_cents,
            currency=payout.currency,
            destination=payout.destination,
            group=str(payout.id),
            metadata={"payout_id": str(payout.id)},
            idempotency_key=str(job.row.id),
        )
    except TransferRefusedError as refusal:
        async with job.transaction() as session:
            await payouts.fail(session, payout_id, str(refusal))
        return
    async with job.transaction() as session:
        await payouts.transferred(session, payout_id, reference)
