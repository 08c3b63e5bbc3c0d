"""What stands in the form of a tier: as it is typed, and as the domain reads it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from bot.cards.blocks import Json
from domain.errors import InvalidError
from domain.money import basis_points, digits, minor_units, percent
from domain.perks import Perk, perk_of
from domain.program import Program
from domain.tiers import Wish
from storage.tiers import Tier

PERK_FIELDS: Final = ("icon", "title", "description", "link")

_PERK: Final = re.compile(r"perk:([0-9]+):([a-z]+)")
_WHOLE: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of the form, all as typed; empty for the program's own rate or minimum.

    Each perk has a slot, a number that stays its own while others are added and removed: Slack
    keeps what was typed by the names of the fields.
    """

    name: str = ""
    referral_threshold: str = ""
    rate_bp: str = ""
    min_payout_cents: str = ""
    perks: dict[int, Perk] = field(default_factory=dict)

    @classmethod
    def of(cls, tier: Tier, program: Program) -> Self:
        """The draft that says what a tier is."""
        minimum = tier.min_payout_cents
        return cls(
            name=tier.name,
            referral_threshold=str(tier.referral_threshold),
            rate_bp="" if tier.rate_bp is None else percent(tier.rate_bp).removesuffix("%"),
            min_payout_cents="" if minimum is None else digits(minimum, program.currency),
            perks={slot: perk_of(kept) for slot, kept in enumerate(tier.perks)},
        )

    @classmethod
    def typed(cls, view: Json) -> Self:
        """What a person has entered so far."""
        entered: dict[str, str] = {}
        perks: dict[int, dict[str, str]] = {}
        for block in view["state"]["values"].values():
            for name, held in block.items():
                value = _value(held)
                if found := _PERK.fullmatch(name):
                    perks.setdefault(int(found[1]), {})[found[2]] = value
                else:
                    entered[name] = value
        made = {
            slot: Perk(**dict.fromkeys(PERK_FIELDS, "") | perks[slot]) for slot in sorted(perks)
        }
        return cls(**entered, perks=made)

    def with_perk(self, icon: str) -> Self:
        """The draft with one more perk, still empty."""
        return replace(self, perks={**self.perks, max(self.perks, default=-1) + 1: Perk(icon, "")})

    def without_perk(self, slot: int) -> Self:
        """The draft without the perk in this slot."""
        return replace(self, perks={n: perk for n, perk in self.perks.items() if n != slot})

    def given(self, program: Program) -> Wish:
        """The tier for the domain to read; raises `InvalidError` by field."""
        wrong: dict[str, str] = {}
        threshold = rate = minimum = None
        typed = self.referral_threshold.strip()
        if _WHOLE.fullmatch(typed):
            threshold = int(typed)
        else:
            wrong["referral_threshold"] = "Use a whole number, 0 for a tier that all begin in."
        try:
            rate = basis_points(self.rate_bp) if self.rate_bp.strip() else None
        except ValueError as error:
            wrong["rate_bp"] = str(error)
        try:
            if self.min_payout_cents.strip():
                minimum = minor_units(self.min_payout_cents, program.currency)
        except ValueError as error:
            wrong["min_payout_cents"] = str(error)
        if wrong:
            raise InvalidError(" ".join(wrong.values()), wrong)
        return Wish(self.name, threshold or 0, rate, minimum, tuple(self.perks.values()))

    def placed(self, error: InvalidError) -> InvalidError:
        """A complaint of the domain, with its perks named by their slots."""
        slots = list(self.perks)
        fields = {_by_slot(name, slots): sentence for name, sentence in error.fields.items()}
        return InvalidError(str(error), fields)


def _by_slot(name: str, slots: Sequence[int]) -> str:
    found = _PERK.fullmatch(name)
    return f"perk:{slots[int(found[1])]}:{found[2]}" if found else name


def _value(held: dict[str, Any]) -> str:
    if "selected_option" in held:
        return str((held["selected_option"] or {}).get("value") or "")
    return str(held.get("value") or "")
