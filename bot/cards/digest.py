"""The summary of a week: figures beside those of the week before, a chart, and who earned most."""

from bot.cards.blocks import Json, Message, bullets, code, escaped, header, rich, said, section
from bot.cards.charts import bar_chart, table
from domain.digest import Digest, Figures
from domain.money import money


def digest_card(digest: Digest) -> Message:
    """The message, and the answer to `/affiliate report week`."""
    this = digest.this
    title = f"{digest.week.words}{', so far' if digest.running else ''}"
    headline = f"{title}: {_count(this.sales, 'sale')}, commissions of {_amounts(this.commissions)}"
    blocks = [header(title), rich(bullets(*_figures(digest)))]
    if any((*digest.course.credited, *digest.course.others)):
        series = {"credited": digest.course.credited, "not credited": digest.course.others}
        blocks.append(bar_chart("Sales by day", digest.course.labels, series, y_label="Sales"))
    if digest.top:
        blocks.append(rich(section(said("Who earned most", bold=True))))
        rows = [
            [one.affiliate.promo_code, str(one.sales), _amounts(one.commissions)]
            for one in digest.top
        ]
        blocks.append(table(("Affiliate", "Sales", "Commissions"), rows))
    blocks += [rich(section(said("Now", bold=True)), bullets(*_now(digest)))]
    return escaped(headline), blocks


def _figures(digest: Digest) -> list[Json]:
    this, before = digest.this, digest.before
    return [
        _line("Sales", str(this.sales), str(before.sales)),
        _line("… of them credited", str(this.credited), str(before.credited)),
        _line("Collected, less refunds", _amounts(this.kept), _amounts(before.kept)),
        _line("Commissions", _amounts(this.commissions), _amounts(before.commissions)),
        _line("Payouts paid", _payouts(this), _payouts(before)),
        _line("New affiliates", str(this.new_affiliates), str(before.new_affiliates)),
        _line("Applications", str(this.applications), str(before.applications)),
    ]


def _line(name: str, now: str, before: str) -> Json:
    return section(said(f"{name}: ", bold=True), said(f"{now} (the week before: {before})"))


def _payouts(one: Figures) -> str:
    return f"{one.payouts}, {_amounts(one.paid)}" if one.payouts else "none"


def _now(digest: Digest) -> list[Json]:
    """How things stand, and the command that shows more."""
    lines = [
        section(said(f"{_amounts(digest.owed)} owed to affiliates: "), code("/affiliate report")),
        section(
            said(f"{_count(digest.queue, 'application')} in the queue: "),
            code("/affiliate queue"),
        ),
        section(
            said(f"{_count(digest.payouts_open, 'payout')} to decide on or to pay: "),
            code("/affiliate payouts"),
        ),
    ]
    for count, one, several in (
        (digest.leaks, "code may have leaked", "codes may have leaked"),
        (digest.cases, "case of broken rules is open", "cases of broken rules are open"),
        (digest.parked, "piece of work failed for good", "pieces of work failed for good"),
    ):
        if count:
            lines.append(section(said(f"{count} {one if count == 1 else several}")))
    if digest.parked:
        lines[-1] = section(*lines[-1]["elements"], said(": "), code("/affiliate health"))
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _amounts(by_currency: dict[str, int]) -> str:
    listed = [money(amount, currency) for currency, amount in sorted(by_currency.items()) if amount]
    return " + ".join(listed) or "nothing"
