"""Whether a code may be redeemed, and the sentence for the customer where not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import event

import clock
from domain.code_checks import Person, Wish, discount_on, in_words, judge
from domain.errors import InvalidError
from domain.program import Program
from domain.typed_codes import read_codes
from storage.codes import DiscountCode
from storage.db import Database
from tests.builders import facts, settle
from tests.code_builders import MONTHLY, ZOE, begin, off, some_code

PROGRAM = Program()


async def refusal(db: Database, *words: str, **wish: Any) -> tuple[str, str] | None:
    """The reason and the sentence against codes, None where they are good."""
    async with db.read() as session:
        verdict = await judge(session, words, Wish(**({"person": ZOE} | wish)), PROGRAM)
    return (verdict.refusal.reason, verdict.refusal.message) if verdict.refusal else None


class TestSpelling:
    """How customers write codes."""

    @pytest.mark.parametrize(
        "typed",
        [
            "launch-20",
            " LAUNCH-20\n",
            "Launch - 20",
            "LAUNCH-20",
            "launch\u201120",
            "LAU\u200bNCH-20",
        ],
    )
    def test_of_a_customer_is_forgiven(self, typed: str) -> None:
        """Case, spaces, full width, a phone's dashes, marks that nobody sees."""
        assert read_codes([typed]) == ("LAUNCH-20",)

    @pytest.mark.parametrize(
        "typed",
        [
            "L\N{CYRILLIC CAPITAL LETTER A}UNCH20",
            "L\N{CYRILLIC SMALL LETTER A}UNCH20",
            "TW\N{LATIN SMALL LETTER DOTLESS I}N",
            "\N{GREEK CAPITAL LETTER ALPHA}B",
        ],
    )
    def test_of_letters_that_only_look_alike_is_another_code(self, typed: str) -> None:
        """It is no code of ours, and never becomes one."""
        (read,) = read_codes([typed])
        assert not read.isascii()

    def test_twice_is_once(self) -> None:
        """Typing a code again takes nothing more off."""
        assert read_codes(["a", "A", " ", "b"]) == ("A", "B")

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ([], "Type a code."),
            (["  "], "Type a code."),
            (["X" * 500], "at most 100 characters"),
            (list("ABCDEF"), "At most 5 codes"),
        ],
    )
    def test_that_cannot_be_read_says_why(self, typed: list[str], sentence: str) -> None:
        """For the field that it was typed into."""
        with pytest.raises(InvalidError, match=sentence) as caught:
            read_codes(typed)
        assert "code" in caught.value.fields

    @given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
    @example(["A\N{ACUTE ACCENT}"])
    def test_never_fails_otherwise(self, typed: list[str]) -> None:
        """Whatever is typed; and reading what was read changes nothing."""
        try:
            read = read_codes(typed)
        except InvalidError:
            return
        assert read_codes(read) == read


class TestOneCode:
    """What stands against a code by itself."""

    async def test_that_is_in_force_is_good(self, db: Database) -> None:
        """For any plan, in any currency."""
        await some_code(db)
        assert await refusal(db, "LAUNCH20", plan="monthly", price=MONTHLY) is None
        assert await refusal(db, "LAUNCH20", person=Person()) is None

    @pytest.mark.parametrize(
        ("terms", "reason", "sentence"),
        [
            ({"status": "paused"}, "paused", "LAUNCH20 cannot be used at the moment."),
            ({"status": "expired"}, "expired", "LAUNCH20 has expired."),
            ({"status": "archived"}, "expired", "LAUNCH20 has expired."),
            ({"expires_at": clock.now() - timedelta(days=1)}, "expired", "LAUNCH20 has expired."),
            (
                {"stripe_promotion_code_id": ""},
                "not_ready",
                "LAUNCH20 is not ready yet. Try again in a minute.",
            ),
            (
                {"min_plan": "6-month"},
                "plan_too_small",
                "LAUNCH20 needs at least the plan 6 months.",
            ),
            (
                {"discount_type": "fixed_amount", "discount_value": 500, "currency": "eur"},
                "other_currency",
                "LAUNCH20 is for purchases in EUR.",
            ),
            ({"max_uses": 3, "prior_uses": 3}, "used_up", "LAUNCH20 has been used up."),
        ],
    )
    async def test_that_is_not_says_why(
        self, db: Database, terms: dict[str, Any], reason: str, sentence: str
    ) -> None:
        """In a word for programs and a sentence for a customer."""
        await some_code(db, **terms)
        found = await refusal(db, "LAUNCH20", plan="monthly", price=MONTHLY)
        assert found == (reason, sentence)

    @pytest.mark.parametrize(
        ("least", "plan", "good"),
        [
            ("6-month", "6-month", True),
            ("6-month", "yearly", True),
            ("6-month", "3-month", False),
            ("6-month", "", True),
            ("gone", "yearly", False),
        ],
    )
    async def test_for_larger_plans_knows_their_order(
        self, db: Database, least: str, plan: str, *, good: bool
    ) -> None:
        """That in which the program names them; a plan that is gone is met by none."""
        await some_code(db, min_plan=least)
        assert (await refusal(db, "LAUNCH20", plan=plan) is None) is good

    async def test_is_used_by_a_person_as_often_as_it_says(self, db: Database) -> None:
        """By mailbox or as a customer; others may go on."""
        await some_code(db)
        await settle(db, facts(codes=(), discounts=(off(580),)))
        used = ("used_by_you", "You have used LAUNCH20 already.")
        assert await refusal(db, "LAUNCH20", person=Person("Buyer+x@example.net")) == used
        assert await refusal(db, "LAUNCH20", person=Person(customer_id="cus_1")) == used
        assert await refusal(db, "LAUNCH20", person=Person("zoe@example.net", "cus_2")) is None
        assert await refusal(db, "LAUNCH20", person=Person()) is None

    async def test_that_others_are_paying_with_may_be_free_again(self, db: Database) -> None:
        """The sentence tells a customer that waiting can help."""
        await some_code(db, max_uses=1)
        await begin(db, "LAUNCH20")
        found = await refusal(db, "LAUNCH20", person=Person("other@example.net"))
        assert found is not None
        assert found[0] == "used_up"
        assert "being paid right now" in found[1]

    async def test_for_a_first_purchase_is_for_nobody_who_has_paid(self, db: Database) -> None:
        """Known by mailbox or as a customer; a purchase that brought nothing is none."""
        await some_code(db, first_purchase_only=True)
        await settle(db, facts(collected=0, fee=0, codes=(), cycle=0))
        assert await refusal(db, "LAUNCH20", person=Person(customer_id="cus_1")) is None
        await settle(db, facts(2, earlier=(), cycle=1))
        for person in (Person(customer_id="cus_1"), Person("BUYER@example.net")):
            assert await refusal(db, "LAUNCH20", person=person) == (
                "first_purchase_only",
                "LAUNCH20 is for a first purchase, and you have bought before.",
            )


