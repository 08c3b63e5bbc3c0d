"""What the program's settings on taxes are made of: thresholds, the payer, columns of exports."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from domain.texts import keepable

Line: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(keepable)
]

Column: TypeAlias = Literal[
    "tax_year",
    "payer_name",
    "payer_tin",
    "payer_address",
    "payer_phone",
    "recipient_name",
    "recipient_business_name",
    "recipient_tin_type",
    "recipient_tin",
    "recipient_address_line1",
    "recipient_address_line2",
    "recipient_city",
    "recipient_state",
    "recipient_zip",
    "recipient_country",
    "recipient_email",
    "account_number",
    "box1_nonemployee_compensation",
    "box4_federal_income_tax_withheld",
    "form_status",
    "promo_code",
]
"""What a year-end export can hold."""

COLUMNS: Final[tuple[Column, ...]] = (
    "tax_year",
    "payer_name",
    "payer_tin",
    "payer_address",
    "recipient_tin_type",
    "recipient_tin",
    "recipient_name",
    "recipient_business_name",
    "recipient_address_line1",
    "recipient_address_line2",
    "recipient_city",
    "recipient_state",
    "recipient_zip",
    "recipient_country",
    "recipient_email",
    "account_number",
    "box1_nonemployee_compensation",
    "box4_federal_income_tax_withheld",
)


class TaxThreshold(BaseModel):
    """From what sum (cents) a year's payments are reported, from a year on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_year: int = Field(ge=1990, le=2200)
    cents: int = Field(ge=0, le=100_000_000)


# https://www.irs.gov/instructions/i1099mec: 600 dollars for payments made through 2025, 2,000 for
# those made from 2026 on, which is adjusted for inflation from 2027 on.
THRESHOLDS: Final = (
    TaxThreshold(from_year=1990, cents=60_000),
    TaxThreshold(from_year=2026, cents=200_000),
)


class TaxPayer(BaseModel):
    """The company that pays, as it stands on its tax forms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line = ""
    address: Line = ""
    tin: Annotated[Line, Field(pattern=r"^([0-9]{2}-[0-9]{7})?$")] = ""
    phone: Line = ""


def by_year(given: tuple[TaxThreshold, ...]) -> tuple[TaxThreshold, ...]:
    """Thresholds, the earliest first; each year once, and at least one of them."""
    years = [each.from_year for each in given]
    if not given or len(years) != len(set(years)):
        raise ValueError("name each year once, and at least one")
    return tuple(sorted(given, key=lambda each: each.from_year))


def threshold_of(thresholds: Sequence[TaxThreshold], year: int) -> int:
    """From what sum a year's payments are reported, in cents."""
    reached = [each.cents for each in thresholds if each.from_year <= year]
    return reached[-1] if reached else thresholds[0].cents


Thresholds: TypeAlias = Annotated[tuple[TaxThreshold, ...], AfterValidator(by_year)]
