"""How the program does, and what it owes."""

from bot.cards.blocks import (
    Json,
    Message,
    bullets,
    code,
    escaped,
    header,
    rich,
    said,
    section,
    words,
)
from bot.cards.charts import bar_chart, table
from domain.money import money
from domain.stats import Earner, Overview, Owed, Period, Report

SHOWN_MAX = 20
_TITLES = {
    Period.TODAY: "Today",
    Period.WEEK: "This week",
    Period.MONTH: "This month",
    Period.ALL: "Since the beginning",
}
_COLUMNS = ("Affiliate", "Available", "On hold", "In payouts", "Paid")


def stats_card(stats: Overview) -> Message:
    """The answer to `/affiliate stats`."""
    share = "Nobody earns from them" if not stats.credited else f"{stats.credited} credited"
    sales = "1 sale" if stats.sales == 1 else f"{stats.sales} sales"
    headline = f"{_TITLES[stats.period]}: {sales}. {share}." if stats.sales else "No sales yet."
    blocks = [header(_TITLES[stats.period])]
    if stats.period is not Period.ALL:
        blocks.append(
            rich(
                section(
                    said(f"Since {stats.since:%A}, {stats.since.day} {stats.since:%B %Y}, in UTC.")
                )
            )
        )
    blocks.append(
        rich(
            bullets(
                _line("Sales", f"{stats.sales}, {stats.credited} of them credited"),
                _line("Collected, less refunds", _amounts(stats.kept)),
                _line("… on credited sales", _amounts(stats.kept_credited)),
                _line("Commissions", _amounts(stats.commissions)),
                _line("New affiliates", str(stats.new_affiliates)),
                _line("Applications", str(stats.applications)),
            )
        )
    )
    if any((*stats.course.credited, *stats.course.others)):
        blocks.append(_chart(stats))
    if stats.top:
        blocks.append(rich(section(said("Who earned most", bold=True)), _top(stats.top)))
    return escaped(headline), blocks


def _chart(stats: Overview) -> Json:
    title = "Sales of the last twelve months" if stats.period is Period.ALL else "Sales"
    series = {"credited": stats.course.credited, "not credited": stats.course.others}
    return bar_chart(title, stats.course.labels, series, y_label="Sales")


def _top(earners: list[Earner]) -> Json:
    return bullets(
        *(
            section(
                code(earner.affiliate.promo_code),
                said(f"  {_amounts(earner.commissions)}, {_sales(earner.sales)}"),
            )
            for earner in earners
        )
    )


def _sales(count: int) -> str:
    return "1 sale" if count == 1 else f"{count} sales"


def report_card(report: Report) -> Message:
    """The answer to `/affiliate report`: the totals in words, the affiliates in a table."""
    if not report.lines:
        return "Nothing is owed.", [rich(section(said("Nothing is owed, and nothing was paid.")))]
    blocks = [header("What is owed"), rich(bullets(*(_total(total) for total in report.totals)))]
    shown = report.lines[:SHOWN_MAX]
    blocks.append(table(_COLUMNS, [_row(line) for line in shown]))
    if len(report.lines) > SHOWN_MAX:
        more = len(report.lines) - SHOWN_MAX
        blocks.append(rich(section(said(f"… and {more} more. The totals count them, too."))))
    owed = ", ".join(money(total.owed, total.currency) for total in report.totals)
    return escaped(f"Owed to affiliates: {owed}"), blocks


def _total(total: Owed) -> Json:
    def of(amount: int) -> str:
        return money(amount, total.currency)

    return section(
        said(f"{of(total.owed)} owed", bold=True),
        said(
            f": {of(total.available)} available, {of(total.pending)} on hold. "
            f"Besides, {of(total.under_way)} in payouts under way; {of(total.paid)} paid so far."
        ),
    )


def _row(line: Owed) -> list[str]:
    name = line.affiliate.promo_code if line.affiliate else ""
    amounts = (line.available, line.pending, line.under_way, line.paid)
    return [name, *(money(amount, line.currency) for amount in amounts)]


def _line(name: str, text: str) -> Json:
    return section(said(f"{name}: ", bold=True), words(text))


def _amounts(by_currency: dict[str, int]) -> str:
    listed = [money(amount, currency) for currency, amount in sorted(by_currency.items()) if amount]
    return " + ".join(listed) or "none"
