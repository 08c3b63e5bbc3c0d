"""Discount codes on cards: what one does, how it is used, and what can be done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import clock
from bot.cards.blocks import (
    Json,
    Message,
    actions,
    bullets,
    button,
    clean,
    code,
    confirmation,
    escaped,
    header,
    plain,
    rich,
    said,
    section,
    sign,
    when,
    words,
)
from domain.code_terms import Terms, terms_of
from domain.money import money, number
from domain.program import Program
from integrations.stripe import IN_USE
from storage.codes import ACTIVE, ARCHIVED, EXPIRED, FIXED_AMOUNT, PAUSED, DiscountCode

LISTED_MAX: Final = 15
"""A code takes three blocks where Stripe refuses it, and a message holds fifty."""
STATUSES: Final = (ACTIVE, PAUSED, EXPIRED, ARCHIVED)
PROBLEM_MAX: Final = 400

_STANDINGS: Final = {
    ACTIVE: "customers can redeem it",
    PAUSED: "customers cannot redeem it now; discounts that run already go on",
    EXPIRED: "its time is over",
    ARCHIVED: "put away; customers cannot redeem it",
}


@dataclass(frozen=True, slots=True)
class CodeView:
    """A code with what its card says beside.

    `given` is `(discount, of that refunded)` in minor units, by currency; `affiliate` the promo
    code of its affiliate, or empty.
    """

    code: DiscountCode
    program: Program
    affiliate: str
    given: Mapping[str, tuple[int, int]]


def code_card(view: CodeView, sentence: str = "") -> Message:
    """One code with all of its terms, after a sentence on what just became of it."""
    made = view.code
    headline = clean(sentence, 600) or f"{made.code} is {_standing(made)}."
    blocks = [header(made.code)]
    if sentence:
        blocks.append(rich(section(words(sentence, 600, bold=True))))
    blocks.append(_facts(view))
    if made.stripe_problem:
        blocks.append(_problem(made))
    blocks.append(actions(*_buttons(made)))
    return escaped(headline), blocks


def codes_card(
    codes: Sequence[DiscountCode], counts: Mapping[str, int], status: str, text: str, *, more: bool
) -> Message:
    """The answer to `/affiliate code list`: the newest first."""
    sentence = _found(len(codes), counts, status, text, more=more)
    blocks = [header("Discount codes"), rich(section(words(sentence, bold=True)))]
    for each in codes:
        blocks += code_blocks(each)
    return escaped(sentence), blocks


def code_blocks(made: DiscountCode) -> list[Json]:
    """A code in a list, with a menu of what can be done; and what Stripe refuses, to try again."""
    text = f"{made.code}\n{' · '.join(_in_short(made))}"
    blocks: list[Json] = [
        {
            "type": "section",
            "text": {"type": "plain_text", "text": clean(text, 600, lines=True), "emoji": False},
            "accessory": _menu(made),
        }
    ]
    if made.stripe_problem:
        blocks += [_problem(made), actions(*_mending(made))]
    return blocks


def terms_in_words(terms: Terms, program: Program) -> str:
    """What a code does, for operators: `20% off the first payment` and so on."""
    parts = [f"{_worth(terms)} off {_when(terms)}", _per_customer(terms)]
    if terms.first_purchase_only:
        parts.append("for new customers only")
    if terms.min_plan:
        plan = program.plan(terms.min_plan)
        parts.append(f"from the plan {plan.name if plan else terms.min_plan} upwards")
    if terms.stackable:
        parts.append("also together with other codes")
    if terms.max_uses is not None:
        parts.append(f"{_times(terms.max_uses)} in all")
    return ", ".join(parts) + "."


def uses_of(made: DiscountCode) -> str:
    """How often a code was used, of how often it may be."""
    used = made.prior_uses + made.total_uses
    if made.max_uses is not None:
        return f"{number(used)} of {number(made.max_uses)} use{'s' * (made.max_uses != 1)}"
    return f"{number(used)} use{'s' * (used != 1)}"


def amounts(given: Mapping[str, tuple[int, int]]) -> str:
    """What was given, currency by currency; what of it went back is said beside."""
    listed = [
        money(discount, currency)
        + (f" ({money(refunded, currency)} of it refunded)" if refunded else "")
        for currency, (discount, refunded) in sorted(given.items())
    ]
    return " + ".join(listed) or "nothing yet"


def _found(shown: int, counts: Mapping[str, int], status: str, text: str, *, more: bool) -> str:
    which = f"{status} code" if status else "code"
    about = f" with “{clean(text, 60)}”" if text else ""
    if not shown:
        return f"There is no {which}{about}."
    if more:
        return f"The newest {shown} {which}s{about}. Type a part of the word to find others."
    total = (
        ""
        if status or text
        else f" ({', '.join(f'{counts[s]} {s}' for s in STATUSES if s in counts)})"
    )
    return f"{shown} {which}{'s' * (shown != 1)}{about}{total}."


def _standing(made: DiscountCode) -> str:
    """The status as customers meet it: a code is over at its moment, its row some minutes later."""
    over = made.expires_at is not None and made.expires_at <= clock.now()
    return EXPIRED if over and made.status in {ACTIVE, PAUSED} else made.status


def _facts(view: CodeView) -> Json:
    made, standing = view.code, _standing(view.code)
    does = terms_in_words(terms_of(made), view.program)
    lines = [
        section(said(f"{standing.capitalize()}: ", bold=True), said(_STANDINGS[standing])),
        section(words(does)),
        section(
            said("Used: ", bold=True),
            said(f"{uses_of(made)}; discount given: {amounts(view.given)}"),
        ),
    ]
    if made.expires_at is not None:
        word = "Expired at: " if standing == EXPIRED else "Expires: "
        lines.append(section(said(word, bold=True), when(made.expires_at)))
    if view.affiliate:
        lines.append(section(said("Credited to: ", bold=True), code(view.affiliate)))
    if made.description:
        lines.append(section(said("Note: ", bold=True), words(made.description, 500)))
    lines.append(section(said("At Stripe: ", bold=True), words(_at_stripe(made))))
    by = words(made.created_by or "somebody", 80)
    lines.append(section(said("Made by "), by, said(", "), when(made.created_at)))
    return rich(bullets(*lines))


def _at_stripe(made: DiscountCode) -> str:
    if made.stripe_problem:
        return "not as it should be, see below"
    return made.stripe_promotion_code_id or "on its way"


def _problem(made: DiscountCode) -> Json:
    return rich(section(sign(good=False), said(" "), words(made.stripe_problem, PROBLEM_MAX)))


def _in_short(made: DiscountCode) -> list[str]:
    terms = terms_of(made)
    standing = _standing(made)
    short = [standing, f"{_worth(terms)} off {_when(terms)}", uses_of(made)]
    if made.expires_at is not None:
        verb = "expired" if standing == EXPIRED else "expires"
        short.append(f"{verb} {made.expires_at:%-d %b %Y}")
    if made.description:
        short.append(clean(made.description, 80))
    return short


def _worth(terms: Terms) -> str:
    if terms.discount_type == FIXED_AMOUNT:
        return money(terms.discount_value, terms.currency)
    return f"{terms.discount_value}%"


def _when(terms: Terms) -> str:
    if terms.duration == "once":
        return "the first payment"
    if terms.duration == "forever":
        return "every payment"
    months = terms.duration_months or 0
    return f"the payments of {months} month{'s' * (months != 1)}"


def _per_customer(terms: Terms) -> str:
    return f"{_times(terms.max_uses_per_user)} per customer"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def _menu(made: DiscountCode) -> Json:
    """Every step that makes sense, behind three dots; archiving asks once more in a modal."""
    steps = [("Edit", "edit")] if made.status != ARCHIVED else [("Show", "show")]
    standing = _standing(made)
    if standing == ACTIVE:
        steps.append(("Pause", "pause"))
    elif standing != EXPIRED:
        steps.append(("Activate", "activate"))
    if made.status != ARCHIVED:
        steps.append(("Archive", "archive"))
    steps.append(("Copy code", "copy"))
    if made.status != ARCHIVED:
        steps.append(("Show", "show"))
    return {
        "type": "overflow",
        "action_id": "code.menu",
        "options": [
            {"text": plain(label, 75), "value": f"{step}:{made.id}"} for label, step in steps
        ],
    }


def _buttons(made: DiscountCode) -> list[Json]:
    value = str(made.id)
    shown = _mending(made) if made.stripe_problem else []
    standing = _standing(made)
    if standing == ACTIVE:
        shown.append(button("Pause", "code.pause", value))
    elif standing != EXPIRED:
        shown.append(button("Activate", "code.activate", value, style="primary"))
    if made.status != ARCHIVED:
        shown.append(button("Edit", "code.edit", value))
        question = confirmation(
            f"Archive {made.code}?",
            "Customers cannot redeem it any more. Activate brings it back.",
            "Archive",
        )
        shown.append(button("Archive", "code.archive", value, style="danger", confirm=question))
    return shown


def _mending(made: DiscountCode) -> list[Json]:
    value = str(made.id)
    shown = [button("Retry", "code.retry", value)]
    if IN_USE in made.stripe_problem and not made.stripe_promotion_code_id:
        question = confirmation(
            f"Adopt {made.code}?",
            "What it takes off, its limits and its expiry become those of the code at Stripe. "
            "Customers notice nothing.",
            "Adopt",
        )
        shown.append(button("Adopt it", "code.adopt", value, confirm=question))
    return shown
