"""From the files of an earlier program to affiliates who are at home here."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import func, select

import clock
from domain import (
    affiliates,
    audit,
    earnings,
    import_plans,
    import_runs,
    program,
    reconcile,
    signups,
    statements,
)
from domain.attribution import Customer
from domain.earnings import Period
from domain.errors import ConflictError
from domain.signups import SignUp, Touch
from domain.statements import Month
from storage import imports, ledger, links, raw_sums, referrals
from storage.affiliates import Affiliate
from storage.audit import AuditLine
from storage.db import Database
from storage.imports import ImportedCommission
from storage.ledger import LedgerEntry
from storage.referrals import Referral
from tests.builders import PAID, effects_asked_for, facts, join, mails_asked_for, settle
from tests.imports.bringing import (
    AFFILIATES,
    COMMISSIONS,
    REFERRALS,
    UNTIL,
    bring,
    read,
    rewardful,
    write,
)


async def whole(db: Database) -> dict[str, int]:
    """How many rows there are of what an import writes."""
    tables = (Affiliate, Referral, LedgerEntry, ImportedCommission, AuditLine)
    async with db.read() as session:
        return {
            table.__name__: (await session.exec(select(func.count()).select_from(table))).one()
            for table in tables
        }


async def who(db: Database, name: str) -> Affiliate:
    """An affiliate by their code."""
    async with db.read() as session:
        return await affiliates.look_up(session, name)


class TestApply:
    """Everything that an affiliate had there is theirs here."""

    async def test_affiliates_are_at_home(self, db: Database, tmp_path: Path) -> None:
        """They are known by address, code and old link; what is owed to them is in the ledger."""
        await bring(db, read(rewardful(tmp_path)))
        adam = await who(db, "ADAM20")
        assert (adam.email, adam.legal_name, adam.status) == (
            "adam@example.com",
            "Adam Jones",
            "approved",
        )
        assert adam.approved_at.isoformat() == "2024-01-02T03:04:05+00:00"
        async with db.read() as session:
            old, own = (
                await links.by_ref(session, "ADAM"),
                await links.of_affiliate(session, adam.id),
            )
            assert old is not None
            assert own is not None
            assert (old.affiliate_user_id, own.ref) == (adam.id, "ADAM20")
            assert await ledger.balances(session, adam.id, clock.now()) == {
                "usd": (3000, 0),
                "eur": (0, 825),
            }
            assert await imports.history(session, adam.id) == [
                ("eur", "owed", 825, 1),
                ("usd", "owed", 3000, 1),
                ("usd", "paid", 1550, 1),
                ("usd", "void", 900, 1),
            ]

    async def test_the_books_agree(self, db: Database, tmp_path: Path) -> None:
        """Nothing that is compared in the night is wrong, and the audit log is whole."""
        await bring(db, read(rewardful(tmp_path)))
        async with db.read() as session:
            assert await reconcile.disagreements(session) == []
            assert await raw_sums.differences(session) == 0
            assert await referrals.miscounted(session) == []
            assert await audit.first_broken_line(session) is None

    async def test_a_statement_tells_where_it_came_from(self, db: Database, tmp_path: Path) -> None:
        """And it is not what they earned today."""
        await bring(db, read(rewardful(tmp_path)))
        adam, now = await who(db, "ADAM20"), clock.now()
        async with db.read() as session:
            accounts = await statements.statement(session, adam.id, Month.of(now))
            earned = await earnings.earned(
                session, adam, await program.load(session), Period.TODAY, now
            )
        lines = [(a.currency, line.words, line.entry.amount) for a in accounts for line in a.lines]
        assert lines == [
            ("eur", "Brought over from an earlier program", 825),
            ("usd", "Brought over from an earlier program", 3000),
        ]
        assert all(amount.total == 0 for amount in earned.amounts)

    async def test_a_later_sale_of_their_customer_is_theirs(
        self, db: Database, tmp_path: Path
    ) -> None:
        """Though no code or link is on it; the customer's earlier sale is paid for there."""
        await bring(db, read(rewardful(tmp_path)))
        adam = await who(db, "ADAM20")
        buyer = Customer("cus_1", "buyer@example.net", {})
        first = facts(1, customer=buyer, codes=())
        later = facts(2, customer=buyer, codes=(), paid_at=UNTIL + timedelta(days=3))
        old, new = await settle(db, first), await settle(db, later)
        assert (old.outcome, old.affiliate_user_id) == ("settled_elsewhere", None)
        assert (new.outcome, new.affiliate_user_id, new.cycle) == ("credited", adam.id, 2)
        async with db.read() as session:
            assert await raw_sums.differences(session) == 0
            assert await referrals.miscounted(session) == []

    async def test_a_lead_who_buys_later(self, db: Database, tmp_path: Path) -> None:
        """A sign-up is known by its address, and counts within its window."""
        await bring(db, read(rewardful(tmp_path)))
        lead = Customer("cus_77", "lead@example.net", {})
        sale = await settle(db, facts(1, customer=lead, codes=(), paid_at=UNTIL))
        assert sale.affiliate_user_id == (await who(db, "BEA")).id

    async def test_the_outside_hears_of_nothing(self, db: Database, tmp_path: Path) -> None:
        """No mail, no card, no promotion code, unless it was told to."""
        await bring(db, read(rewardful(tmp_path)))
        assert await effects_asked_for(db) == []

    async def test_the_outside_hears_what_was_chosen_and_once(
        self, db: Database, tmp_path: Path
    ) -> None:
        """Also when it is chosen only the second time; and nobody is mailed twice."""
        await bring(db, read(rewardful(tmp_path)))
        for _ in range(2):
            await bring(db, read(rewardful(tmp_path)), notify=import_runs.NOTIFY)
        asked = [effect.kind for effect in await effects_asked_for(db)]
        assert asked.count("promotion_code") == 4  # it is known to be made once it is made
        assert await mails_asked_for(db) == [
            ("affiliate_brought_over", "adam@example.com"),
            ("affiliate_brought_over", "Bea@example.com"),
        ]


