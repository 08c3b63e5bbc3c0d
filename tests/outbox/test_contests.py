"""What leaves about a contest: the card, the notices and the mails, each once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

import clock
from desk import services_for
from domain import contest_news, contest_winners, contests, subscriptions
from domain.audit import Actor
from domain.errors import ConflictError
from outbox.pump import Pump
from outbox.services import Services
from sandbox.slack.people import AFFILIATES
from scheduled.scheduler import WATCHES, look
from storage.affiliates import Affiliate
from storage.contests import Contest
from storage.db import Database
from tests.builders import RITA
from tests.contest_builders import HOUR, buy, confirm, contest_now, make_contest, move, three
from tests.outbox.conftest import Outside
from tests.outbox.test_effects import lose_slack
from tests.payout_builders import movements
from tests.waiting import until

(MOVE,) = (watch for watch in WATCHES if watch.name == "contests")
AMY, BEN, CAT = (f"{name}30@example.com" for name in ("amy", "ben", "cat"))


@pytest.fixture(autouse=True)
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails to many, two at a time."""
    monkeypatch.setattr(contest_news, "AT_ONCE", 2)


async def begun(outside: Outside) -> tuple[Contest, list[Affiliate]]:
    """A contest of two hours up to now, as its three affiliates have just been told of it."""
    people = await three(outside.db)
    await outside.settle()
    return await begin(outside), people


async def begin(outside: Outside) -> Contest:
    """The contest alone."""
    now = clock.now()
    with clock.travel(now - 2 * HOUR):
        contest = await make_contest(outside.db, start_date=None, end_date=now)
        await move(outside.db)
        await outside.settle()
    return contest


async def ended(outside: Outside, contest: Contest) -> None:
    """Amy brings two and Ben one; then it is over."""
    for n, code in enumerate(("AMY30", "AMY30", "BEN30")):
        await buy(outside.db, code, n, contest.start_date + HOUR)
    await move(outside.db)
    await outside.settle()


def letters(outside: Outside, to: str, part: str) -> list[dict[str, Any]]:
    """The mails to somebody whose subject holds this."""
    found = outside.stand_ins.mail.letters_to(to)
    return [each for each in found if part in each["subject"]]


def posted(outside: Outside, part: str) -> list[str]:
    """What stands in the operators' channel and holds this."""
    slack = outside.stand_ins.slack
    return [text for each in slack.messages(AFFILIATES) if part in (text := slack.text_of(each))]


async def test_everybody_hears_of_the_start_once(outside: Outside) -> None:
    """Also whoever is in the second part of the mails; operators have a notice."""
    _, people = await begun(outside)
    for person in people:
        (letter,) = letters(outside, person.email, "The contest Winter race has begun")
        for part in ("$500 and a badge ($500.00)", "Most converted referrals", "Europe/Berlin"):
            assert part in letter["text"]
            assert part in letter["html"]
        assert "/unsubscribe/contests/" in letter["text"]
    assert len(posted(outside, "The contest Winter race has begun")) == 1
    await move(outside.db)
    await outside.settle()
    assert len(letters(outside, AMY, "has begun")) == 1


async def test_who_wants_no_mails_about_contests_has_none_but_the_winner_s(
    outside: Outside,
) -> None:
    """What they have won is about money."""
    people = await three(outside.db)
    async with outside.db.transaction() as session:
        actor = Actor(AMY, "Amy", "dashboard")
        await subscriptions.unsubscribe(session, people[0].id, subscriptions.CONTESTS, actor)
    await outside.settle()
    contest = await begin(outside)
    assert not letters(outside, AMY, "has begun")
    assert letters(outside, BEN, "has begun")
    await ended(outside, contest)
    await confirm(outside.db, contest, people[0].id)
    await outside.settle()
    assert len(letters(outside, AMY, "You have won")) == 1


async def test_a_late_start_mail_is_dropped_once_the_contest_is_over(outside: Outside) -> None:
    """Mails that waited for days for a mail server that was down."""
    amy, *_ = await three(outside.db)
    now = clock.now()
    contest = await make_contest(outside.db, start_date=None, end_date=now + timedelta(days=1))
    topic, about = subscriptions.CONTESTS, {"contest": str(contest.id)}
    async with outside.db.transaction() as session:
        await subscriptions.send_mail(session, topic, "contest_started", amy, **about)
    with clock.travel(contest.end_date):
        await outside.settle()
    assert not letters(outside, AMY, "has begun")


async def test_the_winner_the_others_and_the_card(outside: Outside) -> None:
    """One mail each, one card that says how it ended, one notice, and money in the mail."""
    contest, (amy, *_) = await begun(outside)
    await ended(outside, contest)
    (card,) = posted(outside, "Proposed winner")
    assert "Amy with 2 referrals" in card
    await confirm(outside.db, contest, amy.id)
    await outside.settle()
    (won,) = letters(outside, AMY, "You have won: Winter race")
    for part in ("2 referrals", "$500 and a badge", "$500.00 are in your balance now"):
        assert part in won["text"]
        assert part in won["html"]
    assert not letters(outside, AMY, "the winner")
    (other,) = letters(outside, BEN, "Winter race: the winner")
    assert "You came to place 2 of 2 with 1 referral." in other["text"]
    assert "amy30@example.com" not in other["text"]
    assert not letters(outside, CAT, "the winner")
    assert posted(outside, "Proposed winner") == []
    (card,) = posted(outside, "Decided by @rita")
    assert "Winner: Amy" in card
    assert len(posted(outside, "Amy has won the contest Winter race")) == 1


