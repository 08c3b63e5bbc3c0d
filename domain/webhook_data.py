"""What outgoing webhooks tell: a model for each noun, with an example that the docs show.

Money is integer minor units of the currency beside it, moments are UTC. There is no name, no mail
address and no text that a person wrote: who needs more asks the API for it by the id.
"""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from domain.statements import masked

_AFFILIATE = UUID("0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a01")
_MOMENT = "2026-11-01T12:00:00Z"


class Told(BaseModel):
    """What an event tells, to operators in full."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def for_affiliate(self, affiliate_id: UUID) -> Self:
        """The same, as an affiliate may read it: customers are masked."""
        _ = affiliate_id
        return self


def _example(**values: JsonValue) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class ApplicationTold(Told):
    """An application. `affiliate_id` and `promo_code` are there once it is approved."""

    model_config = _example(
        application_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a02",
        status="approved",
        requested_code="JARED30",
        submitted_at=_MOMENT,
        affiliate_id=str(_AFFILIATE),
        promo_code="JARED30",
    )

    application_id: UUID
    status: str
    requested_code: str
    submitted_at: datetime
    affiliate_id: UUID | None = None
    promo_code: str = ""


class AffiliateTold(Told):
    """An affiliate and where they stand. `reference` is their public id."""

    model_config = _example(
        affiliate_id=str(_AFFILIATE),
        reference="aff_JARED30",
        promo_code="JARED30",
        status="paused",
    )

    affiliate_id: UUID
    reference: str
    promo_code: str
    status: str


class SaleTold(Told):
    """A paid invoice as it stands: what was collected, and what of it went where.

    `outcome` says in a word why somebody is credited or nobody. For affiliates the customer is
    masked and the invoice left out.
    """

    model_config = _example(
        sale_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a03",
        invoice_id="in_1QHxYz",
        customer_id="cus_R4nd0m",
        affiliate_id=str(_AFFILIATE),
        outcome="code",
        currency="usd",
        collected=2900,
        tax=0,
        fee=114,
        refunded=0,
        disputed=0,
        cycle=1,
        plan="monthly",
        paid_at=_MOMENT,
    )

    sale_id: UUID
    invoice_id: str | None
    customer_id: str
    affiliate_id: UUID | None
    outcome: str
    currency: str
    collected: int
    tax: int
    fee: int
    refunded: int
    disputed: int
    cycle: int
    plan: str
    paid_at: datetime

    def for_affiliate(self, affiliate_id: UUID) -> Self:
        """Without the invoice, the customer masked."""
        _ = affiliate_id
        return self.model_copy(update={"invoice_id": None, "customer_id": masked(self.customer_id)})


class CommissionTold(Told):
    """A commission as it stands, and by how much it changed: below zero where it was taken back.

    `share` says whether it is the own commission of a sale, or a recruiter's share in one.
    """

    model_config = _example(
        commission_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a04",
        affiliate_id=str(_AFFILIATE),
        sale_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a03",
        share="own",
        amount_cents=557,
        change_cents=557,
        currency="usd",
        rate_bp=2000,
        available_at="2026-12-01T12:00:00Z",
    )

    commission_id: UUID
    affiliate_id: UUID
    sale_id: UUID
    share: str = Field(pattern="own|recruit")
    amount_cents: int
    change_cents: int
    currency: str
    rate_bp: int
    available_at: datetime


class PayoutTold(Told):
    """A payout. `reference` is how to find the payment, once it is made."""

    model_config = _example(
        payout_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a05",
        affiliate_id=str(_AFFILIATE),
        status="paid",
        amount_cents=12500,
        withheld_cents=0,
        currency="usd",
        method="stripe",
        reference="tr_1QHxYz",
        requested_at=_MOMENT,
        paid_at=_MOMENT,
    )

    payout_id: UUID
    affiliate_id: UUID
    status: str
    amount_cents: int
    withheld_cents: int
    currency: str
    method: str
    reference: str
    requested_at: datetime
    paid_at: datetime | None


class FraudTold(Told):
    """A pause for a fraud score, from 0 to 100, or its end."""

    model_config = _example(
        flag_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a06",
        affiliate_id=str(_AFFILIATE),
        score=85,
        decision="",
    )

    flag_id: UUID
    affiliate_id: UUID
    score: int
    decision: str


class MilestoneTold(Told):
    """A bonus for a number of converted referrals."""

    model_config = _example(
        award_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a07",
        affiliate_id=str(_AFFILIATE),
        name="First ten",
        referral_threshold=10,
        converted=10,
        bonus_amount_cents=5000,
        currency="usd",
        available_at="2026-12-01T12:00:00Z",
    )

    award_id: UUID
    affiliate_id: UUID
    name: str
    referral_threshold: int
    converted: int
    bonus_amount_cents: int
    currency: str
    available_at: datetime


class TierTold(Told):
    """The tier that somebody is in now, null for none. `by_hand` says that operators set it."""

    model_config = _example(affiliate_id=str(_AFFILIATE), tier="Gold", rate_bp=2500, by_hand=False)

    affiliate_id: UUID
    tier: str | None
    rate_bp: int | None
    by_hand: bool


class ContestTold(Told):
    """A contest whose outcome was announced. Affiliates read only whether they won themselves."""

    model_config = _example(
        contest_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a08",
        name="November sprint",
        metric="referrals",
        winner_affiliate_id=str(_AFFILIATE),
        prize_amount_cents=25000,
        currency="usd",
        ended_at=_MOMENT,
    )

    contest_id: UUID
    name: str
    metric: str
    winner_affiliate_id: UUID | None
    prize_amount_cents: int | None
    currency: str
    ended_at: datetime

    def for_affiliate(self, affiliate_id: UUID) -> Self:
        """Nobody learns by this who else won."""
        if self.winner_affiliate_id == affiliate_id:
            return self
        return self.model_copy(update={"winner_affiliate_id": None})


class ReferralTold(Told):
    """Somebody signed up, or bought, who was led here by an affiliate.

    `customer_id` is empty before their first purchase; for affiliates it is masked.
    """

    model_config = _example(
        referral_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a09",
        affiliate_id=str(_AFFILIATE),
        customer_id="",
        code_used="",
        source_tag="newsletter",
        country="US",
        created_at=_MOMENT,
    )

    referral_id: UUID
    affiliate_id: UUID
    customer_id: str
    code_used: str
    source_tag: str
    country: str
    created_at: datetime

    def for_affiliate(self, affiliate_id: UUID) -> Self:
        """The customer masked."""
        _ = affiliate_id
        if not self.customer_id:
            return self
        return self.model_copy(update={"customer_id": masked(self.customer_id)})


class TestTold(Told):
    """A test that somebody asked for."""

    __test__ = False
    model_config = _example(endpoint_id="0190b7a4-7c1e-7d3b-9a55-3f1f6f0f2a0a")

    endpoint_id: UUID
