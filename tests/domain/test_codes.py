"""Promo codes: what makes one good, and a better one where it is not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from domain import codes
from domain.errors import InvalidError
from domain.program import Program
from storage import codes as rows
from storage.codes import DiscountCode
from storage.db import Database
from storage.links import ReferralLink
from tests.builders import affiliate_now, effects_asked_for, join

PROGRAM = Program()


class TestRules:
    """The rules that operators type codes by."""

    @pytest.mark.parametrize(
        "code",
        [
            "JARED30",
            "JARED",
            "BETS-BY-JO",
            "ABC",
            "30JARED",
            "J" * 16,
            "PROPHET",
            "VIPER",
            "ARSENAL",
            "ANALYST10",
            "CHRISPICKS",
            "PICKSEXPERT",
            "NIGHTWATCH",
            "ESSEX",
            "TYCOON",
        ],
    )
    def test_good_codes_pass(self, code: str) -> None:
        """Also those that hold a short bad word by accident."""
        assert codes.problem_with(code, PROGRAM) == ""

    @pytest.mark.parametrize(
        ("code", "problem"),
        [
            ("", "Type a code."),
            ("JARED 30", "no spaces"),
            (" JARED30", "no spaces"),
            ("JARED\N{NO-BREAK SPACE}30", "no spaces"),
            ("jared30", "upper case"),
            ("JAREd", "upper case"),
            ("JO", "at least 3"),
            ("X" * 17, "at most 16"),
            ("JARED_30", "letters A to Z"),
            ("-JARED", "letters A to Z"),
            ("JARED--30", "letters A to Z"),
            ("JÄRED", "letters A to Z"),
            ("ДЖАРЕД", "letters A to Z"),
            ("JARED30%", "letters A to Z"),
            ("JARED🎰", "letters A to Z"),
            ("FREE", "too generic"),
            ("VIP", "too generic"),
            ("SAVE", "too generic"),
            ("PROP", "too generic"),
            ("MLB", "too generic"),
            ("SAVE30", "too generic"),
            ("30SAVE", "too generic"),
            ("VIP-30", "too generic"),
            ("F-R-E-E", "too generic"),
            ("SHIT", "offensive"),
            ("SH1T", "offensive"),
            ("S-H-I-T", "offensive"),
            ("BIGD1CK", "offensive"),
            ("ESSEXSEX", "offensive"),
        ],
    )
    def test_bad_codes_are_told_why(self, code: str, problem: str) -> None:
        """One sentence says what is wrong with it."""
        assert problem in codes.problem_with(code, PROGRAM)

    def test_harmless_parts_do_not_join_into_a_bad_word(self) -> None:
        """Leaving out a part must not bring its neighbours together."""
        assert codes.problem_with("DIGRAPECK", PROGRAM) == ""

    def test_a_program_adds_its_own_words(self) -> None:
        """In whatever case they were typed in."""
        program = Program(banned_code_words=("rival",), generic_codes=("props",), code_max_length=8)
        assert "offensive" in codes.problem_with("MYRIVAL", program)
        assert "generic" in codes.problem_with("PROPS30", program)
        assert "at most 8" in codes.problem_with("JAREDBETS", program)
        assert codes.problem_with("FREE", program) == ""

    @pytest.mark.parametrize(
        ("text", "code"),
        [("Jared 30!", "JARED30"), ("Zoë & Co", "ZOECO"), ("جاريد", ""), ("🎰", "")],
    )
    def test_a_text_is_tidied_into_a_code(self, text: str, code: str) -> None:
        """Accents go, other scripts leave nothing."""
        assert codes.tidy(text) == code


class TestSuggestions:
    """Where a code fails, a better one is offered."""

    @pytest.mark.parametrize(
        ("code", "name", "suggestion"),
        [
            ("jared 30", "", "JARED30"),
            ("VIP", "Jared Bets", "JARED"),
            ("", "Zoë Quinn", "ZOE"),
            ("I do not mind, something with my name", "Jared Bets", "JARED"),
            ("SHIT", "Jo Li", "JO30"),
            ("VIP", "جاريد", ""),
        ],
    )
    async def test_it_is_near_to_what_was_wanted(
        self, db: Database, code: str, name: str, suggestion: str
    ) -> None:
        """First the code as it should have been typed, then the person's name."""
        async with db.read() as session:
            verdict = await codes.judge(session, code, PROGRAM, name=name)
        assert verdict.problem
        assert verdict.suggestion == suggestion

    async def test_it_is_free(self, db: Database) -> None:
        """Neither a code here, nor one that is known to be taken elsewhere, is offered."""
        await join(db, "JARED")
        async with db.transaction() as session:
            session.add(DiscountCode(code="JARED30", discount_value=10, status="archived"))
        async with db.read() as session:
            verdict = await codes.judge(session, "JARED", PROGRAM)
            assert verdict.problem == "JARED is taken already."
            assert verdict.suggestion == "JARED2"
            elsewhere = await codes.judge(session, "JARED3", PROGRAM, also_taken="JARED3")
        assert elsewhere.problem == "JARED3 is taken already."
        assert elsewhere.suggestion == "JARED2"

    @given(
        st.text(max_size=60) | st.from_regex(r"[A-Z]{1,8}[0-9]{0,4}", fullmatch=True),
        st.text(max_size=40),
        st.integers(4, 40),
        st.integers(1, 100),
    )
    def test_every_one_is_good(self, code: str, name: str, longest: int, percent: int) -> None:
        """Whatever was typed, what is offered keeps every rule."""
        program = Program(code_max_length=longest, offer_percent=percent)
        offered = codes.good_codes_like(code, name, program)
        assert [problem for c in offered if (problem := codes.problem_with(c, program))] == []
        assert len(offered) == len(set(offered))

    @pytest.mark.parametrize("text", ["A" * 100_000, "9" * 100_000, "-" * 100_000, "é " * 50_000])
    def test_a_page_of_text_is_no_trouble(self, text: str) -> None:
        """Somebody who pastes a book into the field does not stop the server."""
        began = time.perf_counter()
        codes.good_codes_like(text, text, PROGRAM)
        assert codes.problem_with(text, PROGRAM)
        assert time.perf_counter() - began < 1


