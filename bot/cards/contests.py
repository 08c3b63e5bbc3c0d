"""Contests for operators: the list, the standings, and the card on which a winner is decided."""

from collections.abc import Sequence

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    clean,
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
from bot.cards.charts import table
from bot.cards.payouts import name_of
from domain.contest_news import prize
from domain.contest_standings import Standing, in_words
from domain.contest_times import in_words as at
from domain.contest_winners import View
from domain.contests import METRICS, NAME_MAX
from domain.money import number
from storage.contests import ACTIVE, ANNOUNCED, CANCELLED, ENDED, UPCOMING, Contest

SHOWN_MAX = 8
"""How many contests the list shows: each takes up to four blocks, and a message holds fifty."""
OUT_SHOWN = 5

_COLUMNS = ("Affiliate", "Brought", "Got there (UTC)")


def prize_line(contest: Contest) -> str:
    """The prize in words and as money."""
    return prize(contest)


def brought_by(contest: Contest, standing: Standing) -> str:
    """What somebody has brought, as people write it."""
    return in_words(contest, standing.value)


def contests_card(views: Sequence[View], news: str = "") -> Message:
    """The answer to `/affiliate contest`; `news` is what just became of one."""
    blocks = [header("Contests")]
    if news:
        blocks.append(rich(section(sign(good=True), said(" "), words(news, 600, bold=True))))
    if not views:
        sentence = (
            "There are no contests yet. A contest runs from one day to another; whoever brings "
            "the most meanwhile wins its prize."
        )
        blocks.append(rich(section(said(sentence))))
    for view in views[:SHOWN_MAX]:
        blocks += [divider(), _line(view), *_list_buttons(view)]
    if len(views) > SHOWN_MAX:
        blocks.append(rich(section(said(f"… and {len(views) - SHOWN_MAX} more."))))
    blocks.append(actions(button("Add contest", "contest.new", "new", style="primary")))
    return escaped(news or f"Contests: {len(views)}"), blocks


def standings_card(view: View) -> Message:
    """The answer to `Standings`: where everybody is, and who was taken out."""
    title = f"{view.contest.name}: standings"
    blocks = [header(title), _line(view), *_standings(view), *_out(view)]
    return escaped(title), blocks


def contest_card(view: View) -> Message:
    """The card of a contest that has ended: who is proposed, or how it was decided."""
    contest = view.contest
    if contest.status == ANNOUNCED:
        return _announced_card(view)
    if contest.status == CANCELLED:
        title = f"{contest.name} was called off"
        reason = quote(words(contest.reason, 600, lines=True))
        by = section(said("By "), words(contest.decided_by, 160))
        return escaped(title), [header(title), rich(by, reason)]
    title = f"{contest.name} is over"
    leader = view.standings.leader
    blocks = [header(title), _line(view)]
    if leader is None:
        sentence = "Nobody has brought anything that counts, so nobody is proposed."
        blocks.append(rich(section(said(sentence, bold=True))))
    else:
        blocks.append(
            rich(
                section(
                    said("Proposed winner: ", bold=True),
                    words(name_of(leader.affiliate), 150, bold=True),
                    said(f" with {brought_by(contest, leader)}."),
                )
            )
        )
    told = "Until you confirm, the standings follow refunds, and this card with them."
    blocks += [*_standings(view), *flag_lines(view), *_out(view), rich(section(said(told)))]
    blocks += _decision(view)
    return escaped(title), blocks


def flag_lines(view: View) -> list[Json]:
    """What to look at before money goes out."""
    return [rich(section(sign(good=False), said(" "), words(flag, 400))) for flag in view.flags]


