"""Payouts and payment files as programs see them. Money is minor units of the currency."""

from typing import Final, Literal
from uuid import UUID

from dashboard.api.moments import Moment
from dashboard.api.paging import NextCursor
from dashboard.api.taking import Told
from domain.payout_batches import Payment, View, total
from domain.payout_views import View as PayoutAndMore
from storage.affiliates import Affiliate
from storage.payout_batches import PayoutBatch
from storage.payouts import Payout


class Payee(Told):
    """Whose payout it is; `reference` is their public id."""

    id: UUID
    reference: str
    promo_code: str
    display_name: str
    legal_name: str
    email: str
    status: str


class Approval(Told):
    """Who approved: their member ID in Slack, and their name with that of the token."""

    id: str
    name: str


class PayoutRow(Told):
    """A payout; `number` is what people call it.

    `withheld_cents` were taken from the balance beside it, for the tax office. `batch` is the
    number of the payment file that it is in. `reference` is how to find the payment.
    """

    id: UUID
    number: str
    affiliate: Payee
    amount_cents: int
    withheld_cents: int
    currency: str
    status: Literal["requested", "approved", "paid", "rejected", "failed"]
    method: str
    destination: str
    approvals: list[Approval]
    decided_by: str
    reason: str
    reference: str
    batch: int | None
    requested_at: Moment
    decided_at: Moment | None
    paid_at: Moment | None


class PayoutView(PayoutRow):
    """A payout with what one needs to decide.

    `left_cents` is free in the balance beside it, `pending_cents` still on hold. `tax_form` says
    how it stands with their tax form, null where those are off.
    """

    approvals_needed: int
    left_cents: int
    pending_cents: int
    tax_form: str | None


class PayoutList(Told):
    """A page of payouts."""

    data: list[PayoutRow]
    next_cursor: NextCursor


class BatchRow(Told):
    """A payment file that is not paid yet: how many payouts wait in it, and their sum."""

    number: int
    service: str
    currency: str
    made_at: Moment
    made_by: str
    waiting: int
    waiting_cents: int


class BatchList(Told):
    """Every payment file with something to pay, the oldest first."""

    data: list[BatchRow]


class BatchesMade(Told):
    """The files that were made; `left_out` approved payouts fit into none and are paid by hand."""

    data: list[BatchRow]
    left_out: int


class Part(Told):
    """A payout of a payment file."""

    id: UUID
    number: str
    promo_code: str
    amount_cents: int
    status: str


class BatchView(Told):
    """A payment file: what waits in it, what was paid by it, and what was settled alone."""

    number: int
    service: str
    currency: str
    status: Literal["open", "paid", "released"]
    reference: str
    made_at: Moment
    made_by: str
    closed_at: Moment | None
    closed_by: str
    waiting: list[Part]
    waiting_cents: int
    paid: list[Part]
    paid_cents: int
    alone: list[Part]


class FileView(Told):
    """A payment file, to be uploaded at the service as it is."""

    name: str
    content: str


def payout_row(payout: Payout, affiliate: Affiliate) -> PayoutRow:
    """A payout as lists show it."""
    named = {name: getattr(payout, name) for name in _PLAIN}
    approvals = [Approval(id=each["id"], name=each["name"]) for each in payout.approvals]
    return PayoutRow(**named, affiliate=_payee(affiliate), approvals=approvals)


def payout_view(found: PayoutAndMore) -> PayoutView:
    """A payout as finance decides on it."""
    row = payout_row(found.payout, found.affiliate)
    return PayoutView(
        **{name: getattr(row, name) for name in PayoutRow.model_fields},
        approvals_needed=found.needed,
        left_cents=found.left,
        pending_cents=found.pending,
        tax_form=found.tax.words if found.tax else None,
    )


def batch_row(batch: PayoutBatch, waiting: int, waiting_cents: int) -> BatchRow:
    """A payment file as lists show it."""
    return BatchRow(
        number=batch.number,
        service=batch.service,
        currency=batch.currency,
        made_at=batch.made_at,
        made_by=batch.made_by,
        waiting=waiting,
        waiting_cents=waiting_cents,
    )


def batch_view(found: View) -> BatchView:
    """A payment file with what is in it."""
    return BatchView(
        **{name: getattr(found.batch, name) for name in _OF_BATCH},
        waiting=[_part(each) for each in found.waiting],
        waiting_cents=total(found.waiting),
        paid=[_part(each) for each in found.paid],
        paid_cents=total(found.paid),
        alone=[_part(each) for each in found.alone],
    )


_PLAIN: Final = PayoutRow.model_fields.keys() - {"affiliate", "approvals"}
_OF_BATCH: Final = BatchView.model_fields.keys() & PayoutBatch.model_fields.keys()


def _payee(affiliate: Affiliate) -> Payee:
    return Payee(**{name: getattr(affiliate, name) for name in Payee.model_fields})


def _part(payment: Payment) -> Part:
    payout, affiliate = payment
    return Part(
        id=payout.id,
        number=payout.number,
        promo_code=affiliate.promo_code,
        amount_cents=payout.amount_cents,
        status=payout.status,
    )