async def test_a_lost_answer_posts_no_second_card(outside: Outside) -> None:
    """Slack had it; it is found and brought up to date."""
    contest, _ = await begun(outside)
    lose_slack(outside.stand_ins)
    await ended(outside, contest)
    assert len(posted(outside, "Proposed winner")) == 1


async def test_what_is_called_off_is_mailed_to_who_took_part(outside: Outside) -> None:
    """With the reason; who brought nothing is left alone."""
    contest, _ = await begun(outside)
    await buy(outside.db, "AMY30", 1, contest.start_date + HOUR)
    async with outside.db.transaction() as session:
        await contests.cancel(session, contest.id, "The rules were wrong.", RITA)
    await outside.settle()
    (letter,) = letters(outside, AMY, "Winter race is called off")
    assert "The rules were wrong." in letter["text"]
    assert not letters(outside, BEN, "called off")


async def test_without_a_winner_the_others_hear_so(outside: Outside) -> None:
    """And not why."""
    contest, _ = await begun(outside)
    await ended(outside, contest)
    async with outside.db.transaction() as session:
        await contest_winners.close(session, contest.id, "Too few sales.", RITA)
    await outside.settle()
    (letter,) = letters(outside, BEN, "Winter race is over")
    assert "There is no winner this time." in letter["text"]
    assert "Too few" not in letter["text"]
    (card,) = posted(outside, "Decided by @rita")
    assert "Too few sales." in card
    assert (await contest_now(outside.db, contest)).winner_user_id is None


async def test_repeating_every_effect_changes_nothing(outside: Outside) -> None:
    """A crash between the act and the note of it."""
    contest, (amy, *_) = await begun(outside)
    await ended(outside, contest)
    await confirm(outside.db, contest, amy.id)
    await outside.settle()
    before = sorted(each["subject"] for each in outside.stand_ins.mail.letters)
    cards = len(outside.stand_ins.slack.messages(AFFILIATES))
    for effect in await outside.effects("card.contest"):
        async with outside.db.transaction() as session:
            row = await session.get_one(type(effect), effect.id)
            row.handled_at, row.attempts = None, 1
            session.add(row)
    await outside.settle()
    assert sorted(each["subject"] for each in outside.stand_ins.mail.letters) == before
    assert len(outside.stand_ins.slack.messages(AFFILIATES)) == cards


async def test_three_servers_at_once_do_everything_once(outside: Outside) -> None:
    """Each with its own watch and pump on PostgreSQL: begin, end, and three who confirm."""
    people = await three(outside.db)
    await outside.settle()
    servers = [outside.services]
    if not outside.db.is_sqlite:
        address = outside.db.url.render_as_string(hide_password=False)
        more = [Database(address) for _ in range(2)]
        servers += [services_for(outside.services.settings, each) for each in more]
    pumps = [Pump(each) for each in servers]

    async def look_about() -> None:
        for _ in range(3):
            await asyncio.gather(*(look(each.db, MOVE) for each in servers))

    async def all_done() -> bool:
        return all(each.handled_at or each.parked_at for each in await outside.effects())

    async def press(services: Services) -> bool:
        try:
            await confirm(services.db, contest, people[0].id)
        except ConflictError:
            return False
        return True

    now = clock.now()
    with clock.travel(now - 2 * HOUR):
        contest = await make_contest(outside.db, start_date=None, end_date=now)
        await look_about()
        await asyncio.gather(*(pump.start() for pump in pumps))
        await until(all_done, 30)
    for n, code in enumerate(("AMY30", "AMY30", "BEN30")):
        await buy(outside.db, code, n, contest.start_date + HOUR)
    await look_about()
    await until(all_done, 30)
    assert sum(await asyncio.gather(*(press(each) for each in servers))) == 1
    await until(all_done, 30)
    await asyncio.gather(*(pump.stop() for pump in pumps))
    for each in servers[1:]:
        await each.close()
        await each.db.close()
    assert [len(letters(outside, each.email, "has begun")) for each in people] == [1, 1, 1]
    assert len(letters(outside, AMY, "You have won")) == 1
    assert len(letters(outside, BEN, "the winner")) == 1
    assert len(posted(outside, "The contest Winter race has begun")) == 1
    assert len(posted(outside, "Decided by @rita")) == 1
    assert len(posted(outside, "Amy has won the contest")) == 1
    assert [entry for entry in await movements(outside.db, people[0].id) if entry[1] == 50_000] == [
        ("contest", 50_000)
    ]
