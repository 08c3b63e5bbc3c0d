"""A transfer to an affiliate was taken back, whole or in part."""

from domain.payouts import transfer_reversed
from storage.inbox import InboxEvent
from storage.worker import Job, TryLaterError
from webhooks.stripe.router import Hint, on


@on("transfer.reversed")
async def transfer_was_reversed(job: Job[InboxEvent], hint: Hint) -> None:
    """Give back to the balance what came back, once we know which payout it was."""
    transfer = hint.id_of("id")
    back = await hint.stripe.transfers.reversed(transfer)
    async with job.transaction() as session:
        payout = await transfer_reversed(session, transfer, back)
        if payout is None and (hint.object.get("metadata") or {}).get("payout_id"):
            raise TryLaterError(f"The payout of {transfer} is not noted as paid yet.")