class TestSeveralCodes:
    """Which codes go together."""

    async def test_go_together_where_all_allow_it(self, db: Database) -> None:
        """And last for the same time."""
        await some_code(db, stackable=True)
        await some_code(db, "EXTRA10", stackable=True)
        assert await refusal(db, "LAUNCH20", "EXTRA10") is None

    @pytest.mark.parametrize(
        ("terms", "sentence"),
        [
            ({"stackable": False}, "EXTRA10 cannot be combined with other codes. Use one code."),
            (
                {"stackable": True, "duration": "repeating", "duration_months": 3},
                (
                    "LAUNCH20 and EXTRA10 last for different times, so they cannot be combined. "
                    "Use one code."
                ),
            ),
        ],
    )
    async def test_do_not_otherwise(
        self, db: Database, terms: dict[str, Any], sentence: str
    ) -> None:
        """The sentence names the code in the way."""
        await some_code(db, stackable=True)
        await some_code(db, "EXTRA10", **terms)
        assert await refusal(db, "LAUNCH20", "EXTRA10") == ("not_stackable", sentence)


class TestAnUnknownCode:
    """Nobody can tell it from a known one by anything but the answer."""

    async def test_has_one_sentence(self, db: Database) -> None:
        """Also where a letter only looks alike."""
        await some_code(db)
        lookalike = "L\N{CYRILLIC CAPITAL LETTER A}UNCH20"
        for word in ("NOSUCH", lookalike):
            sentence = f"We do not know the code {word}. Check how it is spelled."
            assert await refusal(db, word) == ("unknown", sentence)

    async def test_asks_the_database_the_same_questions(self, db: Database) -> None:
        """Statement for statement, for a code that is good, paused, used up or unknown."""
        await some_code(db)
        await some_code(db, "PAUSED", status="paused")
        await some_code(db, "GONE", max_uses=1, prior_uses=1)
        asked = []
        for word in ("LAUNCH20", "PAUSED", "GONE", "NOSUCH"):
            with statements(db) as heard:
                await refusal(db, word, plan="monthly", price=MONTHLY)
            asked.append(heard)
        assert asked[0] == asked[1] == asked[2] == asked[3]
        assert len(asked[0]) > 1


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """The statements that the database is asked meanwhile."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    engine = db._reader.sync_engine  # noqa: SLF001 - what readers ask, and nobody else
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)


@pytest.mark.parametrize(
    ("terms", "price", "discount", "words"),
    [
        ({"discount_value": 20}, 2900, 580, "20% off your first payment"),
        ({"discount_value": 33}, 50, 17, "33% off your first payment"),
        ({"discount_value": 100, "duration": "forever"}, 2900, 2900, "100% off every payment"),
        (
            {
                "discount_type": "fixed_amount",
                "discount_value": 1000,
                "currency": "usd",
                "duration": "repeating",
                "duration_months": 3,
            },
            2900,
            1000,
            "$10.00 off for 3 months",
        ),
        (
            {
                "discount_type": "fixed_amount",
                "discount_value": 5000,
                "currency": "jpy",
                "duration": "repeating",
                "duration_months": 1,
            },
            2900,
            2900,
            "¥5,000 off for one month",
        ),
    ],
)
def test_what_a_code_takes_off(
    terms: dict[str, Any], price: int, discount: int, words: str
) -> None:
    """A half goes up, and nobody is paid for buying."""
    code = DiscountCode(code="X", **terms)
    assert discount_on(code, price) == discount
    assert in_words(code) == words
