"""Contests managed in Slack: the list, the forms, and the decision about who wins."""

from datetime import timedelta
from typing import Any

import pytest

import clock
from bot.contest_drafts import Draft
from bot.modals.contests import ZONES
from domain import contests
from domain.zones import zone_named
from sandbox.slack.people import AFFILIATES, MARIA
from storage.contests import Contest
from tests.bot.conftest import Desk
from tests.contest_builders import HOUR, buy, contest_now, make_contest, move, ranked, three


async def card(desk: Desk, part: str = "Contests") -> str:
    """Type `/affiliate contest`; the time stamp of the answer that holds `part`."""
    before = len(desk.ws.ephemerals(AFFILIATES, MARIA))
    assert (await desk.ws.command(MARIA, "/affiliate", "contest")).ok

    def answer() -> str | None:
        newer = desk.ws.ephemerals(AFFILIATES, MARIA)[before:]
        return next((str(one["ts"]) for one in newer if part in desk.ws.text_of(one)), None)

    return await desk.ws.until(answer)


def last(desk: Desk) -> str:
    """The time stamp of the last answer to Maria."""
    return str(desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["ts"])


async def all_of(desk: Desk) -> list[Contest]:
    """The contests as they are."""
    async with desk.db.read() as session:
        return await contests.all_shown(session)


async def opened(desk: Desk, what: str, part: str, ts: str = "") -> dict[str, Any]:
    """Press a button on the card and return the form that opens."""
    assert (await desk.ws.click(MARIA, AFFILIATES, ts or await card(desk), what)).ok
    return await desk.modal(MARIA, part)


async def running(desk: Desk) -> Contest:
    """A contest that began two hours ago, with two referrals of Amy's and one of Ben's."""
    await three(desk.db)
    now = clock.now()
    with clock.travel(now - 2 * HOUR):
        contest = await make_contest(desk.db, start_date=None, end_date=now + 24 * HOUR)
        await move(desk.db)
    for n, code in enumerate(("AMY30", "AMY30", "BEN30")):
        await buy(desk.db, code, n, contest.start_date + timedelta(minutes=n))
    return contest


async def ended(desk: Desk) -> Contest:
    """The same, over since this moment."""
    contest = await running(desk)
    async with desk.db.transaction() as session:
        row = await contests.held(session, contest.id)
        row.end_date = clock.now()
        session.add(row)
    await move(desk.db)
    return await contest_now(desk.db, contest)


async def test_a_contest_is_made_with_days_times_and_a_zone(desk_on_both: Desk) -> None:
    """What is typed are the clocks of the zone; the prize is words and money."""
    desk = desk_on_both
    view = await opened(desk, "Add contest", "Add contest", await card(desk, "no contests yet"))
    year = clock.now().year + 1
    typed = {
        "Name": "Summer race",
        "What counts": "earnings",
        "Starts on": f"{year}-07-01",
        "Starts at": "09:00",
        "Ends on": f"{year}-07-31",
        "Ends at": "18:30",
        "Time zone": "America/New_York",
        "Prize in words": "$500 and a badge",
        "Prize as money": "500",
        "Description": "Go!",
    }
    assert (await desk.ws.submit(MARIA, view["id"], typed)).ok
    told = await desk.whispered(MARIA, "Summer race is added.")
    assert f"1 July {year} at 09:00 (America/New_York)" in told
    assert "Prize: $500 and a badge ($500.00)" in told
    (contest,) = await all_of(desk)
    assert contest.start_date.isoformat() == f"{year}-07-01T13:00:00+00:00"
    assert contest.end_date.isoformat() == f"{year}-07-31T22:30:00+00:00"
    assert (contest.metric, contest.prize_amount_cents) == ("earnings", 50_000)


@pytest.mark.parametrize(
    ("typed", "block", "part"),
    [
        ({"Ends on": "2020-01-01"}, "end_date", "end after it starts"),
        ({"Starts on": "2020-01-01"}, "start_date", "That is over"),
        ({"Starts on": ""}, "start_date", "Choose a day and a time"),
        ({"Prize as money": "five"}, "prize_amount_cents", "Use a plain number"),
        ({"Prize as money": "0"}, "prize_amount_cents", "above zero"),
    ],
)
async def test_a_mistake_is_shown_beside_its_field(
    desk: Desk, typed: dict[str, str], block: str, part: str
) -> None:
    """And nothing is kept."""
    view = await opened(desk, "Add contest", "Add contest")
    given = {"Name": "Race", "Prize in words": "Honour"} | typed
    sent = await desk.ws.submit(MARIA, view["id"], given)
    assert part in sent.errors[block]
    assert await all_of(desk) == []


async def test_it_can_start_now(desk: Desk) -> None:
    """Whatever day the form says."""
    view = await opened(desk, "Add contest", "Add contest")
    typed = {"Name": "Race", "Prize in words": "Honour", "Start now": ["now"], "Starts on": ""}
    assert (await desk.ws.submit(MARIA, view["id"], typed)).ok
    await desk.whispered(MARIA, "runs now")


async def test_two_by_one_count_are_refused_beside_the_start(desk: Desk) -> None:
    """With the name of the other."""
    await running(desk)
    view = await opened(desk, "Add contest", "Add contest")
    sent = await desk.ws.submit(MARIA, view["id"], {"Name": "Race", "Prize in words": "Honour"})
    if "start_date" not in sent.errors:  # it begins tomorrow, and the other ends by then
        assert (await all_of(desk))[-1].start_date >= clock.now()
    else:
        assert "Winter race runs by the same count" in sent.errors["start_date"]


