"""A connected account, to which an affiliate is paid, was changed."""

from domain.payout_methods import note_standing
from storage import affiliates
from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.router import ignore
from webhooks.stripe.router import Hint, on


@on("account.updated", connected=True)
async def account_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Note whether Stripe can pay this account (any more), and tell operators if that is new."""
    account = hint.id_of("id")
    async with job.db.read() as session:
        affiliate = await affiliates.paid_to(session, account)
    if affiliate is None:
        await ignore(job, "No affiliate is paid to this account.")
        return
    payable = await hint.stripe.may_receive_transfers(account)
    async with job.transaction() as session:
        await note_standing(session, account, payable=payable)
