"""The card of a payout: who is to be paid what and how, who approved, and what became of it."""

from collections.abc import Sequence

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    clean,
    code,
    confirmation,
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
from domain.money import money
from domain.payout_methods import label
from domain.payout_views import View
from domain.payouts import STRIPE
from domain.statuses import Status
from domain.taxes import MISSING
from storage.affiliates import Affiliate
from storage.payouts import APPROVED, FAILED, PAID, REQUESTED

SHOWN_MAX = 5
"""With every warning a payout takes eight blocks, and a message holds fifty."""
LONG_TEXT = 600


def amount_of(view: View) -> str:
    """The amount as people write it."""
    return money(view.payout.amount_cents, view.payout.currency)


def payee_of(view: View) -> str:
    """What to call who is paid; never empty."""
    return name_of(view.affiliate)


def name_of(affiliate: Affiliate) -> str:
    """What to call an affiliate; never empty."""
    names = (affiliate.display_name, affiliate.legal_name, affiliate.email)
    return next((clean(name, 70) for name in names if clean(name)), affiliate.promo_code)


def payout_card(view: View) -> Message:
    """The card as it must look now: with buttons for the next step, or how it ended."""
    blocks = [header(f"Payout of {amount_of(view)}"), _state(view), *_warnings(view), _facts(view)]
    if view.payout.reason:
        title = "What went wrong:" if view.payout.status == FAILED else "Reason, as mailed:"
        reason = words(view.payout.reason, LONG_TEXT, lines=True)
        blocks.append(rich(section(said(title, bold=True)), quote(reason)))
    blocks += _buttons(view)
    stage = "waits for approval" if view.payout.status == REQUESTED else view.payout.status
    return escaped(f"Payout of {amount_of(view)} to {payee_of(view)}: {stage}"), blocks


def payouts_card(views: Sequence[View], total: int) -> Message:
    """The answer to `/affiliate payouts`: what waits for somebody, with its buttons."""
    if not views:
        sentence = "No payout waits for anybody."
        return sentence, [header("Payouts"), rich(section(said(sentence)))]
    waiting = f"{total} {'payout waits' if total == 1 else 'payouts wait'} for somebody."
    blocks = [header("Payouts"), rich(section(said(waiting, bold=True)))]
    for view in views:
        about = f"{amount_of(view)} to {payee_of(view)}"
        blocks += [divider(), rich(section(said(about, bold=True))), _state(view)]
        blocks += [*_warnings(view), _facts(view), *_buttons(view)]
    if total > len(views):
        blocks.append(rich(section(said(f"… and {total - len(views)} more after these."))))
    return waiting, blocks


def _state(view: View) -> Json:
    payout = view.payout
    if payout.status == REQUESTED:
        so_far = f" · approved by {len(payout.approvals)} of {view.needed}"
        return rich(section(said("Waiting for approval", bold=True), said(so_far)))
    by = [said(" by "), words(payout.decided_by, 160)] if payout.decided_by else []
    at = [said(" · "), when(payout.decided_at)] if payout.decided_at else []
    if payout.status == APPROVED:
        next_step = f"in payment file {payout.batch}" if payout.batch else "pay it by hand"
        if payout.method == STRIPE:
            next_step = "the transfer is on its way"
        return rich(section(said("Approved", bold=True), *by, *at, said(f" · {next_step}")))
    if payout.status == PAID:
        paid = [said(" · "), when(payout.paid_at)] if payout.paid_at else []
        return rich(section(sign(good=True), said(" Paid", bold=True), *paid))
    if payout.status == FAILED:
        back = said(" · the money is back in their balance")
        return rich(section(sign(good=False), said(" Failed", bold=True), back))
    return rich(section(sign(good=False), said(" Rejected", bold=True), *by, *at))


def _warnings(view: View) -> list[Json]:
    """What finance must not overlook while they can still decide."""
    payout, affiliate = view.payout, view.affiliate
    if payout.status not in {REQUESTED, APPROVED}:
        return []
    found = []
    if affiliate.status != Status.APPROVED:
        found.append(f"This affiliate is {affiliate.status}.")
    if view.left < 0:
        found.append(
            f"Since this was asked for, refunds took back more than is left: the balance is "
            f"{money(view.left, payout.currency)}."
        )
    if view.tax is not None and view.tax.status == MISSING:
        found.append(f"Tax form {view.tax.words}: this can not be approved before there is one.")
    newest = view.tax.form if view.tax else None
    if newest is not None and view.tax_form is not None and newest.id != view.tax_form.id:
        found.append(
            f"They sent a newer tax form since they asked (version {newest.version}): look at it."
        )
    if not payout.destination:
        found.append("They have not said where to pay it: ask them before you pay.")
    return [rich(section(sign(good=False), said(" "), words(each, bold=True))) for each in found]


def _facts(view: View) -> Json:
    payout, affiliate = view.payout, view.affiliate
    held = f" · {money(view.pending, payout.currency)} on hold" if view.pending else ""
    lines = [
        ("Affiliate", [words(payee_of(view)), said(" "), code(affiliate.promo_code)]),
        ("E-mail", [words(affiliate.email)]),
        ("Method", [said(label(payout.method))]),
        ("Pay to", [words(payout.destination)]),
        ("Balance after it", [said(f"{money(view.left, payout.currency)}{held}")]),
        ("Approvals", [said(f"{len(payout.approvals)} of {view.needed}"), *_who(view)]),
        ("Asked for", [when(payout.requested_at)]),
        ("Number", [said(payout.number)]),
    ]
    if view.tax is not None:
        lines.insert(-1, ("Tax form", [said(view.tax.words)]))
    if payout.withheld_cents:
        withheld = money(payout.withheld_cents, payout.currency)
        lines.insert(-1, ("Withheld beside it", [said(f"{withheld} for the IRS")]))
    if payout.reference:
        lines.append(("Reference", [words(payout.reference)]))
    pieces = []
    for title, value in lines:
        pieces += [said(f"{title}: ", bold=True), *value, said("\n")]
    return rich(section(*pieces[:-1]))


def _who(view: View) -> list[Json]:
    names = ", ".join(each["name"] for each in view.payout.approvals)
    return [said(" · "), words(names, 160)] if names else []


def _buttons(view: View) -> list[Json]:
    payout, value = view.payout, str(view.payout.id)
    reject = button("Reject payout", "payout.reject", value, style="danger")
    if payout.status == REQUESTED:
        question = confirmation(
            f"Approve {amount_of(view)}?", _consequence(view), f"Approve {amount_of(view)}"
        )
        approve = button(
            "Approve payout", "payout.approve", value, style="primary", confirm=question
        )
        return [actions(approve, reject)]
    if payout.status == APPROVED and payout.method != STRIPE:
        paid = button("Mark paid", "payout.mark_paid", value, style="primary")
        return [actions(paid, reject)]
    return []


def _consequence(view: View) -> str:
    """What pressing `Approve payout` does, in the question before it."""
    if len(view.payout.approvals) + 1 < view.needed:
        return f"For {payee_of(view)}. Somebody else has to approve it, too."
    if view.payout.method == STRIPE:
        return f"It is transferred to {payee_of(view)} at once."
    return f"Somebody then has to pay {payee_of(view)} by hand."
