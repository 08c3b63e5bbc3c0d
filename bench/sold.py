"""What was sold in a made-up program, and what its affiliates earn from it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from bench.books import Books
from bench.chance import Account, Partner, Purchase, Row
from domain import commissions, two_tier
from domain.commissions import arithmetic
from domain.money import share
from storage.commissions import Commission
from storage.inbox import InboxEvent
from storage.ledger import POSTED_FOR
from storage.outbox import Effect
from storage.sales import Sale
from storage.two_tier import SecondTierCommission

_WHENEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Sold(Books):
    """Sales with their commissions and shares, and what the vendors told of them."""

    def _sale(self, bought: Purchase) -> Iterator[Row]:
        customer, at, program = bought.customer, bought.paid_at, self._program
        partner = customer.partner
        outcome = "nobody"
        if partner is not None:
            outcome = "credited" if bought.cycle <= program.max_cycles else "cycle_limit"
        table, row = self._row(
            Sale,
            id=self._id(at),
            invoice_id=f"in_{customer.name[4:]}_{bought.cycle}",
            customer_id=customer.name,
            affiliate_user_id=partner.id if partner else None,
            currency=bought.currency,
            collected=bought.price,
            fee=30 + bought.price * 29 // 1000,
            refunded=bought.refunded,
            cycle=bought.cycle,
            plan=bought.plan,
            person_key=f"{customer.name}@example.net",
            outcome=outcome,
            trace=[{"step": "end", "result": f"As it was made up: {outcome}."}],
            paid_at=at,
            facts_at=bought.refunded_at or at,
            created_at=at,
            updated_at=bought.refunded_at or at,
        )
        yield table, row
        yield from self._handled(at, row["invoice_id"])
        if partner is None:
            return
        if bought.cycle == 1 and customer.origin is not None:
            self._count(customer.origin, "conversions")
        if outcome == "credited":
            yield from self._commission(bought, partner, row)

    def _handled(self, at: datetime, invoice: str) -> Iterator[Row]:
        """The event that told of it and a card that was updated for it, unless it is long ago."""
        if at < self._until - timedelta(days=self._program.event_retention_days):
            return
        done = {"next_attempt_at": at, "handled_at": at, "attempts": 1}
        yield self._row(
            InboxEvent,
            id=self._id(at),
            kind="invoice.paid",
            source="stripe",
            external_id=f"evt_{invoice}",
            payload=f'{{"id": "evt_{invoice}", "type": "invoice.paid"}}'.encode(),
            received_at=at,
            **done,
        )
        yield self._row(
            Effect,
            id=self._id(at),
            kind="stripe_tag_customer",
            lane=f"customer:{invoice}",
            payload={"invoice": invoice},
            asked_at=at,
            **done,
        )

    def _commission(
        self, bought: Purchase, partner: Partner, sale: dict[str, Any]
    ) -> Iterator[Row]:
        at, program = bought.paid_at, self._program
        available_at = at + timedelta(days=program.hold_days)
        terms = program.commission_base, program.commission_rate_bp
        before = _amount(sale["collected"], sale["fee"], 0, *terms)
        after = _amount(sale["collected"], sale["fee"], bought.refunded, *terms)
        is_refunded = bought.refunded_at is not None and before != after
        common = {
            "currency": bought.currency,
            "available_at": available_at,
            "revision": 2 if is_refunded else 1,
            "created_at": at,
            "updated_at": bought.refunded_at if is_refunded else at,
        }
        table, commission = self._row(
            Commission,
            id=self._id(at),
            sale_id=sale["id"],
            affiliate_user_id=partner.id,
            rate_bp=program.commission_rate_bp,
            base=program.commission_base,
            cycle=bought.cycle,
            attributed_by=bought.customer.by,
            amount_cents=after,
            **common,
        )
        yield table, commission
        account = Account(partner.id, bought.currency, available_at, bought.customer.origin)
        reasons = (commissions.EARNED, commissions.TAKEN_BACK)
        yield self._earned_by(
            bought, (before, after), reasons, f"{POSTED_FOR}{commission['id']}", account
        )
        if partner.recruiter is None:
            return
        rate = program.second_tier_rate_bp
        shares = share(before, rate), share(after, rate)
        table, second = self._row(
            SecondTierCommission,
            id=self._id(at),
            tier1_affiliate_id=partner.recruiter,
            tier2_affiliate_id=partner.id,
            original_commission_id=commission["id"],
            rate_bp=rate,
            base="commission",
            commission_amount_cents=shares[1],
            **common | {"revision": 1 if shares[0] == shares[1] else 2},
        )
        yield table, second
        account = Account(partner.recruiter, bought.currency, available_at, None)
        reasons = (two_tier.EARNED, two_tier.TAKEN_BACK)
        yield self._earned_by(bought, shares, reasons, f"second_tier:{second['id']}", account)


@cache
def _amount(collected: int, fee: int, refunded: int, base: str, rate_bp: int) -> int:
    """The commission of a sale, by the product's own rule: there are a dozen of them."""
    of_any = {"invoice_id": "", "customer_id": "", "currency": ""}
    sums = {"collected": collected, "fee": fee, "refunded": refunded}
    sale = Sale.model_validate(of_any | sums | {"paid_at": _WHENEVER, "facts_at": _WHENEVER})
    return arithmetic(sale, base, rate_bp).amount
