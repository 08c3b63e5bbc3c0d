"""Cards of cases: what was seen, who reported it, what was decided, what the affiliate answered."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    address,
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
from bot.cards.payouts import name_of
from domain.compliance import KINDS, Kind
from domain.compliance_cases import Decision, Seen, View
from domain.money import number
from domain.statuses import Status
from storage.affiliates import Affiliate
from storage.compliance import CONFIRMED, OPEN, OPERATOR, REPORT, CaseAnswer, Report, Violation

LONG_TEXT = 600
VIOLATIONS_MAX = 8
CASES_MAX = 8
REPORTS_MAX = 10

_DONE = {
    Decision.WARNED: "Warned",
    Decision.SUSPENDED: "Suspended",
    Decision.TERMINATED: "Terminated",
    Decision.DISMISSED: "Dismissed",
}


def case_card(view: View) -> Message:
    """The card as it must look now: with buttons, or with who decided what."""
    name = name_of(view.affiliate)
    listed = ", ".join(dict.fromkeys(KINDS[Kind(one.kind)] for one in view.violations))
    blocks = [header(f"Rules: {name}"), *case_blocks(view)]
    stage = _DONE[Decision(view.case.decision)].lower() if view.case.decision else listed
    return escaped(clean(f"Rules: {name}: {stage}", 2000)), blocks


def case_blocks(view: View) -> list[Json]:
    """The same without its headline."""
    affiliate = view.affiliate
    pieces = [said("Promo code ", bold=True), code(affiliate.promo_code), said(" · ")]
    pieces += [words(affiliate.email, 100), said(f" · {affiliate.status}")]
    blocks = [rich(section(*pieces)), *evidence_blocks(view)]
    if view.answers:
        count = len(view.answers)
        answered = "The affiliate answered" + (f" {count} times" if count > 1 else "")
        last = quote(words(view.answers[-1].text, LONG_TEXT, lines=True))
        blocks.append(rich(section(said(f"{answered}:", bold=True)), last))
    return [*blocks, *([_buttons(view)] if not view.case.decision else _decided(view))]


def evidence_blocks(view: View) -> list[Json]:
    """What was seen, for cards and for the modals in which it is decided."""
    blocks = [_violation(one, view.reports) for one in view.violations[:VIOLATIONS_MAX]]
    more = len(view.violations) - VIOLATIONS_MAX
    if more > 0:
        blocks.append(rich(section(said(f"… and {more} more."))))
    return blocks


def _violation(one: Violation, reports: Mapping[UUID, Sequence[Report]]) -> Json:
    by = {REPORT: _reported(one), OPERATOR: f"seen by {clean(one.created_by, 160)}"}
    title = section(
        said(KINDS[Kind(one.kind)], bold=True),
        said(f" · {by.get(one.source, 'found automatically')} · "),
        when(one.created_at),
    )
    seen = Seen.of(one)
    lines = [section(words(f"{name}: {value}", 400)) for name, value in seen.facts]
    lines += [section(words(line, 300)) for line in seen.samples]
    if one.source != REPORT and one.note:
        lines.insert(0, section(words(one.note, LONG_TEXT)))
    for report in reports.get(one.id, ()):
        pieces = [words(report.text, 300)]
        if report.url:
            pieces += [said(" · "), address(report.url)]
        if report.email:
            pieces += [said(" · "), words(report.email, 254)]
        lines.append(section(*pieces))
    return rich(title, *([bullets(*lines)] if lines else []))


def _reported(one: Violation) -> str:
    if one.times == 1:
        return "reported once"
    return f"reported from {number(one.times)} networks"


def _buttons(view: View) -> Json:
    value = str(view.case.id)
    shown = [button("Warn", "case.warned", value, style="primary")]
    if view.affiliate.status != Status.TERMINATED:
        shown.append(button("Suspend", "case.suspended", value))
        shown.append(button("Terminate", "case.terminated", value, style="danger"))
    else:
        shown = []
    return actions(*shown, button("Dismiss", "case.dismissed", value))


def _decided(view: View) -> list[Json]:
    case = view.case
    at = [said(" · "), when(case.decided_at)] if case.decided_at else []
    verb = said(f" {_DONE[Decision(case.decision)]}", bold=True)
    good = case.decision == Decision.DISMISSED
    by = words(case.decided_by or "somebody", 160)
    told = "Reason:" if good else "Reason, as mailed:"
    reason = quote(words(case.reason, LONG_TEXT, lines=True))
    return [
        rich(section(sign(good=good), verb, said(" by "), by, *at)),
        rich(section(said(told, bold=True)), reason),
    ]


def violation_note(one: Violation) -> Message:
    """What is said below a card when its case gets another violation."""
    text = f"Also: {KINDS[Kind(one.kind)]}, {one.created_at:%Y-%m-%d %H:%M:%S} UTC."
    shown = section(said("Also: "), said(KINDS[Kind(one.kind)], bold=True), said(" · "))
    shown["elements"].append(when(one.created_at))
    return text, [rich(shown)]


def answer_note(affiliate: Affiliate, answer: CaseAnswer) -> Message:
    """What an affiliate answered, below the card."""
    who = name_of(affiliate)
    text = escaped(f"{who} answered, {answer.created_at:%Y-%m-%d %H:%M:%S.%f} UTC.")
    said_by = section(words(who, 70, bold=True), said(" answered:"))
    return text, [rich(said_by, quote(words(answer.text, 2000, lines=True)))]


def cases_card(views: Sequence[View], total: int, unmatched: int) -> Message:
    """The answer to `/affiliate violations`: the cases that wait, with their buttons."""
    blocks = [header("Rules")]
    waiting = f"{total} {'case waits' if total == 1 else 'cases wait'} for a decision."
    blocks.append(rich(section(said(waiting if total else "No case waits.", bold=True))))
    for view in views[:CASES_MAX]:
        blocks += [divider(), rich(section(words(name_of(view.affiliate), 70, bold=True)))]
        # A card each of them may have many blocks, and a message holds fifty.
        blocks += [*evidence_blocks(view)[:2], _buttons(view)]
    if total > len(views[:CASES_MAX]):
        blocks.append(rich(section(said(f"… and {total - CASES_MAX} more after these."))))
    if unmatched:
        one = "report names" if unmatched == 1 else "reports name"
        sentence = f"{unmatched} {one} nobody we know: /affiliate violations reports"
        blocks += [divider(), rich(section(said(sentence)))]
    return (waiting if total else "No case waits."), blocks


def record_card(affiliate: Affiliate, views: Sequence[View]) -> Message:
    """The violations of one affiliate, the newest first, and a way to add one."""
    name = name_of(affiliate)
    blocks = [header(f"Rules: {name}")]
    value = str(affiliate.id)
    bidding = "Forbid ads on our name" if affiliate.may_bid else "Allow ads on our name"
    over = "case.forbid_bidding" if affiliate.may_bid else "case.allow_bidding"
    blocks.append(
        actions(button("Add a violation", "violation.add", value), button(bidding, over, value))
    )
    if not views:
        blocks.append(rich(section(said("Nothing stands against this affiliate."))))
    for view in views[:5]:
        evidence = evidence_blocks(view)[:3]
        end = [_buttons(view)] if not view.case.decision else _decided(view)
        blocks += [divider(), *evidence, *end]
    return escaped(f"Rules: {name}"), blocks


def unmatched_card(reports: Sequence[Report]) -> Message:
    """Reports that name nobody we know, the newest first."""
    if not reports:
        sentence = "Every report of the last 30 days names somebody we know."
        return sentence, [rich(section(said(sentence)))]
    lines = []
    for one in reports[:REPORTS_MAX]:
        pieces = [words(one.named, 120, bold=True), said(f" · {KINDS[Kind(one.kind)]}: ")]
        pieces.append(words(one.text, 300))
        if one.url:
            pieces += [said(" · "), address(one.url)]
        if one.email:
            pieces += [said(" · "), words(one.email, 254)]
        lines.append(section(*pieces))
    title = "Reports that name nobody we know"
    return title, [header(title), rich(bullets(*lines))]


def in_words(counts: Mapping[str, int]) -> str:
    """How many violations stand against somebody, by status; empty for none but dismissed."""
    standing, waiting = counts.get(CONFIRMED, 0), counts.get(OPEN, 0)
    count = standing + waiting
    if not count:
        return ""
    words_ = f"{number(count)} violation{'' if count == 1 else 's'}"
    return f"{words_}, {number(waiting)} to be decided" if waiting else words_
