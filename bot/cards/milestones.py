"""The card of `/affiliate milestones`: every milestone with its bonus and how many have it."""

from collections.abc import Sequence

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    escaped,
    header,
    rich,
    said,
    section,
    sign,
    words,
)
from domain.milestones import DESCRIPTION_MAX, MILESTONES_MAX, NAME_MAX, Mark
from domain.money import money, number
from domain.program import Program


def milestones_card(marks: Sequence[Mark], program: Program, news: str = "") -> Message:
    """The milestones in their order; `news` is what just became of one."""
    blocks = [header("Milestones")]
    if news:
        blocks.append(rich(section(sign(good=True), said(" "), words(news, 600, bold=True))))
    if not marks:
        sentence = (
            "There are no milestones yet. A milestone gives every affiliate a bonus, once, for a "
            "number of converted referrals: such as $50 at 10."
        )
        blocks.append(rich(section(said(sentence))))
    for mark in marks:
        value, active = str(mark.milestone.id), mark.milestone.is_active
        switch = ("Pause", "milestone.pause") if active else ("Resume", "milestone.resume")
        blocks += [
            rich(section(*_line(mark, program))),
            actions(
                button("Edit", "milestone.edit", value),
                button(*switch, value),
                button("Delete", "milestone.delete", value),
            ),
        ]
    if len(marks) < MILESTONES_MAX:
        blocks.append(actions(button("Add milestone", "milestone.new", "new", style="primary")))
    return escaped(news or f"Milestones: {len(marks)}"), blocks


def people(count: int) -> str:
    """Such as `1 affiliate`."""
    return f"{number(count)} affiliate{'s' * (count != 1)}"


def _line(mark: Mark, program: Program) -> list[Json]:
    milestone = mark.milestone
    count = milestone.referral_threshold
    rest = (
        f"{money(milestone.bonus_amount_cents, program.currency)} at {number(count)} converted "
        f"referral{'s' * (count != 1)} · awarded to {people(mark.awarded)}"
    )
    if mark.due:
        gets = "gets" if mark.due == 1 else "get"
        rest += f" · {people(mark.due)} more {gets} it within five minutes"
    if not milestone.is_active:
        rest += " · paused: nobody gets it"
    pieces = [words(milestone.name, NAME_MAX, bold=True), said(f"\n{rest}")]
    if milestone.description:
        pieces += [said("\n"), words(milestone.description, DESCRIPTION_MAX)]
    return pieces