def _announced_card(view: View) -> Message:
    contest = view.contest
    if view.winner is None:
        title = f"{contest.name} ended without a winner"
        blocks = [header(title), _line(view), rich(quote(words(contest.reason, 600, lines=True)))]
    else:
        title = f"{contest.name} is won"
        blocks = [
            header(title),
            _line(view),
            rich(
                section(
                    sign(good=True),
                    said(" Winner: ", bold=True),
                    words(name_of(view.winner), 150, bold=True),
                    said(" · "),
                    words(view.winner.promo_code, 60),
                )
            ),
        ]
    at_moment = (
        [said(" · "), when(contest.winner_announced_at)] if contest.winner_announced_at else []
    )
    by = section(said("Decided by "), words(contest.decided_by, 160), *at_moment)
    return escaped(title), [*blocks, *_standings(view), rich(by)]


def _line(view: View) -> Json:
    contest = view.contest
    start, end = (at(each, contest.time_zone) for each in (contest.start_date, contest.end_date))
    pieces = [
        words(contest.name, NAME_MAX, bold=True),
        said(f" · {_STATES[view.phase]}\n{METRICS[contest.metric]} · {start} to {end}\nPrize: "),
        words(prize_line(contest), 400),
    ]
    if view.phase != UPCOMING:
        places = view.standings.places
        pieces.append(said(f" · {number(places)} affiliate{'s' * (places != 1)} in the standings"))
    return rich(section(*pieces))


_STATES = {
    UPCOMING: "upcoming",
    ACTIVE: "runs now",
    ENDED: "over, waits for your decision",
    ANNOUNCED: "announced",
    CANCELLED: "called off",
}


def _list_buttons(view: View) -> list[Json]:
    value, stage = str(view.contest.id), view.phase
    edit = button("Edit", "contest.edit", value)
    cancel = button("Call off", "contest.cancel", value, style="danger")
    shown = button("Standings", "contest.standings", value)
    if stage == UPCOMING:
        return [actions(edit, cancel)]
    if stage == ACTIVE:
        out = button("Disqualify", "contest.disqualify", value)
        return [actions(shown, edit, out, cancel)]
    if stage == ENDED and view.contest.status == ENDED:
        (decision,) = _decision(view)
        return [actions(shown, *decision["elements"], cancel)]
    return [actions(shown)]


def _decision(view: View) -> list[Json]:
    value, leader = str(view.contest.id), view.standings.leader
    offered = []
    if leader is not None:
        both = f"{value} {leader.affiliate.id}"
        offered.append(button("Confirm winner", "contest.confirm", both, style="primary"))
        offered.append(button("Disqualify", "contest.disqualify", value))
    offered.append(button("No winner", "contest.none", value, style="danger"))
    return [actions(*offered)]


def _standings(view: View) -> list[Json]:
    first = view.standings.first
    if not first:
        return [rich(section(said("Nobody has a place yet.")))]
    rows = [
        (
            f"{each.place}. {clean(name_of(each.affiliate), 50)} ({each.affiliate.promo_code})",
            brought_by(view.contest, each),
            f"{each.reached_at:%Y-%m-%d %H:%M}",
        )
        for each in first
    ]
    blocks = [table(_COLUMNS, rows)]
    if view.standings.places > len(first):
        more = number(view.standings.places - len(first))
        blocks.append(rich(section(said(f"… and {more} more."))))
    return blocks


def _out(view: View) -> list[Json]:
    """Who was taken out and why, with a way back while it is not decided."""
    blocks = []
    open_still = view.contest.status in {ACTIVE, ENDED}
    for affiliate, row in view.disqualified[:OUT_SHOWN]:
        blocks.append(
            rich(
                section(
                    said("Disqualified: ", bold=True),
                    words(name_of(affiliate), 150),
                    said(" by "),
                    words(row.decided_by, 160),
                ),
                quote(words(row.reason, 300, lines=True)),
            )
        )
        if open_still:
            both = f"{view.contest.id} {affiliate.id}"
            blocks.append(actions(button("Let back in", "contest.readmit", both)))
    if len(view.disqualified) > OUT_SHOWN:
        more = len(view.disqualified) - OUT_SHOWN
        blocks.append(rich(section(said(f"… and {more} more disqualified."))))
    return blocks
