"""The program's settings, and ready-made words that are filled in, never more than once."""

import asyncio
from typing import Any

import pytest

from domain import program, program_values
from domain.errors import InvalidError
from domain.program import Program
from domain.program_values import fill_in
from storage import audit as audit_lines
from storage.db import Database
from tests.builders import RITA

WORDS = {"product": "PropMine", "code": "{link}", "offer": "30%", "link": "https://x.example/r/A"}


def test_words_are_put_in_once() -> None:
    """Braces that an affiliate's own words bring along stay what they are."""
    text = "{product}: {offer} with {code} at {link}, {unknown} {0} {"
    expected = "PropMine: 30% with {link} at https://x.example/r/A, {unknown} {0} {"
    assert fill_in(text, WORDS) == expected


def test_the_words_a_program_comes_with_leave_nothing_open() -> None:
    """Every default text is whole once it is filled in."""
    words = WORDS | {"code": "MIA30"}
    for text in (Program().disclosure, *Program().promo_copy):
        assert "{" not in fill_in(text, words)


class TestDefaults:
    """A new program promises what the company's approval workflow says."""

    async def test_they_are_the_companys_terms(self, db: Database) -> None:
        """20 % of net for two cycles, 30 % off for customers, payouts from $25."""
        async with db.read() as session:
            settings = await program.load(session)
        assert settings.commission_rate_bp == 2000
        assert settings.commission_base == "net"
        assert settings.max_cycles == 2
        assert settings.offer_percent == 30
        assert (settings.payout_threshold_cents, settings.currency) == (2500, "usd")
        assert settings.terms_version == "v1"
        assert [plan.slug for plan in settings.plans] == ["monthly", "3-month", "6-month", "yearly"]
        assert {"FREE", "VIP", "SAVE", "PROP", "MLB"} <= set(settings.generic_codes)


class TestUpdate:
    """Operators change what they name; the rest stays."""

    async def test_a_change_is_kept_and_told(self, db: Database) -> None:
        """The audit line holds the old and the new value, and only of what changed."""
        async with db.transaction() as session:
            changes = {"offer_percent": 20, "max_cycles": 2}
            after = await program.update(session, changes, RITA)
        async with db.transaction() as session:
            await program.update(session, {"hold_days": 14}, RITA)
        async with db.read() as session:
            assert await program.load(session) == after.model_copy(update={"hold_days": 14})
            first, second = await audit_lines.of_subject(session, "program")
        assert (first.actor, first.action) == ("U-RITA (@rita)", "program.changed")
        assert first.detail == {"changes": {"offer_percent": [30, 20]}}
        assert second.detail == {"changes": {"hold_days": [30, 14]}}

    async def test_a_change_to_the_same_writes_no_line(self, db: Database) -> None:
        """The log tells changes, not visits."""
        async with db.transaction() as session:
            await program.update(session, {"offer_percent": 30}, RITA)
        async with db.read() as session:
            assert await audit_lines.of_subject(session, "program") == []

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"offer_percent": 0}, "offer_percent"),
            ({"offer_percent": 101}, "offer_percent"),
            ({"commission_rate_bp": 10001}, "commission_rate_bp"),
            ({"commission_base": "profit"}, "commission_base"),
            ({"currency": "USD"}, "currency"),
            ({"payout_threshold_cents": -1}, "payout_threshold_cents"),
            ({"tally_form_url": "javascript:alert(1)"}, "tally_form_url"),
            ({"generic_codes": ["FREE", " "]}, "generic_codes.1"),
            ({"promo_copy": ["Use {cod} today"]}, "promo_copy.0"),
            ({"field_labels": {"shoe_size": ["shoe"]}}, "field_labels"),
            ({"no_such_setting": 1}, "no_such_setting"),
            ({"product_hosts": ["docs.example.com", "https://a.example"]}, "product_hosts.1"),
            ({"product_hosts": ["me@a.example"]}, "product_hosts.0"),
            ({"product_hosts": [" "]}, "product_hosts.0"),
            ({"common_pages": [{"name": "X", "path": "//evil"}]}, "common_pages.0.path"),
            ({"common_pages": [{"name": " ", "path": "/"}]}, "common_pages.0.name"),
            ({"common_pages": [{"name": name, "path": "/a"} for name in "XY"]}, "common_pages"),
        ],
    )
    async def test_a_value_that_cannot_be_used_is_named(
        self, db: Database, changes: dict[str, Any], name: str
    ) -> None:
        """The error names the setting, also in its sentence, and nothing is changed."""
        with pytest.raises(InvalidError, match=name) as error:
            async with db.transaction() as session:
                await program.update(session, {"hold_days": 1} | changes, RITA)
        assert set(error.value.fields) == {name}
        async with db.read() as session:
            assert await program.load(session) == Program()

    async def test_two_first_changes_at_once_are_both_kept(self, db: Database) -> None:
        """There is no row to lock yet, and neither operator sees an error."""

        async def change(name: str, value: int) -> None:
            async with db.transaction() as session:
                await program.update(session, {name: value}, RITA)

        await asyncio.gather(change("hold_days", 7), change("max_cycles", 3))
        async with db.read() as session:
            after = await program.load(session)
        assert (after.hold_days, after.max_cycles) == (7, 3)

    async def test_fields_keep_their_order_and_their_defaults(self, db: Database) -> None:
        """Which field chooses its answer first does not depend on how a database keeps JSON."""
        async with db.transaction() as session:
            await program.update(session, {"field_labels": {"platform": ["canal"]}}, RITA)
        async with db.read() as session:
            labels = (await program.load(session)).field_labels
        assert list(labels) == list(program_values.FIELD_LABELS)
        assert labels == program_values.FIELD_LABELS | {"platform": ("canal",)}


