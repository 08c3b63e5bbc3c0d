"""The card of `/affiliate tiers`: every tier with its terms, perks and members."""

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
from domain.money import money, number, percent
from domain.perks import TITLE_MAX, perk_of
from domain.program import Program
from domain.tiers import NAME_MAX, TIERS_MAX, Step
from storage.tiers import Tier


def tiers_card(steps: Sequence[Step], program: Program, news: str = "") -> Message:
    """The tiers, the first one first; `news` is what just became of one."""
    blocks = [header("Tiers")]
    if news:
        blocks.append(rich(section(sign(good=True), said(" "), words(news, 600, bold=True))))
    if not steps:
        sentence = (
            "There are no tiers yet: everybody earns the program's rate. A tier gives a rate, a "
            "payout minimum and perks of its own from a number of converted referrals on."
        )
        blocks.append(rich(section(said(sentence))))
    for step in steps:
        value = str(step.tier.id)
        blocks += [
            rich(section(*_line(step, program)), *_perks(step.tier)),
            actions(button("Edit", "tier.edit", value), button("Delete", "tier.delete", value)),
        ]
    if len(steps) < TIERS_MAX:
        blocks.append(actions(button("Add tier", "tier.new", "new", style="primary")))
    return escaped(news or f"Tiers: {len(steps)}"), blocks


def terms_in_words(tier: Tier, program: Program) -> str:
    """Rate and payout minimum, with what is the program's own said to be so."""
    rate = program.commission_rate_bp if tier.rate_bp is None else tier.rate_bp
    minimum = tier.min_payout_cents
    least = program.payout_threshold_cents if minimum is None else minimum
    theirs = " (the program's)"
    return (
        f"{percent(rate)}{theirs if tier.rate_bp is None else ''} · payouts from "
        f"{money(least, program.currency)}{theirs if minimum is None else ''}"
    )


def _line(step: Step, program: Program) -> list[Json]:
    tier = step.tier
    count = tier.referral_threshold
    begins = f"from {number(count)} converted referral{'s' * (count != 1)}"
    members = f"{number(step.members)} affiliate{'s' * (step.members != 1)}"
    rest = f"{begins if count else 'from the start'} · {terms_in_words(tier, program)} · {members}"
    return [words(tier.name, NAME_MAX, bold=True), said(f"\n{rest}")]


def _perks(tier: Tier) -> list[Json]:
    if not tier.perks:
        return []
    pieces: list[Json] = [said("Perks: ")]
    for place, kept in enumerate(tier.perks):
        pieces += [said(", ")] * bool(place) + [words(perk_of(kept).title, TITLE_MAX)]
    return [section(*pieces)]
