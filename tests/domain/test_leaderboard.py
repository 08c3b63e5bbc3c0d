from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import clock
from domain import leaderboard, program
from domain.errors import NotFoundError
from domain.leaderboard import NAMELESS, Board, Metric, Span, board, initials, shown_name
from domain.program import Program
from storage.affiliates import Affiliate
from storage.clicks import BOT, REPEAT
from storage.db import Database
from tests.builders import PAID, RITA, later, settle
from tests.leaderboard_builders import bought, click, join_many, names, sell

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_november() -> Iterator[None]:
    with clock.travel(NOW):
        yield


async def ask(db: Database, *args: Any, limit: int = 10, viewer: Affiliate | None = None) -> Board:
    """The board as anybody gets it."""
    async with db.read() as session:
        settings = await program.load(session)
        return await board(session, settings, *args, limit=limit, viewer=viewer)


async def set_up(db: Database, **changes: Any) -> None:
    """Change settings of the program."""
    async with db.transaction() as session:
        await program.update(session, changes, RITA)


async def test_ties_share_a_rank_and_the_next_counts_them_all(db: Database) -> None:
    """1, 1, 3; and everybody hears where they stand, listed or not."""
    ann, bob, cid, dee = await join_many(db, "Ann Arbor", "Bob Bo", "Cid", "Dee Doe")
    for code, count in (("AFF0", 2), ("AFF1", 3), ("AFF2", 3)):
        await sell(db, code, count)
    seen = await ask(db, viewer=ann)
    assert [(place.rank, place.value, place.own) for place in seen.places] == [
        (1, 3, False),
        (1, 3, False),
        (3, 2, True),
    ]
    assert set(names(seen.places)) == {"A.A.", "B.B.", "C."}
    assert (seen.own, seen.ranked) == (leaderboard.Own(3, 2), 3)
    short = await ask(db, limit=1, viewer=ann)
    assert len(short.places) == 1
    assert short.own == leaderboard.Own(3, 2)
    assert (await ask(db, viewer=bob)).own == (await ask(db, viewer=cid)).own
    assert (await ask(db, viewer=dee)).own == leaderboard.Own(None, 0)


async def test_a_refund_takes_the_referral_back_in_its_own_month(db: Database) -> None:
    """Whenever it comes; and winning a dispute gives it back."""
    (ann,) = await join_many(db, "Ann")
    october = PAID - timedelta(days=20)
    sale = bought("AFF0", 1, paid_at=october)
    await settle(db, sale)
    assert (await ask(db, Span.LAST_MONTH, viewer=ann)).own == leaderboard.Own(1, 1)
    assert (await ask(db, Span.MONTH, viewer=ann)).own == leaderboard.Own(None, 0)
    disputed = later(sale, disputed=2900)
    await settle(db, disputed)
    for span in Span:
        assert (await ask(db, span)).places == []
    await settle(db, later(disputed, disputed=0))
    assert (await ask(db, Span.LAST_MONTH, viewer=ann)).own == leaderboard.Own(1, 1)
    assert (await ask(db, Span.ALL, viewer=ann)).own == leaderboard.Own(1, 1)


async def test_only_the_approved_are_ranked(db: Database) -> None:
    """Who is paused is neither listed nor counted above others, and comes back with all of it."""
    ann, bob = await join_many(db, "Ann", "Bob")
    await sell(db, "AFF0", 2)
    await sell(db, "AFF1", 1)
    assert (await ask(db, viewer=bob)).own == leaderboard.Own(2, 1)
    for status, rank in (("paused", 1), ("terminated", 1), ("approved", 2)):
        async with db.transaction() as session:
            found = await session.get(Affiliate, ann.id)
            assert found is not None
            found.status = status
        seen = await ask(db, viewer=bob)
        assert seen.own == leaderboard.Own(rank, 1)
        assert len(seen.places) == seen.ranked == rank
    paused = ann.model_copy(update={"status": "paused"})
    assert (await ask(db, viewer=paused)).own == leaderboard.Own(None, 2)


