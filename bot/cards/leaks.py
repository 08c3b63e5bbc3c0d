"""The card of a discount code that may have leaked: why, how it was used, and what to do."""

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
    rich,
    said,
    section,
    sign,
    when,
    words,
)
from bot.cards.charts import bar_chart
from bot.cards.discount_codes import uses_of
from domain.leaks import View
from domain.money import number
from storage.codes import ACTIVE
from storage.leaks import PAUSED, Leak

SITES_MAX = 5


def leak_card(view: View) -> Message:
    """The card as it must look now: with buttons, or with who decided what."""
    leak, made = view.leak, view.code
    labels = [f"{moment.day} {moment:%b}" for moment, _ in view.days]
    counts = [count for _, count in view.days]
    blocks = [
        header(f"{made.code} may have leaked"),
        _why(leak),
        bar_chart("Uses a day, up to then", labels, {"uses": counts}, y_label="Uses"),
        _facts(view),
        _buttons(view) if not leak.decision else _decided(leak),
    ]
    return escaped(f"{clean(made.code)} may have leaked{_in_short(leak)}"), blocks


def decided(view: View) -> str:
    """What is said to the one who decided."""
    word = view.code.code
    if view.leak.decision != PAUSED:
        return (
            f"Noted: {word} goes on. You hear of it again when it is used twice as much, or when "
            "buyers come from another coupon site."
        )
    return f"{word} is {view.code.status}: nobody can redeem it. Discounts that run already go on."


def usual(leak: Leak) -> str:
    """The uses of a usual day before, to one decimal place."""
    tenths = (20 * leak.before_uses + leak.before_days) // (2 * max(1, leak.before_days))
    whole, rest = divmod(tenths, 10)
    return f"{number(whole)}.{rest}" if rest else number(whole)


def _why(leak: Leak) -> Json:
    lines = []
    if leak.jumped:
        lines.append(
            section(
                said(f"It was used {number(leak.uses)} times in 24 hours.", bold=True),
                said(f" {_before(leak)}"),
            )
        )
    if leak.sites:
        more = len(leak.sites) - SITES_MAX
        listed = ", ".join(clean(site, 80) for site in leak.sites[:SITES_MAX])
        lines.append(
            section(
                said(
                    "Somebody bought with it who came from where codes are collected: ", bold=True
                ),
                words(listed, 500),
                said(f" and {more} more." if more > 0 else "."),
            )
        )
    return rich(bullets(*lines))


def _before(leak: Leak) -> str:
    span = f"In the {leak.before_days} days before, it was"
    if not leak.before_uses:
        return f"{span} not used at all."
    times = "once" if leak.before_uses == 1 else f"{number(leak.before_uses)} times"
    return f"{span} used {times}, about {usual(leak)} a day."


def _in_short(leak: Leak) -> str:
    reasons = []
    if leak.jumped:
        reasons.append(f"{number(leak.uses)} uses in 24 hours")
    if leak.sites:
        reasons.append(f"buyers from {clean(leak.sites[0], 80)}")
    return f": {', '.join(reasons)}"


def _facts(view: View) -> Json:
    pieces = [said("In all: ", bold=True), said(uses_of(view.code))]
    if view.affiliate:
        pieces += [said("\nCredited to: ", bold=True), code(view.affiliate)]
    pieces += [said("\nNoticed: ", bold=True), when(view.leak.flagged_at)]
    return rich(section(*pieces))


def _buttons(view: View) -> Json:
    value = str(view.leak.id)
    fine = button("It is fine", "leak.dismiss", value)
    question = confirmation(
        f"Pause {clean(view.code.code, 40)}?",
        "Nobody can redeem it until somebody activates it. Discounts that run already go on.",
        "Pause code",
    )
    off = button("Pause code", "leak.pause", value, style="danger", confirm=question)
    return actions(off, fine) if view.code.status == ACTIVE else actions(fine)


def _decided(leak: Leak) -> Json:
    paused = leak.decision == PAUSED
    by = words(leak.decided_by or "somebody", 160)
    at = [said(" · "), when(leak.decided_at)] if leak.decided_at else []
    verb = said(" Paused" if paused else " Called fine", bold=True)
    return rich(section(sign(good=not paused), verb, said(" by "), by, *at))