class TestTaken:
    """A code is taken wherever it would lead to somebody else."""

    async def test_codes_links_and_public_ids_count(self, db: Database) -> None:
        """Each of the three is unique, so each takes the code."""
        affiliate = await join(db, "JARED30")
        async with db.transaction() as session:
            session.add(ReferralLink(affiliate_user_id=affiliate.id, ref="OLDLINK"))
            stored = await affiliate_now(db, affiliate.id)
            stored.reference = "aff_OLDNAME"
            await session.merge(stored)
        asked = {"JARED30", "OLDLINK", "OLDNAME", "FREEONE", "JARED"}
        async with db.read() as session:
            assert await codes.taken(session, asked) == {"JARED30", "OLDLINK", "OLDNAME"}

    async def test_a_code_is_kept_in_upper_case_only(self, db: Database) -> None:
        """The database itself refuses a second spelling."""
        with pytest.raises(IntegrityError):
            async with db.transaction() as session:
                session.add(DiscountCode(code="Jared30", discount_value=30))

    async def test_a_code_typed_in_another_case_is_refused_with_the_way_out(
        self, db: Database
    ) -> None:
        """`jared30` is neither taken for JARED30, nor made beside it."""
        await join(db, "JARED30")
        async with db.transaction() as session:
            with pytest.raises(InvalidError, match="upper case") as error:
                await codes.require_good(session, "jared30", PROGRAM)
        assert error.value.fields["code"].endswith(" JARED2 would work.")


class TestHonoured:
    """An affiliate's codes follow their standing."""

    async def test_codes_stop_and_come_back(self, db: Database) -> None:
        """Each change asks the payment provider once; no change asks nothing."""
        affiliate = await join(db, "JARED30")
        for honoured, status in ((False, "paused"), (False, "paused"), (True, "active")):
            async with db.transaction() as session:
                await codes.set_honoured(session, affiliate.id, honoured=honoured)
            async with db.read() as session:
                code = await rows.by_code(session, "JARED30")
            assert code is not None
            assert code.status == status
        asked = [e.payload for e in await effects_asked_for(db) if e.kind == "promotion_code"]
        assert len(asked) == 3
        assert all(payload == asked[0] for payload in asked)

    async def test_an_archived_code_stays_archived(self, db: Database) -> None:
        """Restoring somebody brings back no code that was put away."""
        affiliate = await join(db, "JARED30")
        async with db.transaction() as session:
            code = await rows.by_code(session, "JARED30")
            assert code is not None
            code.status = "archived"
        async with db.transaction() as session:
            await codes.set_honoured(session, affiliate.id, honoured=True)
        async with db.read() as session:
            code = await rows.by_code(session, "JARED30")
        assert code is not None
        assert code.status == "archived"
