"""Contests as operators make, change and call them off."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import clock
from domain import contest_times, contests, program
from domain.contests import Wish
from domain.errors import ConflictError, InvalidError
from storage import audit
from storage.contests import ACTIVE, CANCELLED, EARNINGS, ENDED, UPCOMING, Contest
from storage.db import Database
from tests.builders import RITA, effects_asked_for, mails_asked_for
from tests.contest_builders import (
    BEFORE,
    END,
    HOUR,
    START,
    buy,
    contest_now,
    make_contest,
    move,
    three,
    wish,
)


async def edit(db: Database, contest: Contest, change: Wish, **seen: str) -> Contest:
    """Rita saves the form."""
    async with db.transaction() as session:
        return await contests.edit(session, contest.id, change, RITA, **seen)


async def test_a_contest_is_kept_as_it_was_wished(db: Database) -> None:
    """With its zone, and the program's currency; the log says who made it."""
    async with db.transaction() as session:
        await program.update(session, {"currency": "eur"}, RITA)
    with clock.travel(BEFORE):
        contest = await make_contest(db, name="  Winter \n race ", description=" Go! ")
    found = await contest_now(db, contest)
    assert (found.name, found.description, found.status) == ("Winter race", "Go!", UPCOMING)
    assert (found.start_date, found.end_date) == (START, END)
    assert (found.time_zone, found.currency) == ("Europe/Berlin", "eur")
    async with db.read() as session:
        (line,) = await audit.of_subject(session, f"contest:{contest.id}")
    assert (line.action, line.detail["prize_amount_cents"]) == ("contest.created", 50_000)


@pytest.mark.parametrize(
    ("changes", "field", "part"),
    [
        ({"name": " "}, "name", "Give the contest a name"),
        ({"name": "x" * 81}, "name", "under 80"),
        ({"prize_description": ""}, "prize_description", "what can be won"),
        ({"prize_amount_cents": 0}, "prize_amount_cents", "above zero"),
        ({"prize_amount_cents": -5}, "prize_amount_cents", "above zero"),
        ({"prize_amount_cents": 10**12}, "prize_amount_cents", "above zero"),
        ({"metric": "clicks"}, "metric", "Choose what counts"),
        ({"time_zone": "Mars/Base"}, "time_zone", "no such time zone"),
        ({"start_date": BEFORE - HOUR}, "start_date", "That is over"),
        ({"start_date": START + timedelta(days=800)}, "start_date", "two years ahead"),
        ({"end_date": START}, "end_date", "end after it starts"),
        ({"end_date": START - HOUR}, "end_date", "end after it starts"),
        ({"end_date": START + timedelta(minutes=59)}, "end_date", "an hour at least"),
        ({"end_date": START + timedelta(days=367)}, "end_date", "a year at most"),
        ({"start_date": None, "end_date": BEFORE + timedelta(minutes=30)}, "end_date", "an hour"),
    ],
)
async def test_what_is_wrong_is_said_by_field(
    db: Database, changes: dict[str, Any], field: str, part: str
) -> None:
    """And nothing is kept."""
    with clock.travel(BEFORE):
        with pytest.raises(InvalidError) as refused:
            await make_contest(db, **changes)
        async with db.read() as session:
            assert await contests.all_shown(session) == []
    assert part in refused.value.fields[field]


async def test_text_that_no_database_takes_is_kept_readable(db: Database) -> None:
    """NUL and half characters."""
    with clock.travel(BEFORE):
        contest = await make_contest(db, name="Race\x00 \ud800", prize_description="\x00")
    assert "\x00" not in (await contest_now(db, contest)).name


async def test_an_hour_is_enough_and_it_may_begin_at_once(db: Database) -> None:
    """Start now means this moment."""
    with clock.travel(BEFORE):
        contest = await make_contest(db, start_date=None, end_date=BEFORE + HOUR)
        assert contest.start_date == BEFORE
        await move(db)
    assert (await contest_now(db, contest)).status == ACTIVE


