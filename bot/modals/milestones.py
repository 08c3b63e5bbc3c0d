"""The modals in which operators make, change and delete milestones."""

from typing import Final

from bot.cards.blocks import Json, plain, rich, said, section, words
from bot.cards.milestones import people
from bot.errands import Errand
from bot.milestone_drafts import ACTIVE, PAUSED, Draft
from bot.modals.fields import input_block, text_input
from bot.modals.frame import modal
from domain.milestones import (
    DESCRIPTION_MAX,
    NAME_MAX,
    ORDER_MAX,
    THRESHOLD_MAX,
    Mark,
    Wish,
)
from domain.money import money, number
from domain.program import Program

CREATE: Final = "milestone.create"
EDIT: Final = "milestone.save"
CONFIRM: Final = "milestone.confirm"
DELETE: Final = "milestone.remove"

_STATES: Final = {ACTIVE: "Active", PAUSED: "Paused: nobody gets the bonus"}


def create(draft: Draft, program: Program, errand: Errand) -> Json:
    """Make a milestone."""
    return modal(
        "Add milestone",
        _fields(draft, program),
        callback_id=CREATE,
        submit="Add",
        metadata=errand.packed(),
    )


def edit(draft: Draft, program: Program, errand: Errand) -> Json:
    """Change a milestone. The errand's subject is its id and the version that is shown."""
    about = "Counts for those who have yet to reach it. Whoever has the bonus keeps what they got."
    return modal(
        "Edit milestone",
        [rich(section(said(about))), *_fields(draft, program)],
        callback_id=EDIT,
        submit="Save",
        metadata=errand.packed(),
    )


def confirm(wish: Wish, due: int, program: Program, errand: Errand) -> Json:
    """Say what saving costs at once, before it is saved."""
    each = money(wish.bonus_amount_cents, program.currency)
    total = money(wish.bonus_amount_cents * due, program.currency)
    threshold = wish.referral_threshold
    sentence = (
        f" is at {number(threshold)} converted referral{'s' * (threshold != 1)}, and "
        f"{people(due)} {'has' if due == 1 else 'have'} reached that already. "
        f"{f'They get {each} each, {total} in all,' if due > 1 else f'They get {each}'} within "
        f"five minutes, on hold for {program.hold_days} days. "
        "A mail tells them. Save it paused if you do not want that yet."
    )
    return modal(
        "Bonuses right away",
        [rich(section(words(wish.name, NAME_MAX, bold=True), said(sentence)))],
        callback_id=CONFIRM,
        submit="Save",
        metadata=errand.packed(),
    )


def delete(mark: Mark, errand: Errand) -> Json:
    """Ask once more before a milestone goes."""
    sentence = " goes. Nobody gets its bonus any more."
    if mark.awarded:
        has = "has it and keeps it" if mark.awarded == 1 else "have it and keep it"
        sentence += f" {people(mark.awarded)} {has}."
    return modal(
        "Delete milestone?",
        [rich(section(words(mark.milestone.name, NAME_MAX, bold=True), said(sentence)))],
        callback_id=DELETE,
        submit="Delete",
        metadata=errand.packed(),
    )


def _fields(draft: Draft, program: Program) -> list[Json]:
    states = [{"text": plain(text), "value": value} for value, text in _STATES.items()]
    chosen = next(each for each in states if each["value"] == draft.state)
    menu: Json = {
        "type": "static_select",
        "action_id": "state",
        "options": states,
        "initial_option": chosen,
    }
    return [
        input_block("Name", text_input("name", draft.name, NAME_MAX, "First ten")),
        input_block(
            "Converted referrals",
            _whole("referral_threshold", draft.referral_threshold, 1, THRESHOLD_MAX),
            hint="How many lead to the bonus. One counts once they paid, unless all is refunded.",
        ),
        input_block(
            "Bonus",
            text_input("bonus_amount_cents", draft.bonus_amount_cents, 20, "50"),
            hint=f"In {program.currency.upper()}, such as 50. It is on hold for "
            f"{program.hold_days} days.",
        ),
        input_block(
            "Description",
            text_input(
                "description", draft.description, DESCRIPTION_MAX, "Your first ten customers"
            ),
            optional=True,
            hint="Affiliates read it on their dashboard and in the mail.",
        ),
        input_block("State", menu),
        input_block(
            "Order",
            _whole("sort_order", draft.sort_order, 0, ORDER_MAX),
            optional=True,
            hint="Smaller stands first in lists. Empty: by the number of referrals.",
        ),
    ]


def _whole(name: str, value: str, least: int, most: int) -> Json:
    field: Json = {
        "type": "number_input",
        "action_id": name,
        "is_decimal_allowed": False,
        "min_value": str(least),
        "max_value": str(most),
    }
    # Slack takes numbers only for what stands there already.
    usable = value.isascii() and value.isdecimal() and least <= int(value) <= most
    return field | ({"initial_value": value} if usable else {})
