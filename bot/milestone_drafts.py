"""What stands in the form of a milestone: as it is typed, and as the domain reads it."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from bot.cards.blocks import Json
from domain.errors import InvalidError
from domain.milestones import Wish
from domain.money import digits, minor_units
from domain.program import Program
from storage.milestones import Milestone

ACTIVE: Final = "active"
PAUSED: Final = "paused"

_WHOLE: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of the form, all as typed; `state` is `active` or `paused`."""

    name: str = ""
    referral_threshold: str = ""
    bonus_amount_cents: str = ""
    description: str = ""
    state: str = ACTIVE
    sort_order: str = ""

    @classmethod
    def of(cls, milestone: Milestone, program: Program) -> Self:
        """The draft that says what a milestone is."""
        return cls(
            name=milestone.name,
            referral_threshold=str(milestone.referral_threshold),
            bonus_amount_cents=digits(milestone.bonus_amount_cents, program.currency),
            description=milestone.description,
            state=ACTIVE if milestone.is_active else PAUSED,
            sort_order=str(milestone.sort_order),
        )

    @classmethod
    def typed(cls, view: Json) -> Self:
        """What a person has entered."""
        entered: dict[str, str] = {}
        for block in view["state"]["values"].values():
            for name, held in block.items():
                entered[name] = _value(held)
        return cls(**entered)

    @classmethod
    def unpacked(cls, text: str) -> Self:
        """A draft that was `packed`."""
        return cls(**json.loads(text))

    def packed(self) -> str:
        """The draft as text, for the question behind the form."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def given(self, program: Program) -> Wish:
        """The milestone for the domain to read; raises `InvalidError` by field."""
        wrong: dict[str, str] = {}
        bonus = 0
        whole = {}
        for field, needed in (("referral_threshold", True), ("sort_order", False)):
            typed = getattr(self, field).strip()
            if _WHOLE.fullmatch(typed):
                whole[field] = int(typed)
            elif typed or needed:
                wrong[field] = "Use a whole number, such as 10."
        try:
            bonus = minor_units(self.bonus_amount_cents, program.currency)
        except ValueError as error:
            wrong["bonus_amount_cents"] = str(error)
        if wrong:
            raise InvalidError(" ".join(wrong.values()), wrong)
        return Wish(
            self.name,
            whole["referral_threshold"],
            bonus,
            self.description,
            self.state == ACTIVE,
            whole.get("sort_order", 0),
        )


def _value(held: dict[str, Any]) -> str:
    if "selected_option" in held:
        return str((held["selected_option"] or {}).get("value") or "")
    return str(held.get("value") or "")