async def test_a_rate_counts_from_enough_clicks_of_people_on(db: Database) -> None:
    """One of one does not win; bots and repeats are nobody's visitors."""
    await set_up(db, leaderboard_min_clicks=4)
    ann, bob, cid = await join_many(db, "Ann", "Bob", "Cid")
    await click(db, ann.id, 1)
    await click(db, ann.id, 9, kind=BOT)
    await click(db, ann.id, 9, kind=REPEAT)
    await click(db, bob.id, 6)
    await click(db, cid.id, 4)
    await sell(db, "AFF0", 1)
    await sell(db, "AFF1", 1)
    await sell(db, "AFF2", 5)  # most of them with the code alone
    seen = await ask(db, Span.MONTH, Metric.RATE, viewer=ann)
    assert [(place.name, place.value) for place in seen.places] == [("C.", 10_000), ("B.", 1667)]
    assert seen.own == leaderboard.Own(None, 0, clicks_missing=3)
    await set_up(db, leaderboard_min_clicks=1)
    assert (await ask(db, Span.MONTH, Metric.RATE, viewer=ann)).own == leaderboard.Own(1, 10_000)


async def test_earnings_are_those_of_the_programs_currency(db: Database) -> None:
    """By the month in which they were posted; what was taken back is gone from it."""
    ann, bob = await join_many(db, "Ann", "Bob")
    await sell(db, "AFF0", 2)
    await sell(db, "AFF1", 1)
    await sell(db, "AFF1", 1, currency="eur", invoice_id="in_eur", collected=900_000)
    seen = await ask(db, Span.MONTH, Metric.EARNINGS, viewer=bob)
    assert [(place.name, place.value) for place in seen.places] == [("A.", 1114), ("B.", 557)]
    assert (seen.own, seen.currency) == (leaderboard.Own(2, 557), "usd")
    await settle(db, later(bought("AFF0", 1), refunded=2900), later(bought("AFF0", 0), refunded=1))
    assert (await ask(db, Span.ALL, Metric.EARNINGS, viewer=ann)).own == leaderboard.Own(1, 557)
    await set_up(db, currency="eur")
    assert (await ask(db, Span.ALL, Metric.EARNINGS, viewer=bob)).own is not None
    assert names((await ask(db, Span.ALL, Metric.EARNINGS)).places) == ["B."]


async def test_switched_off_it_answers_nobody(db: Database) -> None:
    """With a sentence that says so."""
    await set_up(db, leaderboard_enabled=False)
    with pytest.raises(NotFoundError, match="switched its leaderboard off"):
        await ask(db)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Jared Example", "J.E."),
        ("ana maria de la cruz", "A.C."),
        ("Cher", "C."),
        ("X", "X."),
        ("Zoë  Ångström", "Z.Å."),
        ("محمد علي", "م.ع."),
        ("王小明", "王."),
        ("🔥 Hot Tips 🔥", "H.T."),
        ("🔥🔥", ""),
        ("", ""),
        ("  \t ", ""),
        ("\u202eevil\u202c \x00name", "E.N."),
        ("jane.doe@example.com", "J."),
        ("Jane jane@example.com", "J.J."),
        ("—", ""),
    ],
)
def test_initials_give_away_no_more_than_letters(name: str, letters: str) -> None:
    """Of one word, of emojis, of letters that run the other way, of none at all."""
    assert initials(name) == letters


def test_a_name_is_shown_to_those_who_want_it_where_the_program_does_that() -> None:
    """Both must agree; an address is never shown, whatever somebody calls themselves."""
    ann = Affiliate(
        reference="aff_1",
        status="approved",
        email="ann@example.com",
        email_key="ann@example.com",
        legal_name="Ann Legal",
        display_name="  Ann\u202e \n Streams ",
        promo_code="ANN",
    )
    wants = ann.model_copy(update={"shows_name": True})
    opt_in = Program(leaderboard_privacy="opt_in")
    assert shown_name(ann, opt_in) == shown_name(wants, Program()) == "A.S."
    assert shown_name(wants, opt_in) == "Ann Streams"
    for name, shown in (
        ("ann@example.com", "A."),
        ("", "A.L."),
        ("🔥", "🔥"),
        ("x" * 200, "x" * 59 + "…"),
    ):
        assert shown_name(wants.model_copy(update={"display_name": name}), opt_in) == shown
    nobody = ann.model_copy(update={"display_name": "🔥", "legal_name": ""})
    assert shown_name(nobody, opt_in) == NAMELESS


def test_a_month_is_one_by_the_calendar_in_utc() -> None:
    """Also across the turn of a year."""
    assert Span.MONTH.period(NOW) == "2026-11"
    assert Span.LAST_MONTH.period(datetime(2027, 1, 1, tzinfo=UTC)) == "2026-12"
    assert Span.ALL.period(NOW) == "all"