class TestRepeating:
    """The same files, or later ones."""

    async def test_the_same_files_again_change_nothing(self, db: Database, tmp_path: Path) -> None:
        """But for the line in the audit log that it was done."""
        await bring(db, read(rewardful(tmp_path)))
        before = await whole(db)
        report = await bring(db, read(rewardful(tmp_path)))
        after = await whole(db)
        assert after == before | {"AuditLine": before["AuditLine"] + 1}
        assert "2 here already" in report
        assert "the ledger gets" not in report

    async def test_rows_without_an_id_are_known_again(self, db: Database, tmp_path: Path) -> None:
        """Two that are alike are two, and stay two; a third of them is new."""
        text = "affiliate_email,amount,currency,state,created_at,due_at\n"
        row = "adam@example.com,5.00,USD,due,2026-10-01,2026-10-31\n"
        for times, total in ((2, 1000), (2, 1000), (3, 1500)):
            files = write(tmp_path, affiliates=AFFILIATES, commissions=text + row * times)
            await bring(db, read(files))
            adam = await who(db, "ADAM20")
            async with db.read() as session:
                found = await ledger.balances(session, adam.id, clock.now())
            assert found == {"usd": (total, 0)}

    @pytest.mark.parametrize(
        ("state", "amount", "balance"),
        [("paid", "$30.00", 0), ("voided", "$30.00", 0), ("due", "$20.00", 2000)],
    )
    async def test_what_became_of_a_commission_since(
        self, db: Database, tmp_path: Path, state: str, amount: str, balance: int
    ) -> None:
        """Paid there meanwhile, voided or made less: the difference is posted, and once."""
        await bring(db, read(rewardful(tmp_path)))
        later = COMMISSIONS.replace("$30.00,USD,due", f"{amount},USD,{state}")
        for _ in range(2):
            await bring(db, read(rewardful(tmp_path, commissions=later)))
        adam = await who(db, "ADAM20")
        async with db.read() as session:
            found = await ledger.balances(session, adam.id, clock.now())
            assert await reconcile.disagreements(session) == []
            entries = await ledger.page(session, adam.id)
        assert found["usd"] == (balance, 0)
        assert len([one for one in entries if one.reason == "import_corrected"]) == 1

    async def test_files_one_by_one(self, db: Database, tmp_path: Path) -> None:
        """Rows of a later file name affiliates by their address or their id there."""
        for name in ("affiliates", "referrals", "commissions"):
            path = [one for one in rewardful(tmp_path) if one.stem == name]
            await bring(db, read(path, "rewardful"))
        async with db.read() as session:
            buyer = await referrals.of_customer(session, "cus_1")
        assert buyer is not None
        assert buyer.affiliate_user_id == (await who(db, "ADAM20")).id

    async def test_somebody_who_is_here_already(self, db: Database, tmp_path: Path) -> None:
        """They keep their code and what they earn here; what is owed to them there is added."""
        jared = await join(db, email="ADAM@example.com")
        await bring(db, read(rewardful(tmp_path)))
        async with db.read() as session:
            assert await ledger.balances(session, jared.id, clock.now()) == {
                "usd": (3000, 0),
                "eur": (0, 825),
            }
            old = await links.by_ref(session, "ADAM")
        assert old is not None
        assert old.affiliate_user_id == jared.id
        other = Customer("cus_50", "fifty@example.net", {})
        sale = await settle(db, facts(1, customer=other, paid_at=PAID))
        assert sale.affiliate_user_id == jared.id

    async def test_somebody_was_faster(
        self, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An affiliate who is let in between the look and the deed: nothing is half done."""
        sort_out = import_plans.sort_out

        async def then_somebody_joins(*given: Any) -> None:
            await sort_out(*given)
            await join(db, email="bea@example.com", code="BEATRICE")

        monkeypatch.setattr(import_plans, "sort_out", then_somebody_joins)
        before = await whole(db)
        with pytest.raises(ConflictError, match="nothing was imported"):
            await bring(db, read(rewardful(tmp_path)))
        after = await whole(db)
        assert after["Affiliate"] == before["Affiliate"] + 1
        assert after["Referral"] == after["LedgerEntry"] == after["ImportedCommission"] == 0

    async def test_a_lead_signs_up_meanwhile(
        self, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One person is one referral, known by their address alone as they are."""
        sort_out = import_plans.sort_out
        await join(db)

        async def then_they_sign_up(*given: Any) -> None:
            await sort_out(*given)
            async with db.transaction() as session:
                lead = SignUp(last=Touch(ref="JARED30"), email="Lead@example.net")
                assert (await signups.sign_up(session, lead)).outcome == "credited"

        monkeypatch.setattr(import_plans, "sort_out", then_they_sign_up)
        with pytest.raises(ConflictError, match="nothing was imported"):
            await bring(db, read(rewardful(tmp_path)))
        after = await whole(db)
        assert (after["Affiliate"], after["Referral"], after["LedgerEntry"]) == (1, 1, 0)

    async def test_the_same_file_at_once(self, db: Database, tmp_path: Path) -> None:
        """One of three imports does it, the others are told so; nobody is doubled."""
        await bring(db, read(rewardful(tmp_path)))
        before = await whole(db)
        leads = REFERRALS.replace("lead@", "another@").replace("cus_1,buyer@", ",buyer2@")
        file = write(tmp_path, referrals=leads)
        done = await asyncio.gather(
            *(bring(db, read(file, "rewardful")) for _ in range(3)), return_exceptions=True
        )
        failed = [each for each in done if each is not None and not isinstance(each, str)]
        assert all(isinstance(each, ConflictError) for each in failed), failed
        assert len(failed) < len(done)
        assert (await whole(db))["Referral"] == before["Referral"] + 2


class TestReport:
    """What is said before anything is done."""

    async def test_what_would_happen(self, db: Database, tmp_path: Path) -> None:
        """Counts, sums of each currency, and what is left out and why."""
        before = await whole(db)
        report = await bring(db, read(rewardful(tmp_path)), apply=False)
        assert await whole(db) == before
        for line in (
            "From Rewardful:",
            "Affiliates   2 new, 1 left out",
            "Links        3 new, 1 left out",
            "Customers    3 new, 2 named twice",
            "Commissions  4 new",
            "  $30.00 owed (1 commission)",
            "  €8.25 owed (1 commission)",
            "  So the ledger gets $30.00 in all.",
            "  So the ledger gets €8.25 in all.",
            "  1: They were not let in there (pending).",
            "Nothing is asked of the outside.",
        ):
            assert line in report

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            (
                {"commissions": COMMISSIONS.replace("$30.00", "thirty")},
                "commissions.csv line 2, row: “thirty” is no amount.",
            ),
            (
                {"commissions": COMMISSIONS.replace("USD,paid", "USD,lost")},
                "commissions.csv line 3, row: “lost” is no status of a commission at Rewardful.",
            ),
            (
                {"commissions": COMMISSIONS.replace("adam@example.com,$9", "no@example.com,$9")},
                "line 5, commission: Its affiliate no@example.com is neither in these files nor",
            ),
            (
                {"commissions": COMMISSIONS.replace("adam@example.com,$30", "carl@example.com,$3")},
                "line 2, commission: Its affiliate carl@example.com is not taken over.",
            ),
            (
                {"commissions": COMMISSIONS.replace("c2,", "c1,")},
                "line 3, commission: Commission c1 stands further up, too, and is another one",
            ),
            (
                {"affiliates": AFFILIATES.replace('"bea,bea-smith"', "ADAM")},
                "affiliates.csv line 3, link: Further up the link ADAM is of another one.",
            ),
            (
                {"affiliates": AFFILIATES.replace('bea-smith",', 'bea-smith",ADAM20')},
                "affiliates.csv line 3, affiliate: Further up the code ADAM20 is of another one.",
            ),
            (
                {"affiliates": AFFILIATES.replace("adam@example.com", "adam at home")},
                "affiliates.csv line 2, row: “adam at home” is no mail address.",
            ),
            (
                {"referrals": REFERRALS + 'r9,"cus_9\n'},
                "referrals.csv line 5, the rest of the file: A quote that is opened in this row",
            ),
            (
                {"referrals": REFERRALS + "r9,cus_9\n"},
                "referrals.csv line 5, row: It has 2 fields, and the header 6",
            ),
        ],
    )
    async def test_odd_rows_are_named(
        self, sqlite: Database, tmp_path: Path, files: dict[str, str], said: str
    ) -> None:
        """By their file and line."""
        report = await bring(sqlite, read(rewardful(tmp_path, **files)), apply=False)
        assert said in report
        assert "Odd, to be mended first:" in report

    async def test_a_link_that_is_somebody_elses_here(self, db: Database, tmp_path: Path) -> None:
        """It cannot lead to two."""
        await join(db, code="BEA")
        report = await bring(db, read(rewardful(tmp_path)), apply=False)
        assert "The link BEA leads to another affiliate here." in report