class TestOverlap:
    """No referral counts for two contests."""

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (START - HOUR, START + HOUR),
            (START + HOUR, START + 3 * HOUR),
            (END - HOUR, END + HOUR),
            (START - HOUR, END + HOUR),
        ],
    )
    async def test_the_same_count_at_the_same_time_is_refused(
        self, db: Database, start: datetime, end: datetime
    ) -> None:
        """The sentence names the other, and when it runs."""
        with clock.travel(BEFORE):
            await make_contest(db)
            with pytest.raises(InvalidError, match="Winter race runs by the same count") as refused:
                await make_contest(db, name="Other", start_date=start, end_date=end)
        assert "30 November 2026 at 19:00 (Europe/Berlin)" in refused.value.fields["start_date"]

    async def test_another_count_or_another_time_is_fine(self, db: Database) -> None:
        """Earnings beside referrals, one right behind the other, and after one called off."""
        with clock.travel(BEFORE):
            first = await make_contest(db)
            await make_contest(db, name="Money", metric=EARNINGS)
            await make_contest(db, name="Next", start_date=END, end_date=END + HOUR)
            async with db.transaction() as session:
                await contests.cancel(session, first.id, "A slip.", RITA)
            await make_contest(db, name="Again")

    async def test_an_edit_is_held_to_it_too(self, db: Database) -> None:
        """But not against itself."""
        with clock.travel(BEFORE):
            await make_contest(db)
            later = await make_contest(db, start_date=END, end_date=END + HOUR)
            with pytest.raises(InvalidError, match="same count"):
                await edit(db, later, wish(start_date=END - HOUR, end_date=END + HOUR))
            await edit(db, later, wish(start_date=END + HOUR, end_date=END + 3 * HOUR))


class TestEdit:
    """What may change, and when."""

    async def test_before_it_begins_everything(self, db: Database) -> None:
        """And the log has what it was."""
        with clock.travel(BEFORE):
            contest = await make_contest(db)
            change = wish(
                name="Spring race",
                metric=EARNINGS,
                start_date=START + HOUR,
                end_date=END - HOUR,
                time_zone="UTC",
                prize_description="Honour",
                prize_amount_cents=None,
            )
            await edit(db, contest, change)
        found = await contest_now(db, contest)
        assert (found.name, found.metric, found.prize_amount_cents) == (
            "Spring race",
            EARNINGS,
            None,
        )
        async with db.read() as session:
            line = (await audit.of_subject(session, f"contest:{contest.id}"))[-1]
        assert line.detail["changes"]["prize_amount_cents"] == [50_000, None]

    async def test_once_it_runs_only_to_the_better(self, db: Database) -> None:
        """Also in the minute in which its row does not say so yet."""
        with clock.travel(BEFORE):
            contest = await make_contest(db)
        with clock.travel(START):
            for change, field in (
                (wish(end_date=END - HOUR), "end_date"),
                (wish(prize_amount_cents=49_999), "prize_amount_cents"),
                (wish(prize_amount_cents=None), "prize_amount_cents"),
            ):
                with pytest.raises(InvalidError) as refused:
                    await edit(db, contest, change)
                assert list(refused.value.fields) == [field]
            better = wish(
                name="Long winter race",
                metric=EARNINGS,
                start_date=START + HOUR,
                end_date=END + HOUR,
                prize_amount_cents=60_000,
            )
            await edit(db, contest, better)
        found = await contest_now(db, contest)
        assert (found.name, found.end_date) == ("Long winter race", END + HOUR)
        assert found.prize_amount_cents == 60_000
        assert (found.metric, found.start_date) == ("referrals", START)

    async def test_once_it_is_over_nothing(self, db: Database) -> None:
        """Whether anybody has looked since or not."""
        with clock.travel(BEFORE):
            contest = await make_contest(db)
        with clock.travel(END):
            with pytest.raises(ConflictError, match="is over"):
                await edit(db, contest, wish(end_date=END + HOUR))
            await move(db)
            with pytest.raises(ConflictError, match="is over"):
                await edit(db, contest, wish(end_date=END + HOUR))

    async def test_of_two_who_edit_the_second_is_told(self, db: Database) -> None:
        """Nothing of the first is lost; saving the same again changes and logs nothing."""
        with clock.travel(BEFORE):
            contest = await make_contest(db)
            seen = contests.version(contest)
            await edit(db, contest, wish(), seen=seen)
            await edit(db, contest, wish(name="Mine"), seen=seen)
            with pytest.raises(ConflictError, match="by somebody else"):
                await edit(db, contest, wish(name="Yours"), seen=seen)
        assert (await contest_now(db, contest)).name == "Mine"
        async with db.read() as session:
            lines = await audit.of_subject(session, f"contest:{contest.id}")
        assert [line.action for line in lines] == ["contest.created", "contest.changed"]


