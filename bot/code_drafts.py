"""What stands in the form of a discount code: as it is typed, and as the domain reads it."""

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, Self

from bot.cards.blocks import Json
from domain.code_terms import REPEATING, Terms
from domain.errors import InvalidError
from domain.money import digits, minor_units
from domain.program import Program
from storage.codes import FIXED_AMOUNT, PERCENTAGE

ANY_PLAN: Final = "any"
FLAGS: Final = ("stackable", "first_purchase_only")

_WHOLE: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of the form, by the names of the terms that they hold.

    All as typed, except `expires_at` in seconds since the epoch. `prefix` and `count` are asked
    where many codes are made at once, instead of `code`.
    """

    code: str = ""
    discount_type: str = PERCENTAGE
    discount_value: str = ""
    currency: str = ""
    duration: str = "once"
    duration_months: str = ""
    max_uses: str = ""
    max_uses_per_user: str = "1"
    min_plan: str = ANY_PLAN
    flags: frozenset[str] = frozenset()
    expires_at: int | None = None
    affiliate: str = ""
    description: str = ""
    prefix: str = ""
    count: str = ""

    @classmethod
    def of(cls, terms: Terms, affiliate: str) -> Self:
        """The draft that says what these terms say; `affiliate` is their promo code."""
        value = str(terms.discount_value)
        if terms.discount_type == FIXED_AMOUNT:
            value = digits(terms.discount_value, terms.currency)
        return cls(
            code=terms.code,
            discount_type=terms.discount_type,
            discount_value=value,
            currency=terms.currency,
            duration=terms.duration,
            duration_months=_shown(terms.duration_months),
            max_uses=_shown(terms.max_uses),
            max_uses_per_user=str(terms.max_uses_per_user),
            min_plan=terms.min_plan or ANY_PLAN,
            flags=frozenset(name for name in FLAGS if getattr(terms, name)),
            expires_at=int(terms.expires_at.timestamp()) if terms.expires_at else None,
            affiliate=affiliate,
            description=terms.description,
        )

    @classmethod
    def typed(cls, view: Json, *, code: str = "") -> Self:
        """What a person has entered so far; `code` where the form does not ask for it."""
        entered: dict[str, Any] = {"code": code}
        for block in view["state"]["values"].values():
            for name, held in block.items():
                value = _value(held)
                if name in _NAMES and value is not None:
                    entered[name] = value
        return cls(**entered)

    def given(self, settings: Program) -> dict[str, Any]:
        """The terms for the domain to read.

        Raises `InvalidError` for what is no number at all, by field.
        """
        wrong: dict[str, str] = {}

        def whole(name: str) -> int | None:
            text = str(getattr(self, name)).strip()
            if text and not _WHOLE.fullmatch(text):
                wrong[name] = "Use a whole number."
                return None
            return int(text) if text else None

        given: dict[str, Any] = {
            "code": self.code.strip(),
            "description": self.description.strip(),
            "discount_type": self.discount_type,
            "currency": "",
            "duration": self.duration,
            "duration_months": whole("duration_months") if self.duration == REPEATING else None,
            "max_uses": whole("max_uses"),
            "max_uses_per_user": whole("max_uses_per_user"),
            "min_plan": None if self.min_plan == ANY_PLAN else self.min_plan,
            "expires_at": _moment(self.expires_at),
            "affiliate": self.affiliate.strip() or None,
            **{name: name in self.flags for name in FLAGS},
        }
        if given["max_uses_per_user"] is None and "max_uses_per_user" not in wrong:
            wrong["max_uses_per_user"] = "Say how often one customer may use it: usually 1."
        try:
            given |= self._discount(settings)
        except ValueError as error:
            wrong["discount_value"] = str(error)
        if wrong:
            raise InvalidError(" ".join(wrong.values()), wrong)
        return given

    def _discount(self, settings: Program) -> dict[str, Any]:
        if self.discount_type == FIXED_AMOUNT:
            currency = self.currency.strip().lower() or settings.currency
            return {
                "currency": currency,
                "discount_value": minor_units(self.discount_value, currency),
            }
        percent = self.discount_value.strip().removesuffix("%").strip()
        if not _WHOLE.fullmatch(percent):
            raise ValueError("A percentage is a whole number from 1 to 100.")
        return {"discount_value": int(percent)}


_NAMES: Final = frozenset(field.name for field in fields(Draft))


def _value(held: Json) -> Any:
    """What Slack says of one field, by the kind of field it is; None where nothing stands."""
    if "selected_options" in held:
        return frozenset(option["value"] for option in held["selected_options"] or ())
    if "selected_option" in held:
        return (held["selected_option"] or {}).get("value")
    if "selected_date_time" in held:
        return held["selected_date_time"]
    return held.get("value") or ""


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
