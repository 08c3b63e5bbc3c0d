"""What the product's pages and backend send and read: clicks, sign-ups, codes and checkouts."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from dashboard.api.fields import ADDRESS_MAX, TEXT_MAX
from dashboard.api.moments import Moment
from dashboard.api.taking import Taken, Told

Text = Annotated[str, Field(max_length=TEXT_MAX)]
Address = Annotated[str, Field(max_length=ADDRESS_MAX)]
MaybeText = Text | None


class ClickBody(BaseModel):
    """A click, as the tracker reports it. Other fields are let pass."""

    model_config = ConfigDict(extra="allow")

    ref: Annotated[str, Field(min_length=1, max_length=TEXT_MAX, description="A link's ref.")]
    src: MaybeText = None
    landing_page: Annotated[Address | None, Field(description="A path like /pricing.")] = None
    referrer: Annotated[Address | None, Field(description="An address or a host.")] = None
    utm: dict[str, str] | None = None
    ad: MaybeText = None
    network_clicks: Annotated[
        dict[str, str] | None, Field(description="Click ids of networks, by their parameter.")
    ] = None


class ClickTaken(Told):
    """The click's id, which a sign-up can name."""

    click_id: UUID


class TouchBody(BaseModel):
    """A visit by a link."""

    ref: MaybeText = None
    click_id: Annotated[UUID | None, Field(description="As it was given.")] = None
    src: MaybeText = None
    landing_page: Address | None = None
    at: Annotated[Moment | None, Field(description="When; with its time zone.")] = None
    network_clicks: dict[str, str] | None = None


class SignUpBody(TouchBody):
    """Who signed up (one of `user_id`, `customer_id` and `email`), and how they came.

    The touch is the last one, unless `last_touch` says so. Of `ip` only a keyed hash is kept.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"user_id": "user_123", "email": "mia@example.com", "ref": "JARED30"}]
        },
    )

    user_id: MaybeText = None
    customer_id: MaybeText = None
    email: MaybeText = None
    country: Annotated[MaybeText, Field(description="Two letters, as in ISO 3166-1.")] = None
    referrer: Address | None = None
    ip: MaybeText = None
    first_touch: TouchBody | None = None
    last_touch: TouchBody | None = None
    occurred_at: Moment | None = None
    utm: dict[str, str] | None = None


class OwnerView(Told):
    """Who brought somebody."""

    id: UUID
    reference: str
    promo_code: str


class SignUpView(Told):
    """Who got the sign-up, and why or why not, step by step."""

    outcome: str
    referral_id: UUID | None
    affiliate: OwnerView | None
    source_tag: str
    landing_page: str
    country: str
    signed_up_at: Moment | None
    trace: list[dict[str, str]]


class Question(Taken):
    """Which codes, for which plan and whom."""

    model_config = ConfigDict(extra="ignore")

    code: Annotated[
        tuple[str, ...],
        Field(description="Repeated, or with commas; judged together.", examples=["LAUNCH20"]),
    ] = ()
    plan: Annotated[str, Field(description="The slug of a plan.")] = ""
    user: Annotated[str, Field(description="A mail address, or a customer's id.")] = ""


class DiscountView(Told):
    """Percent, or minor units of `currency`."""

    type: str
    value: int
    currency: str | None


class CodeTold(Told):
    """What a code does."""

    code: str
    discount: DiscountView
    duration: str
    duration_months: int | None
    summary: str


class PreviewView(Told):
    """What is to be paid first, in minor units."""

    plan: str
    currency: str
    price: int
    discount: int
    total: int


class ValidCode(CodeTold):
    """A code that can be used; `preview` is null where no price is known."""

    valid: Literal[True] = True
    preview: PreviewView | None


class ValidCodes(ValidCode):
    """Codes that can be used together: the first speaks for those beside it, listed in `codes`."""

    codes: list[CodeTold]


class InvalidCode(Told):
    """A code that cannot be used: `message` is for the buyer, `reason` for programs."""

    valid: Literal[False] = False
    code: str
    reason: str
    message: str


class OrderBody(BaseModel):
    """A checkout to start. Only the product's token lets `customer` be named."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"plan": "monthly", "codes": ["LAUNCH20"], "email": "mia@example.com"}]
        },
    )

    plan: Annotated[str, Field(max_length=40, description="The slug of a plan.")]
    code: Annotated[list[str] | str | None, Field(description="A code, or some with commas.")] = (
        None
    )
    codes: Annotated[
        list[str] | str | None, Field(description="The same; where it is sent, it counts.")
    ] = None
    email: Annotated[str | None, Field(max_length=254)] = None
    customer: Annotated[str | None, Field(max_length=255)] = None
    ref: Annotated[str | None, Field(max_length=100)] = None
    referrer: Annotated[
        Any, Field(description="An address or a host; what is neither is let pass.")
    ] = None
    success_url: Annotated[str | None, Field(description="At the product's, or here.")] = None
    cancel_url: Annotated[str | None, Field(description="At the product's, or here.")] = None


class CheckoutView(Told):
    """A checkout: send the buyer to `url` before it expires."""

    id: UUID
    url: str
    expires_at: Moment
    preview: PreviewView
