"""A connected account, to which an affiliate is paid, was changed."""

from domain import effects
from storage import affiliates
from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.router import ignore
from webhooks.stripe.router import Hint, on


@on("account.updated", connected=True)
async def account_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Tell operators of an affiliate whom Stripe can not pay (any more)."""
    account = hint.id_of("id")
    async with job.db.read() as session:
        affiliate = await affiliates.paid_to(session, account)
    if affiliate is None:
        await ignore(job, "No affiliate is paid to this account.")
        return
    if await hint.stripe.may_receive_transfers(account):
        return
    async with job.transaction() as session:
        await effects.tell_operators(
            session,
            f"Stripe can not pay {affiliate.promo_code}: their account {account} may not receive "
            "transfers. They can mend that in their Stripe dashboard.",
        )
