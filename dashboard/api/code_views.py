"""Discount codes as programs send and read them."""

from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from dashboard.api.moments import Moment
from dashboard.api.paging import NextCursor, Paging
from dashboard.api.taking import Taken, Told, says
from domain.code_terms import Terms
from domain.discount_codes import MOST_AT_ONCE

ALL: Final = "all"
_OWNER = Field(
    default=None, description="The affiliate by the name of the column; send this or `affiliate`."
)


class CodeTerms(Terms):
    """A code to make. `discount_value` is percent, or minor units of `currency`."""

    affiliate_user_id: str | None = _OWNER


class BatchTerms(CodeTerms):
    """Codes to make: each is the prefix, a dash and six random characters."""

    code: ClassVar[str] = ""  # type: ignore[misc]
    prefix: str
    count: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)]


class CodeChanges(CodeTerms):
    """What is named changes; `code` is what it is, since customers know it."""

    status: Literal["active", "paused", "archived"]


class Named(Taken):
    """A code, by its id or its word in any letter case."""

    missing: ClassVar[str] = "There is no such code."

    id: str


class Wanted(Paging):
    """Which codes."""

    model_config = ConfigDict(extra="ignore")
    refused: ClassVar[str] = "This list cannot be shown."

    status: Annotated[
        Literal["", "active", "paused", "expired", "archived", "all"],
        says("Use one of active, paused, expired, archived, all."),
    ] = ""
    q: str = ""
    batch: Annotated[
        UUID | None, Field(description="Codes that were made together, by their `batch`.")
    ] = None


class RedemptionPaging(Paging):
    """Which page; other parameters are let pass."""

    model_config = ConfigDict(extra="ignore")


class CodeView(Told):
    """A code. `discount_value` is percent, or minor units of `currency`; null sets no limit.

    `prior_uses` were counted before this program ran. `stripe_problem` is why the payment provider
    does not take it.
    """

    id: UUID
    code: str
    description: str
    status: str
    discount_type: str
    discount_value: int
    currency: str | None
    duration: str
    duration_months: int | None
    max_uses: int | None
    max_uses_per_user: int
    min_plan: str | None
    stackable: bool
    first_purchase_only: bool
    expires_at: Moment | None
    affiliate_user_id: UUID | None
    total_uses: int
    prior_uses: int
    total_discount_cents: int
    stripe_coupon_id: str | None
    stripe_promotion_code_id: str | None
    stripe_problem: str | None
    leak_flagged_at: Moment | None
    batch: UUID | None
    created_by: str
    created_at: Moment
    updated_at: Moment


class Batch(Told):
    """Codes that were made together."""

    batch: UUID | None
    data: list[CodeView]


class Discounts(Told):
    """What codes took off in a currency, in minor units, and what of it came back."""

    currency: str
    given_cents: int
    refunded_cents: int


class CodeStats(Told):
    """How many codes there are in which status, and what they gave."""

    total: int
    active: int
    paused: int
    expired: int
    archived: int
    redemptions: int
    discounts: list[Discounts]


class CodeList(Told):
    """A page of codes, and all of them in figures."""

    data: list[CodeView]
    next_cursor: NextCursor
    stats: CodeStats


class RedemptionView(Told):
    """What a code took off an invoice, in minor units."""

    id: UUID
    user_id: str
    stripe_invoice_id: str
    subscription_id: str | None
    checkout_id: UUID | None
    currency: str
    discount_amount_cents: int
    refunded_cents: int
    renewal: bool
    voided: bool
    redeemed_at: Moment


class RedemptionList(Told):
    """A page of redemptions."""

    data: list[RedemptionView]
    next_cursor: NextCursor