class TestLinks:
    """Where links may lead, and what the link maker offers."""

    def test_hosts_and_paths_are_kept_in_one_form(self) -> None:
        """Letter case, the usual port and a forgotten slash make no difference."""
        settings = Program.model_validate(
            {
                "product_hosts": [
                    " Docs.Example.com:443",
                    "app.example.com:8443",
                    "bücher.example",
                ],
                "common_pages": [{"name": "Guides", "path": "guides/größe?x=1"}],
            }
        )
        assert settings.product_hosts == (
            "docs.example.com",
            "app.example.com:8443",
            "xn--bcher-kva.example",
        )
        assert settings.common_pages[0].path == "/guides/gr%C3%B6%C3%9Fe?x=1"
        assert Program.model_validate(settings.model_dump(mode="json")) == settings

    def test_a_new_program_offers_the_pages_that_most_products_have(self) -> None:
        """Home, Pricing, Features and Blog."""
        assert [page.name for page in Program().common_pages] == [
            "Home",
            "Pricing",
            "Features",
            "Blog",
        ]


class TestPlans:
    """What customers can subscribe to, known by its price."""

    def test_a_price_is_called_what_the_program_calls_it(self) -> None:
        """A price that no plan names keeps the name that it has at the provider."""
        plans = [{"slug": "pro", "name": "Pro", "stripe_price": "price_1"}]
        settings = Program.model_validate({"plans": [*plans, {"slug": "team", "name": "Team"}]})
        assert settings.plan_of("price_1", "monthly") == "pro"
        assert settings.plan_of("price_2", "monthly") == "monthly"
        assert settings.plan_of("", "one-time") == "one-time"

    @pytest.mark.parametrize(
        ("plans", "said"),
        [
            ([{"slug": "a", "name": "A"}, {"slug": "a", "name": "B"}], "a stands for two plans"),
            (
                [
                    {"slug": "a", "name": "A", "stripe_price": "price_1"},
                    {"slug": "b", "name": "B", "stripe_price": "price_1"},
                ],
                "price_1 stands for two plans",
            ),
            ([{"slug": "Not a slug", "name": "A"}], "plans.0.slug"),
            ([{"slug": "a", "name": "  "}], "plans.0.name"),
        ],
    )
    async def test_plans_that_could_not_be_told_apart_are_refused(
        self, db: Database, plans: list[dict[str, str]], said: str
    ) -> None:
        """The sentence names what is wrong."""
        with pytest.raises(InvalidError, match=said):
            async with db.transaction() as session:
                await program.update(session, {"plans": plans}, RITA)
