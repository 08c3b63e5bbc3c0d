"""Cards of requests for erasure: who asks, by when to answer, what stands in the way."""

from collections.abc import Sequence

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    bullets,
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
from bot.cards.payouts import name_of
from domain.erasure import View
from storage.erasures import ERASED, KEPT

SHOWN_MAX = 8
_LONG = 600
_DONE = {ERASED: "Erased", KEPT: "Kept"}


def erasure_card(view: View) -> Message:
    """The card as it must look now: with buttons, or with who decided what."""
    title = f"{clean(name_of(view.affiliate), 80)} asks to be erased"
    if view.erasure.decision == ERASED:
        title = "An affiliate was erased"
    return escaped(title), [header(title), *_blocks(view)]


def requests_card(views: Sequence[View]) -> Message:
    """The answer to `/affiliate privacy`: every request that waits, the first due first."""
    title = "Requests for erasure"
    if not views:
        return escaped(f"{title}: none"), [header(title), rich(section(said("None waits.")))]
    blocks = [header(title)]
    for view in views[:SHOWN_MAX]:
        name = words(name_of(view.affiliate), 80, bold=True)
        blocks += [divider(), rich(section(name)), *_blocks(view)]
    if len(views) > SHOWN_MAX:
        blocks.append(rich(section(said(f"… and {len(views) - SHOWN_MAX} more after these."))))
    return escaped(f"{title}: {len(views)}"), blocks


def _blocks(view: View) -> list[Json]:
    erasure = view.erasure
    about = section(
        said("Promo code ", bold=True),
        code(view.affiliate.promo_code),
        said(" · asked "),
        when(erasure.asked_at),
    )
    if erasure.decision:
        return [rich(about), *_decided(view)]
    lines = [said("Answer by ", bold=True), when(erasure.due_at), said(": the law gives a month.")]
    blocks = [rich(about, section(*lines))]
    if erasure.waives:
        blocks.append(rich(section(said("They give up what is owed to them."))))
    if view.obstacles:
        items = [section(words(each, _LONG)) for each in view.obstacles]
        blocks.append(
            rich(section(sign(good=False), said(" Not yet:", bold=True)), bullets(*items))
        )
    return [*blocks, _buttons(view)]


def _buttons(view: View) -> Json:
    value = str(view.erasure.id)
    question = confirmation(
        "Erase this affiliate?",
        f"{view.affiliate.promo_code} ends for good. Name, address, page, posts and answers are "
        "gone; what was earned and paid stays. This cannot be undone.",
        "Erase",
    )
    erase = button("Erase", "privacy.erase", value, style="danger", confirm=question)
    return actions(erase, button("Keep", "privacy.keep", value))


def _decided(view: View) -> list[Json]:
    erasure = view.erasure
    word = _DONE.get(erasure.decision, "Taken back")
    pieces = [sign(good=True), said(f" {word}", bold=True)]
    if erasure.decision in _DONE:
        pieces += [said(" by "), words(erasure.decided_by, 160)]
    if erasure.decided_at:
        pieces += [said(" · "), when(erasure.decided_at)]
    blocks = [rich(section(*pieces))]
    if erasure.reason:
        reason = words(erasure.reason, _LONG, lines=True)
        blocks.append(rich(section(said("Reason, as mailed:", bold=True)), quote(reason)))
    return blocks
