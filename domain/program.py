"""The program's settings: what the company promises to affiliates and their customers."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.audit import Actor, record
from domain.errors import InvalidError
from domain.links import place_of, safe_target
from domain.texts import keepable
from storage import program as rows
from storage.locks import take_turn
from storage.program import ProgramRow

BLANKS = frozenset({"product", "code", "offer", "link"})
"""What `{…}` may stand for in the disclosure and the promo copy."""

_ANYWHERE = "https://product.invalid"
_BRACED = re.compile(r"\{(\w+)\}")
_HOSTLIKE = re.compile(r"[a-z0-9][a-z0-9.-]{1,251}[a-z0-9]")


def fillable(text: str) -> str:
    """A text in which every `{word}` is one that `fill_in` knows: a slip would be published."""
    if unknown := set(_BRACED.findall(text)) - BLANKS:
        known = ", ".join(f"{{{name}}}" for name in sorted(BLANKS))
        raise ValueError(f"{{{min(unknown)}}} cannot be filled in; use {known}")
    return text


def _site(text: str) -> str:
    """A host, or what a host may hold: anything shorter would be found in many."""
    if not _HOSTLIKE.fullmatch(text.lower()):
        raise ValueError("use a host such as retailmenot.com, or a word that a host may hold")
    return text.lower()


Text = Annotated[str, AfterValidator(keepable)]
Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(keepable)
]
Words = tuple[Word, ...]
Site = Annotated[Word, AfterValidator(_site)]
Copy = Annotated[Word, AfterValidator(fillable)]

FIELD_LABELS: dict[str, Words] = {
    "email": ("email", "e-mail"),
    "legal_name": ("legal name", "full name", "your name"),
    "display_name": ("display", "creator name", "channel name", "brand name"),
    "audience_size": (
        "audience size",
        "followers",
        "subscribers",
        "how many people",
        "how big",
        "how large",
    ),
    "audience_focus": ("audience focus", "audience", "niche", "focus"),
    "requested_code": ("promo code", "discount code", "requested code", "preferred code"),
    "promotion_methods": ("promotion method", "how will you promote", "how do you plan", "promote"),
    "platform_url": ("link", "url", "website", "profile"),
    "platform": ("main platform", "platform", "main channel"),
    "terms": ("agree", "accept", "terms", "understand", "confirm", "i will", "disclos"),
}
"""For each field of an application, words in the label of the answer that holds it.

Fields choose their answers in this order.
"""


class Plan(BaseModel):
    """Something that customers subscribe to.

    `stripe_price` is its price's id at the payment provider; without one, the price is known by
    its lookup key or by how often it recurs, which then has to be the slug.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)
    name: Word = Field(max_length=80)
    stripe_price: str = Field(default="", pattern=r"^[A-Za-z0-9_]*$", max_length=255)


PLANS = (
    Plan(slug="monthly", name="Monthly"),
    Plan(slug="3-month", name="3 months"),
    Plan(slug="6-month", name="6 months"),
    Plan(slug="yearly", name="Yearly"),
)


def _host(text: str) -> str:
    """A host of the product as links are compared with it."""
    if place := place_of(text.strip()):
        return place
    raise ValueError("write a host like docs.example.com, with its port if that is not 443")


def _path(text: str) -> str:
    """A path that links may lead to, whatever the product's address is."""
    try:
        target = safe_target(text, _ANYWHERE)
    except InvalidError as error:
        raise ValueError(str(error)) from None
    return target.removeprefix(_ANYWHERE)


