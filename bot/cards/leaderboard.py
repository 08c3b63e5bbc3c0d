"""Who did best in a period, with names, for operators."""

from bot.cards.blocks import Json, Message, escaped, header, rich, said, section
from bot.cards.charts import bar_chart, table
from domain.leaderboard import Board, Metric

_COLUMNS = ("Affiliate", "Rank", "Shown to others as")


def leaderboard_card(board: Board, *, off: bool = False) -> Message:
    """The answer to `/affiliate leaderboard`; `off` says that affiliates see none."""
    title = f"{board.metric.words}, {board.span.words.lower()}"
    headline = f"{title}: nobody is on the list yet."
    if board.places:
        first = board.places[0]
        value = board.metric.shown(first.value, board.currency)
        headline = f"{title}: {first.affiliate.promo_code} leads with {value}."
    return escaped(headline), [header(title), *_about(board, off=off), *_figures(board)]


def _about(board: Board, *, off: bool) -> list[Json]:
    counted = {
        Metric.REFERRALS: "Converted referrals by the month of their first sale.",
        Metric.EARNINGS: f"Commissions in {board.currency.upper()}, by the month they were posted.",
        Metric.RATE: f"Of those with at least {board.min_clicks} clicks by people.",
    }[board.metric]
    switched = " Affiliates do not see a leaderboard: it is switched off." if off else ""
    return [rich(section(said(f"{counted} {board.ranked} ranked, months in UTC.{switched}")))]


def _figures(board: Board) -> list[Json]:
    """A chart where a count of its own says it, and a table."""
    if not board.places:
        return [rich(section(said("Nobody is on this list yet.")))]
    blocks = []
    if board.metric is Metric.REFERRALS:
        labels = [place.affiliate.promo_code for place in board.places]
        counts = [place.value for place in board.places]
        blocks.append(
            bar_chart("The best", labels, {"referrals": counts}, y_label=board.metric.words)
        )
    rows = [
        [
            place.affiliate.display_name or place.affiliate.promo_code,
            str(place.rank),
            place.name,
            place.affiliate.promo_code,
            board.metric.shown(place.value, board.currency),
        ]
        for place in board.places
    ]
    return [*blocks, table((*_COLUMNS, "Code", board.metric.words), rows)]
