"""What an operator says of a discount code, and what is wrong with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from domain import forms
from domain.errors import InvalidError
from domain.program import Program
from domain.texts import keepable
from storage.codes import PERCENTAGE, DiscountCode

REPEATING: Final = "repeating"

Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Flag = Annotated[bool, Field(strict=True)]


class Terms(BaseModel):
    """What an operator says of a code.

    `discount_value` is percent for `percentage`, minor units of `currency` for `fixed_amount`;
    `currency` is the program's where none is named. `duration_months` belongs to `repeating`.
    `min_plan` is the slug of the least plan. `affiliate` is an id, a public id or a promo code.
    None in `max_uses`, `min_plan` and `expires_at` sets no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(max_length=100)
    description: Annotated[str, AfterValidator(keepable)] = Field(default="", max_length=500)
    discount_type: Literal["percentage", "fixed_amount"] = "percentage"
    discount_value: int = Field(strict=True, ge=1, le=99_999_999)
    currency: str = ""
    duration: Literal["once", "repeating", "forever"] = "once"
    duration_months: Annotated[int, Field(strict=True, ge=1, le=60)] | None = Field(
        default=None, validate_default=True
    )
    max_uses: Count | None = None
    max_uses_per_user: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1
    min_plan: str | None = None
    stackable: Flag = False
    first_purchase_only: Flag = False
    expires_at: AwareDatetime | None = None
    affiliate: Annotated[str, AfterValidator(keepable)] | None = None

    @field_validator("discount_value")
    @classmethod
    def _no_more_than_all(cls, value: int, info: ValidationInfo) -> int:
        if info.data.get("discount_type") == PERCENTAGE and value > 100:  # noqa: PLR2004 - percent
            raise ValueError("A percentage is from 1 to 100.")
        return value

    @field_validator("currency")
    @classmethod
    def _three_letters(cls, value: str) -> str:
        if value and not (len(value) == 3 and value.isascii() and value.isalpha()):  # noqa: PLR2004 - ISO 4217
            raise ValueError("A currency is three letters, such as usd.")
        return value.lower()

    @field_validator("duration_months")
    @classmethod
    def _months_where_they_count(cls, value: int | None, info: ValidationInfo) -> int | None:
        repeats = info.data.get("duration") == REPEATING
        if repeats and value is None:
            raise ValueError("Say for how many months the discount repeats.")
        if not repeats and value is not None:
            raise ValueError("Months belong to a repeating discount only.")
        return value


def read(given: Mapping[str, Any]) -> Terms:
    """The terms somebody filled in. Raises `InvalidError` that names every field to mend."""
    try:
        return Terms.model_validate(given)
    except ValidationError as error:
        raise invalid(forms.problems(error)) from None


def terms_of(code: DiscountCode) -> Terms:
    """A code's terms, as they could be filled in again."""
    return Terms(
        code=code.code,
        description=code.description,
        discount_type="percentage" if code.discount_type == PERCENTAGE else "fixed_amount",
        discount_value=code.discount_value,
        currency=code.currency,
        duration=_DURATIONS[code.duration],
        duration_months=code.duration_months,
        max_uses=code.max_uses,
        max_uses_per_user=code.max_uses_per_user,
        min_plan=code.min_plan,
        stackable=code.stackable,
        first_purchase_only=code.first_purchase_only,
        expires_at=code.expires_at,
        affiliate=str(code.affiliate_user_id) if code.affiliate_user_id else None,
    )


_DURATIONS: Final[Mapping[str, Literal["once", "repeating", "forever"]]] = {
    "once": "once",
    "repeating": "repeating",
    "forever": "forever",
}


def changes_between(before: Terms, after: Terms) -> dict[str, list[Any]]:
    """What became of which term, for the audit log: the old value and the new one."""
    was, now = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {name: [was[name], now[name]] for name in now if was[name] != now[name]}


def require(terms: Terms, settings: Program, *, expires_after: datetime | None) -> None:
    """Raise `InvalidError` where there is no such plan, or no time left."""
    wrong: dict[str, str] = {}
    if terms.min_plan is not None and settings.plan(terms.min_plan) is None:
        known = ", ".join(plan.slug for plan in settings.plans)
        wrong["min_plan"] = f"There is no plan {terms.min_plan[:40]}. Use one of {known}."
    if terms.discount_type == PERCENTAGE and terms.currency:
        wrong["currency"] = "A percentage has no currency."
    end = terms.expires_at
    if end is not None and expires_after is not None and end <= expires_after:
        wrong["expires_at"] = "This moment is over: choose a later one."
    if wrong:
        raise invalid(wrong)


def invalid(fields: dict[str, str]) -> InvalidError:
    """The error that names every field to mend."""
    listed = "; ".join(f"{name.replace('_', ' ')}: {what}" for name, what in fields.items())
    return InvalidError(f"This code cannot be saved. {listed}", fields)