async def test_a_contest_that_runs_is_edited_to_the_better(desk: Desk) -> None:
    """The form asks neither for what counts nor for the start; saved as it is, nothing moves."""
    contest = await running(desk)
    view = await opened(desk, "Edit", "Edit contest")
    assert "start_date" not in str(view)
    assert (await desk.ws.submit(MARIA, view["id"], {"Prize as money": "600"})).ok
    await desk.whispered(MARIA, "Winter race is saved.")
    found = await contest_now(desk.db, contest)
    assert (found.prize_amount_cents, found.end_date) == (60_000, contest.end_date)
    view = await opened(desk, "Edit", "Edit contest")
    sent = await desk.ws.submit(MARIA, view["id"], {"Prize as money": "599"})
    assert "can be more than $600.00 only" in sent.errors["prize_amount_cents"]


async def test_the_standings_and_a_disqualification(desk: Desk) -> None:
    """While it runs, by promo code, with a usual reason; and back in."""
    contest = await running(desk)
    assert (await desk.ws.click(MARIA, AFFILIATES, await card(desk), "Standings")).ok
    told = await desk.whispered(MARIA, "Winter race: standings")
    assert "1. Amy (AMY30)" in told
    assert "2 referrals" in told
    view = await opened(desk, "Disqualify", "Disqualify")
    sent = await desk.ws.submit(MARIA, view["id"], {"who": "NOBODY", "reason": "x"})
    assert "no affiliate" in sent.errors["who"]
    await desk.ws.click_in(MARIA, view["id"], "contest_out.reason", "0", values={"who": "AMY30"})
    view = await desk.modal(MARIA, "their own")
    assert (await desk.ws.submit(MARIA, view["id"])).ok
    await desk.whispered(MARIA, "Amy is out of Winter race.")
    assert await ranked(desk.db, contest) == [("Ben", 1)]
    assert (await desk.ws.click(MARIA, AFFILIATES, await card(desk), "Standings")).ok
    await desk.whispered(MARIA, "Disqualified: Amy by @maria")
    assert (await desk.ws.click(MARIA, AFFILIATES, last(desk), "Let back in")).ok
    assert await ranked(desk.db, contest) == [("Amy", 2), ("Ben", 1)]


async def test_the_winner_is_confirmed_with_the_money_before_the_eyes(desk_on_both: Desk) -> None:
    """The form says what moves; two presses move it once."""
    desk = desk_on_both
    contest = await ended(desk)
    ts = await card(desk, "waits for your decision")
    view = await opened(desk, "Confirm winner", "$500.00 go into their balance at once", ts)
    assert "Amy" in desk.ws.text_of(view)
    again = await opened(desk, "Confirm winner", "$500.00", ts)
    assert (await desk.ws.submit(MARIA, again["id"])).ok
    await desk.whispered(MARIA, "Amy has won Winter race. $500.00 are in their balance.")
    found = await contest_now(desk.db, contest)
    assert (found.status, found.decided_by) == ("announced", "@maria")
    await desk.ws.click(MARIA, AFFILIATES, ts, "Confirm winner")
    stale = desk.ws.top_view(MARIA)
    if stale is not None:
        await desk.ws.submit(MARIA, stale["id"])
        await desk.modal(MARIA, "was decided by @maria already")


async def test_an_old_card_confirms_nobody_else(desk: Desk) -> None:
    """Its button names who was first when it was drawn."""
    contest = await ended(desk)
    ts = await card(desk, "waits for your decision")
    view = await opened(desk, "Disqualify", "Disqualify", ts)
    assert (await desk.ws.submit(MARIA, view["id"], {"reason": "Own sales."})).ok
    await desk.whispered(MARIA, "Amy is out")
    await desk.ws.click(MARIA, AFFILIATES, ts, "Confirm winner")
    await desk.whispered(MARIA, "The standings have changed")
    assert (await contest_now(desk.db, contest)).status == "ended"


async def test_no_winner_and_calling_off_ask_for_a_reason(desk: Desk) -> None:
    """Both are kept with who decided."""
    contest = await ended(desk)
    view = await opened(desk, "No winner", "Amy is first, with 2 referrals.")
    assert (await desk.ws.submit(MARIA, view["id"], {"reason": "Too few."})).ok
    await desk.whispered(MARIA, "Winter race ended without a winner.")
    assert (await contest_now(desk.db, contest)).reason == "Too few."
    now = clock.now()
    await make_contest(desk.db, start_date=now + HOUR, end_date=now + 3 * HOUR)
    view = await opened(desk, "Call off", "so nobody is mailed", await card(desk, "upcoming"))
    assert (await desk.ws.submit(MARIA, view["id"], {"reason": "Rain."})).ok
    await desk.whispered(MARIA, "Winter race is called off.")


def test_every_offered_time_zone_exists() -> None:
    """And a menu of Slack's holds them, with two more."""
    assert [name for name in ZONES if zone_named(name) is None] == []
    assert len(set(ZONES)) == len(ZONES) <= 98


def test_a_time_that_the_clocks_leave_out_is_said() -> None:
    """So that nobody wonders why it is an hour later."""
    draft = Draft(
        start_date="2027-03-28",
        start_time="02:30",
        end_date="2027-04-28",
        end_time="02:30",
        time_zone="Europe/Berlin",
    )
    assert draft.skipped() == [
        "The clocks there leave out 02:30 on 2027-03-28: the start is later."
    ]