class CommonPage(BaseModel):
    """A page of the product that affiliates often link to. `path` begins with a slash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Word = Field(max_length=60)
    path: Annotated[str, Field(max_length=500), AfterValidator(_path)]


COMMON_PAGES = (
    CommonPage(name="Home", path="/"),
    CommonPage(name="Pricing", path="/pricing"),
    CommonPage(name="Features", path="/features"),
    CommonPage(name="Blog", path="/blog"),
)

BASES = {"net": "net collected revenue after fees", "gross": "collected revenue before fees"}
"""What a commission is a share of, in the words of the promise."""

COUPON_SITES = (
    *("coupon", "promocode", "promo-code", "discountcode", "voucher", "cashback"),
    *("capitaloneshopping.com", "cuponation.com", "dealabs.com", "dealspotr.com"),
    *("dontpayfull.com", "groupon.com", "hotukdeals.com", "joinhoney.com", "knoji.com"),
    *("mydealz.de", "offers.com", "pepper.com", "rakuten.com", "retailmenot.com"),
    *("simplycodes.com", "slickdeals.net", "wethrift.com"),
)
"""Where codes are collected: a host with all that is below it, or a word in a host."""


class Program(BaseModel):
    """Every setting, with the defaults of a new program.

    Money is integer cents, rates are basis points (2000 = 20 %), `offer_percent` is percent.
    `plans` stand in the order of what they are worth, the least first. `product_hosts` are hosts
    beside PRODUCT_URL's that links may lead to, and `common_pages` what the link maker offers.

    A code seems to leak when it is used at least `leak_min_uses` times in 24 hours, and this is
    `leak_factor` percent of what is usual, or when buyers come from one of the `coupon_sites`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(default="usd", pattern=r"^[a-z]{3}$")
    commission_rate_bp: int = Field(default=2000, ge=0, le=10000)
    commission_base: str = Field(default="net", pattern="^(net|gross)$")
    max_cycles: int = Field(default=2, ge=1, le=120)
    cycle_scope: str = Field(default="customer", pattern="^(customer|subscription)$")
    hold_days: int = Field(default=30, ge=0, le=365)
    attribution_order: tuple[Literal["promo_code", "metadata", "link"], ...] = (
        "promo_code",
        "metadata",
        "link",
    )
    attribution_window_days: int = Field(default=60, ge=1, le=3650)
    attribution_touch: Literal["first", "last"] = "last"
    click_window_days: int = Field(default=60, ge=1, le=3650)
    payout_threshold_cents: int = Field(default=2500, ge=0)
    auto_payout: bool = False
    two_person_payout_cents: int | None = Field(default=100_000, ge=0)
    second_tier_rate_bp: int = Field(default=500, ge=0, le=10000)
    fraud_threshold: int = Field(default=60, ge=1, le=100)
    offer_percent: int = Field(default=30, ge=1, le=100)
    eligible_products: Words = ()
    product_hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    common_pages: tuple[CommonPage, ...] = COMMON_PAGES
    plans: tuple[Plan, ...] = PLANS
    terms_version: Text = Field(default="v1", min_length=1, max_length=40)
    terms: Words = (
        "I have read the affiliate terms and agree to them.",
        "I will disclose the partnership wherever I promote the product.",
        "I will send no spam and make no misleading or guaranteed-result claims.",
        "I will not bid on the brand's name in paid ads.",
        "I will not use my own code or refer myself.",
    )
    disclosure: Copy = (
        "I am an affiliate of {product} and earn a commission when you buy with my code."
    )
    promo_copy: tuple[Copy, ...] = (
        "My code {code} takes {offer} off your first {product} purchase. I earn from it: {link}",
        "{offer} off your first purchase at {product} with code {code}. {link} #ad",
    )
    support_email: Text = Field(default="", max_length=254)
    terms_url: Text = Field(default="", pattern=r"^(https://.*)?$")
    review_days: int = Field(default=3, ge=0, le=60)
    tally_form_url: Text = Field(default="", pattern=r"^(https://.*)?$")
    field_labels: dict[str, Words] = FIELD_LABELS
    fit_words: Words = ("sport", "betting", "dfs", "fantasy", "props", "odds", "picks", "wager")
    coupon_words: Words = ("coupon", "deal", "voucher", "cashback", "discount site", "promo codes")
    risky_words: Words = ("guarantee", "risk-free", "risk free", "can't lose", "sure win", "100%")
    generic_codes: Words = ("FREE", "VIP", "SAVE", "PROP", "MLB", "NBA", "NFL", "PROMO", "CODE")
    banned_code_words: Words = ()
    code_max_length: int = Field(default=16, ge=4, le=40)
    leak_min_uses: int = Field(default=10, ge=2, le=1_000_000)
    leak_factor: int = Field(default=400, ge=110, le=100_000)
    coupon_sites: tuple[Site, ...] = COUPON_SITES

    @field_validator("field_labels")
    @classmethod
    def _every_field_in_order(cls, given: dict[str, Words]) -> dict[str, Words]:
        """Defaults for fields not named, and our order: a database keeps none in JSON."""
        if unknown := given.keys() - FIELD_LABELS.keys():
            raise ValueError(f"an application has no field {min(unknown)!r}")
        return {name: given.get(name, words) for name, words in FIELD_LABELS.items()}

    @field_validator("plans")
    @classmethod
    def _every_plan_once(cls, given: tuple[Plan, ...]) -> tuple[Plan, ...]:
        """A slug or a price that two plans share would make one of them unreachable."""
        for names in ([plan.slug for plan in given], [plan.stripe_price for plan in given]):
            twice = [name for name in filter(None, names) if names.count(name) > 1]
            if twice:
                raise ValueError(f"{twice[0]} stands for two plans")
        return given

    @field_validator("common_pages")
    @classmethod
    def _every_page_once(cls, given: tuple[CommonPage, ...]) -> tuple[CommonPage, ...]:
        """Two entries for one page would both look chosen."""
        paths = [page.path for page in given]
        if twice := [path for path in paths if paths.count(path) > 1]:
            raise ValueError(f"{twice[0]} is listed twice")
        return given

    def plan(self, slug: str) -> Plan | None:
        """The plan of this slug."""
        return next((plan for plan in self.plans if plan.slug == slug), None)

    def plan_of(self, price: str, otherwise: str) -> str:
        """The slug of the plan with this price; `otherwise` where no plan names it."""
        slugs = (plan.slug for plan in self.plans if price and plan.stripe_price == price)
        return next(slugs, otherwise)


def fill_in(text: str, words: Mapping[str, str]) -> str:
    """Ready-made words with `{product}`, `{code}`, `{offer}` and `{link}` put in.

    Other braces stay as they are, and what is put in is not looked at again.
    """
    return _BRACED.sub(lambda found: words[found[1]] if found[1] in BLANKS else found[0], text)


async def load(session: AsyncSession) -> Program:
    """The settings in force."""
    row = await rows.get(session)
    return Program.model_validate(row.changed if row else {})


async def update(session: AsyncSession, changes: dict[str, Any], actor: Actor) -> Program:
    """Change settings; those not named stay.

    Raises `InvalidError` with the names of the settings whose values cannot be used.
    """
    await take_turn(session, "program")
    row = await rows.get(session) or ProgramRow()
    before = Program.model_validate(row.changed)
    try:
        after = Program.model_validate(row.changed | changes)
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in found["loc"]): found["msg"].removeprefix("Value error, ")
            for found in error.errors(include_context=False)
        }
        listed = "; ".join(f"{name}: {what}" for name, what in fields.items())
        raise InvalidError(f"These settings cannot be used: {listed}.", fields) from None
    row.changed = after.model_dump(mode="json", exclude_defaults=True)
    row.updated_at = clock.now()
    session.add(row)
    was, now = before.model_dump(mode="json"), after.model_dump(mode="json")
    changed = {name: [was[name], now[name]] for name in now if was[name] != now[name]}
    if changed:
        await record(session, actor, "program.changed", "program", changes=changed)
    return after