class TestCancel:
    """A contest that is called off."""

    async def call_off(self, db: Database, contest: Contest, reason: str = "Rain.") -> None:
        """Rita does."""
        async with db.transaction() as session:
            await contests.cancel(session, contest.id, reason, RITA)

    async def test_before_it_begins_nobody_is_mailed(self, db: Database) -> None:
        """Nobody knew of it."""
        await three(db)
        with clock.travel(BEFORE):
            contest = await make_contest(db)
            await self.call_off(db, contest)
        assert (await contest_now(db, contest)).status == CANCELLED
        assert "contest.mails" not in [each.kind for each in await effects_asked_for(db)]

    async def test_while_it_runs_it_stays_as_it_was(self, db: Database) -> None:
        """What comes later does not count, and it neither ends nor is proposed."""
        await three(db)
        with clock.travel(BEFORE):
            contest = await make_contest(db)
        with clock.travel(START):
            await move(db)
        await buy(db, "AMY30", 1, START + HOUR)
        with clock.travel(START + 2 * HOUR):
            await self.call_off(db, contest)
        with clock.travel(END):
            await move(db)
        assert (await contest_now(db, contest)).status == CANCELLED
        kinds = [each.kind for each in await effects_asked_for(db)]
        assert "card.contest" not in kinds
        assert kinds.count("contest.mails") == 2
        assert not [one for one in await mails_asked_for(db) if one[0] == "contest_cancelled"]

    async def test_a_reason_is_needed_and_twice_is_refused(self, db: Database) -> None:
        """It is mailed."""
        with clock.travel(BEFORE):
            contest = await make_contest(db)
            with pytest.raises(InvalidError, match="reason"):
                await self.call_off(db, contest, " ")
            await self.call_off(db, contest)
            with pytest.raises(ConflictError, match="is cancelled already"):
                await self.call_off(db, contest)


@pytest.mark.parametrize(
    ("stored", "minutes", "is_now"),
    [
        (UPCOMING, -1, UPCOMING),
        (UPCOMING, 0, ACTIVE),
        (ACTIVE, 59, ACTIVE),
        (ACTIVE, 60, ENDED),
        (UPCOMING, 60, ENDED),
        (CANCELLED, 0, CANCELLED),
    ],
)
def test_the_clock_says_where_a_contest_is(stored: str, minutes: int, is_now: str) -> None:
    """Also before its row does."""
    contest = Contest(
        name="Race",
        start_date=START,
        end_date=START + HOUR,
        prize_description="Honour",
        currency="usd",
        status=stored,
    )
    assert contests.phase(contest, START + timedelta(minutes=minutes)) == is_now


BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


@pytest.mark.parametrize(
    ("day", "at", "last", "utc"),
    [
        (date(2026, 12, 1), time(9), False, "2026-12-01T08:00"),
        (SPRING, time(1, 59), False, "2027-03-28T00:59"),
        (SPRING, time(2, 30), False, "2027-03-28T01:30"),
        (SPRING, time(2, 30), True, "2027-03-28T01:30"),
        (SPRING, time(3, 30), True, "2027-03-28T01:30"),
        (AUTUMN, time(2, 30), False, "2026-10-25T00:30"),
        (AUTUMN, time(2, 30), True, "2026-10-25T01:30"),
        (AUTUMN, time(3), True, "2026-10-25T02:00"),
    ],
)
def test_times_that_the_clocks_leave_out_or_repeat(
    day: date,
    at: time,
    last: bool,  # noqa: FBT001 - a column of the table above
    utc: str,
) -> None:
    """One left out is an hour later; of one repeated a start takes the first, an end the second."""
    moment = contest_times.moment(day, at, BERLIN, last=last)
    assert moment == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_time_left_out_is_known() -> None:
    """Only that one."""
    assert contest_times.skipped(SPRING, time(2, 30), BERLIN)
    assert not contest_times.skipped(SPRING, time(3), BERLIN)
    assert not contest_times.skipped(AUTUMN, time(2, 30), BERLIN)


async def test_a_contest_across_a_change_of_clocks_lasts_as_long_as_it_lasts(db: Database) -> None:
    """Half past one to half past two in a night without two o'clock: an hour, and enough."""
    start = contest_times.moment(SPRING, time(1, 30), BERLIN)
    end = contest_times.moment(SPRING, time(2, 30), BERLIN, last=True)
    with clock.travel(start - HOUR):
        contest = await make_contest(db, start_date=start, end_date=end)
    assert contest.end_date - contest.start_date == HOUR
