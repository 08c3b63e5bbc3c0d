"""The card of a pause for a fraud score: what it is made of, the evidence, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    bullets,
    button,
    clean,
    code,
    divider,
    escaped,
    header,
    quote,
    rich,
    said,
    section,
    sign,
    when,
    words,
)
from bot.cards.charts import bar_chart
from bot.cards.payouts import name_of
from domain.fraud_decisions import View
from domain.fraud_rules import RULES
from domain.statuses import Status
from storage.affiliates import Affiliate
from storage.fraud import BANNED, RESTORED, FraudAppeal, FraudFlag

LONG_TEXT = 600
WAITING_MAX = 8

_DONE = {RESTORED: "Restored", BANNED: "Banned"}


def fraud_card(view: View) -> Message:
    """The card as it must look now: with buttons, or with who decided what."""
    name, flag = name_of(view.affiliate), view.flag
    headline = f"Paused for review: {name}"
    stage = _DONE[flag.decision].lower() if flag.decision else f"score {flag.score} of 100"
    blocks = [header(headline), *about_blocks(view)]
    if len(flag.reasons) > 1:
        blocks.append(_chart(flag))
    blocks.append(evidence(flag.reasons))
    if view.appeals:
        last = quote(words(view.appeals[-1].text, LONG_TEXT, lines=True))
        blocks.append(rich(section(said("The affiliate appeals:", bold=True)), last))
        blocks += _answered(view.appeals[-1])
    blocks += _decided(flag) if flag.decision else [_buttons(view)]
    return escaped(clean(f"{headline}: {stage}", 2000)), blocks


def about_blocks(view: View) -> list[Json]:
    """Whom it is about, and how much speaks against them."""
    affiliate = view.affiliate
    pieces = [said("Promo code ", bold=True), code(affiliate.promo_code), said(" · ")]
    pieces += [words(affiliate.email, 100), said(f" · {affiliate.status}")]
    score = [said(f"\nFraud score {view.flag.score} of 100", bold=True), said(" · noticed ")]
    score.append(when(view.flag.flagged_at))
    if not view.flag.decision:
        score.append(said("\nThe code gives no discount and payouts wait until you decide."))
    return [rich(section(*pieces, *score))]


def evidence(reasons: Sequence[Mapping[str, Any]]) -> Json:
    """Each reason with its points, and examples with masked customers."""
    lines = []
    for one in reasons:
        examples = " · ".join(clean(str(each), 120) for each in one["evidence"])
        pieces = [said(f"+{one['points']} ", bold=True), words(str(one["words"]), 300)]
        if examples:
            pieces += [said(" · "), words(examples, 700)]
        lines.append(section(*pieces))
    if not lines:
        return rich(section(said("Nothing speaks against them any more.")))
    return rich(bullets(*lines))


def _chart(flag: FraudFlag) -> Json:
    shown = [one for one in flag.reasons if one["points"]]
    labels = [RULES[one["rule"]].title if one["rule"] in RULES else one["rule"] for one in shown]
    points = [int(one["points"]) for one in shown]
    return bar_chart("What the score is made of", labels, {"points": points}, y_label="Points")


def _buttons(view: View) -> Json:
    value = str(view.flag.id)
    ban = button("Ban", "fraud.ban", value, style="danger")
    if view.affiliate.status == Status.TERMINATED:
        return actions(ban)
    return actions(button("Restore", "fraud.restore", value, style="primary"), ban)


def _decided(flag: FraudFlag) -> list[Json]:
    at = [said(" · "), when(flag.decided_at)] if flag.decided_at else []
    verb = said(f" {_DONE[flag.decision]}", bold=True)
    by = words(flag.decided_by or "somebody", 160)
    done = rich(section(sign(good=flag.decision == RESTORED), verb, said(" by "), by, *at))
    if not flag.reason:
        return [done]
    return [done, rich(quote(words(flag.reason, LONG_TEXT, lines=True)))]


def _answered(appeal: FraudAppeal) -> list[Json]:
    if not appeal.answer:
        return []
    by = words(appeal.answered_by, 160)
    text = quote(words(appeal.answer, LONG_TEXT, lines=True))
    return [rich(section(said("Answered by ", bold=True), by, said(":")), text)]


def appeal_note(view: View, appeal: FraudAppeal) -> Message:
    """What an affiliate says to a pause or a ban, below the card, with what can be done."""
    who = name_of(view.affiliate)
    text = escaped(f"{who} appeals, {appeal.created_at:%Y-%m-%d %H:%M:%S.%f} UTC.")
    said_by = section(words(who, 70, bold=True), said(" appeals:"))
    shown = rich(said_by, quote(words(appeal.text, 2000, lines=True)))
    answer = button("Answer", "fraud.answer", str(appeal.id))
    if view.flag.decision:
        return text, [shown, actions(answer)]
    buttons = _buttons(view)
    return text, [shown, buttons | {"elements": [*buttons["elements"], answer]}]


def waiting_blocks(found: Sequence[tuple[FraudFlag, Affiliate]], total: int) -> list[Json]:
    """Pauses that wait for a decision, for lists; nothing where none waits."""
    if not total:
        return []
    count = "1 affiliate is" if total == 1 else f"{total} affiliates are"
    blocks = [
        divider(),
        rich(section(said(f"{count} paused for a fraud score, until you decide.", bold=True))),
    ]
    for flag, affiliate in found[:WAITING_MAX]:
        value = str(flag.id)
        pieces = [words(name_of(affiliate), 70, bold=True), said(f" · score {flag.score} · ")]
        pieces += [code(affiliate.promo_code)]
        blocks += [
            rich(section(*pieces)),
            actions(
                button("Restore", "fraud.restore", value, style="primary"),
                button("Ban", "fraud.ban", value, style="danger"),
            ),
        ]
    return blocks


def score_words(score: int) -> str:
    """The score for lists; empty for 0."""
    return f"fraud score {score}" if score else ""
