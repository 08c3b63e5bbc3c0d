"""The program's settings: what the company promises to affiliates and their customers."""

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects
from domain.audit import Actor, record
from domain.errors import InvalidError
from domain.fraud_values import FraudMinimums, FraudWeights
from domain.program_values import (
    COMMON_PAGES,
    COUPON_SITES,
    DISCLOSURE_WORDS,
    FIELD_LABELS,
    PLANS,
    CommonPage,
    Copy,
    Host,
    Plan,
    Site,
    Text,
    Words,
    ZoneName,
)
from domain.tax_values import COLUMNS, THRESHOLDS, Column, TaxPayer, Thresholds
from domain.terms import Terms, publish
from storage import milestones
from storage import program as rows
from storage.locks import take_turn
from storage.program import ProgramRow


class Program(BaseModel):
    """Every setting, with the defaults of a new program.

    Money is integer cents, rates are basis points (2000 = 20 %), `offer_percent` is percent.
    `plans` stand in the order of what they are worth, the least first. `product_hosts` are hosts
    beside PRODUCT_URL's that links may lead to, and `common_pages` what the link maker offers.

    `time_zone` is where people live of whom no other is known.

    The leaderboard says who somebody is by `initials`, or by name who wants that (`opt_in`). By
    conversion rate it ranks those with at least `leaderboard_min_clicks` in the period.

    With `two_tier_enabled`, who recruits an affiliate earns `second_tier_rate_bp` of that one's
    commissions, or of what those are a share of (`second_tier_base`); a recruit link counts for
    `recruit_window_days`.

    Payouts need a tax form that was `submitted` or `verified` (`tax_form_needed`), where tax forms
    are on. Of those whom finance says it of, `backup_withholding_bp` is withheld. A year's payments
    are reported from its `tax_thresholds` on, without those by `tax_networks`, which report them
    themselves; `tax_payer` is who reports, and `tax_export_columns` is the order of the export.

    A code seems to leak when it is used at least `leak_min_uses` times in 24 hours, and this is
    `leak_factor` percent of what is usual, or when buyers come from one of the `coupon_sites`.

    An affiliate whose fraud score reaches `fraud_threshold` is paused until operators decide. What
    each reason weighs is in `fraud_weights`, from how much on it counts in `fraud_minimums`.

    A change of `terms`, `terms_url` or `terms_version` publishes a new version of the rules;
    payouts of who has not agreed to it wait after `terms_grace_days`. What looks for violations
    is told in docs/compliance.md: its thresholds begin with `stuffing_`, `forced_`, `burst_` and
    `brand_`, and `disclosure_check` has the pages looked at that affiliates named.

    Clicks, what services told us and we told others, and the public's reports are forgotten after
    `click_`, `event_` and `report_retention_days`; the tax form of an erased affiliate when
    `tax_retention_years` have passed since the year of their last payout.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(default="usd", pattern=r"^[a-z]{3}$")
    time_zone: ZoneName = "UTC"
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
    two_tier_enabled: bool = False
    second_tier_rate_bp: int = Field(default=500, ge=0, le=10000)
    second_tier_base: Literal["commission", "sale"] = "commission"
    recruit_window_days: int = Field(default=30, ge=1, le=365)
    fraud_threshold: int = Field(default=60, ge=1, le=100)
    fraud_weights: FraudWeights = FraudWeights()
    fraud_minimums: FraudMinimums = FraudMinimums()
    offer_percent: int = Field(default=30, ge=1, le=100)
    eligible_products: Words = ()
    product_hosts: tuple[Host, ...] = ()
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
    tax_form_needed: Literal["submitted", "verified"] = "submitted"
    backup_withholding_bp: int = Field(default=0, ge=0, le=5000)
    tax_thresholds: Thresholds = THRESHOLDS
    tax_networks: Words = ("paypal",)
    tax_payer: TaxPayer = TaxPayer()
    tax_export_columns: tuple[Column, ...] = Field(default=COLUMNS, min_length=1)
    leaderboard_enabled: bool = True
    leaderboard_privacy: Literal["initials", "opt_in"] = "initials"
    leaderboard_min_clicks: int = Field(default=50, ge=1, le=1_000_000)
    terms_grace_days: int = Field(default=14, ge=0, le=365)
    stuffing_min_clicks: int = Field(default=500, ge=50, le=10_000_000)
    stuffing_min_visitors: int = Field(default=5, ge=3, le=1_000_000)
    forced_min_clicks: int = Field(default=30, ge=10, le=1_000_000)
    burst_min_clicks: int = Field(default=300, ge=50, le=10_000_000)
    click_retention_days: int = Field(default=400, ge=30, le=3650, validate_default=True)
    event_retention_days: int = Field(default=90, ge=60, le=3650)
    report_retention_days: int = Field(default=365, ge=30, le=3650)
    tax_retention_years: int = Field(default=4, ge=4, le=30)
    brand_words: Words = ()
    brand_min_clicks: int = Field(default=5, ge=3, le=1_000_000)
    disclosure_check: bool = True
    disclosure_words: Words = DISCLOSURE_WORDS

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

    @field_validator("click_retention_days")
    @classmethod
    def _clicks_last_for_the_windows(cls, days: int, info: ValidationInfo) -> int:
        """A click that is forgotten sooner could not bring its affiliate the sale."""
        windows = ("attribution_window_days", "click_window_days", "recruit_window_days")
        longest = max(info.data.get(name, 0) for name in windows)
        if days < longest:
            raise ValueError(f"clicks count for {longest} days: keep them as long at least")
        return days

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

    @property
    def rules(self) -> Terms:
        """What affiliates agree to."""
        return Terms(self.terms_version, self.terms, self.terms_url)


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
    if after.rules != before.rules:
        # What was never changed is as old as the program, and nobody wrote down when that was.
        settled = await publish(session, before.rules, after.rules, None, actor)
        after = after.model_copy(update={"terms_version": settled.version})
    row.changed = after.model_dump(mode="json", exclude_defaults=True)
    row.updated_at = clock.now()
    session.add(row)
    was, now = before.model_dump(mode="json"), after.model_dump(mode="json")
    changed = {name: [was[name], now[name]] for name in now if was[name] != now[name]}
    if changed:
        await record(session, actor, "program.changed", "program", changes=changed)
    if "currency" in changed:
        await _pause_milestones(session, before.currency, after.currency, actor)
    return after


async def _pause_milestones(session: AsyncSession, before: str, after: str, actor: Actor) -> None:
    """A bonus is a number of the program's currency: 5000 yen must not become 5000 cents."""
    stopped = await milestones.in_order(session, only_active=True, hold=True)
    for each in stopped:
        each.is_active, each.updated_at = False, clock.now()
        session.add(each)
        changes = {"is_active": [True, False]}
        await record(session, actor, "milestone.changed", f"milestone:{each.id}", changes=changes)
    if stopped:
        noun = "milestone is" if len(stopped) == 1 else "milestones are"
        await effects.tell_operators(
            session,
            f"The program's currency is {after.upper()} now. {len(stopped)} {noun} paused, with "
            f"bonuses in {before.upper()}: give them new sums with /affiliate milestones.",
        )
