"""Sales: why somebody earns from one or nobody does, and an affiliate's last ones."""

from collections.abc import Sequence

import clock
from bot.cards.blocks import (
    Json,
    Message,
    bullets,
    button,
    code,
    escaped,
    header,
    rich,
    row,
    said,
    section,
    sign,
    when,
    words,
)
from domain.commissions import Standing, arithmetic, standing
from domain.money import money, percent
from domain.sales import Explanation
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.sales import Sale

SHOWN_MAX = 10
_TIMES = "\N{MULTIPLICATION SIGN}"
_PARTS = {
    "collected": "collected",
    "tax": "tax",
    "fee": "payment fee",
    "refunded": "refunded",
    "disputed": "disputed",
}
_DELIVERIES = {
    "sent": "told",
    "open": "on its way since",
    "refused": "refused, see /affiliate networks,",
    "by_hand": "told by hand",
}
_STANDINGS = {
    Standing.ON_HOLD: "on hold until ",
    Standing.AVAILABLE: "available since ",
    Standing.TAKEN_BACK: "taken back",
    Standing.NOTHING: "nothing was earned",
}


def why_card(found: Explanation) -> Message:
    """The answer to `/affiliate find in_…` and to `Why?`: the decision, and the sum."""
    sale, affiliate = found.sale, found.affiliate
    credited = found.commission is not None
    who = f"Credited to {affiliate.promo_code}" if affiliate and credited else "Nobody earns"
    about = [
        code(sale.invoice_id),
        said(" paid "),
        when(sale.paid_at),
        said(" by "),
        code(sale.customer_id),
        said(f", cycle {sale.cycle}"),
        *([said(", "), words(sale.plan, 60)] if sale.plan else []),
    ]
    steps = [section(words(step["result"], 400)) for step in sale.trace]
    blocks = [
        header(f"Why: {sale.invoice_id}"),
        rich(section(*about)),
        rich(section(sign(good=credited), said(f" {who}", bold=True)), *_listed(steps)),
    ]
    if found.commission is not None:
        blocks.append(_sum(found.commission, sale))
    if found.network is not None:
        blocks.append(rich(section(said(found.network.network.name, bold=True)), *_told(found)))
    if found.second_tier is not None and found.recruiter is not None:
        share = money(found.second_tier.commission_amount_cents, found.second_tier.currency)
        rate = percent(found.second_tier.rate_bp)
        of_what = "the commission" if found.second_tier.base == "commission" else "its base"
        recruiter = code(found.recruiter.promo_code)
        said_of_it = f" recruited them: {rate} of {of_what} = "
        blocks.append(rich(section(recruiter, said(said_of_it), said(share, bold=True), said("."))))
    return escaped(f"{who}: {sale.invoice_id}"), blocks


def _told(found: Explanation) -> list[Json]:
    """What the network that brought the customer was told, and what it is still to be told."""
    story = found.network
    if story is None:
        return []
    currency = story.conversion.currency
    lines = []
    for each in story.deliveries:
        state = _DELIVERIES[each.status]
        worth = said(f"{money(each.amount, currency)}: {state} ")
        answer = [said(", "), words(each.answer, 120)] if each.answer else []
        lines.append(section(worth, when(each.sent_at or each.created_at), *answer))
    if story.wanted != story.conversion.posted and story.waits:
        worth = said(f"{money(story.wanted, currency)}: to be told, not before ")
        lines.append(section(worth, when(story.conversion.due_at)))
    return _listed(lines)


def _sum(commission: Commission, sale: Sale) -> Json:
    summed = arithmetic(sale, commission.base, commission.rate_bp)

    def of(amount: int) -> str:
        return money(amount, commission.currency)

    lines = [section(said(f"{of(part)} {_PARTS[name]}")) for name, part in summed.parts if part]
    stand = standing(commission, clock.now())
    dated = [when(commission.available_at)] if _STANDINGS[stand].endswith(" ") else []
    return rich(
        *_listed(lines),
        section(
            said(f"{of(summed.base)} {commission.base} base {_TIMES} {percent(summed.rate_bp)} = "),
            said(of(commission.amount_cents), bold=True),
            said(f", {_STANDINGS[stand]}"),
            *dated,
            said("."),
        ),
    )


def _listed(lines: list[Json]) -> list[Json]:
    """Slack takes no empty list."""
    return [bullets(*lines)] if lines else []


def sales_card(affiliate: Affiliate, sales: Sequence[Sale]) -> Message:
    """An affiliate's last sales, each with `Why?`."""
    title = f"Last sales of {affiliate.promo_code}"
    if not sales:
        sentence = f"{affiliate.promo_code} has no sales yet."
        return escaped(sentence), [rich(section(words(sentence)))]
    return escaped(title), [header(title), *(_sale(sale) for sale in sales[:SHOWN_MAX])]


def _sale(sale: Sale) -> Json:
    left = sale.collected - sale.refunded - sale.disputed
    amount = money(sale.collected, sale.currency)
    if left != sale.collected:
        amount += f", {money(left, sale.currency)} left after refunds and disputes"
    about = f"{sale.paid_at:%Y-%m-%d} · cycle {sale.cycle} · {sale.outcome.replace('_', ' ')}"
    why = button("Why?", "sale.why", sale.invoice_id)
    return row(f"{amount}", f"{about} · {sale.invoice_id}", why)
