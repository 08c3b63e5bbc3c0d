from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import clock
from domain import discount_codes, effects
from storage import audit, codes
from storage.db import Database
from tests.builders import effects_asked_for, facts, join, later, settle
from tests.code_builders import off, some_code
from tests.dashboard.api.conftest import TOKEN, Api

LAUNCH: dict[str, Any] = {"code": "LAUNCH20", "discount_value": 20}
FULL: dict[str, Any] = {
    "code": "FAIR",
    "description": "For the fair",
    "discount_type": "fixed_amount",
    "discount_value": 1000,
    "currency": "eur",
    "duration": "repeating",
    "duration_months": 3,
    "max_uses": 100,
    "max_uses_per_user": 2,
    "min_plan": "6-month",
    "stackable": True,
    "first_purchase_only": True,
    "expires_at": "2099-01-31T12:00:00Z",
}


async def words(api: Api, **query: str) -> list[str]:
    """The codes of a list."""
    return [row["code"] for row in (await api.get("/discount-codes", **query))[1]["data"]]


async def all_codes(db: Database) -> int:
    """How many codes there are in the database."""
    async with db.read() as session:
        return len(await codes.page(session))


class TestMake:
    """`POST`."""

    async def test_a_code_comes_back_as_it_is_kept(self, api: Api) -> None:
        """Every field, the affiliate by its column, and where the code is from now on."""
        affiliate = await join(api.db)
        status, made = await api.post(
            "/discount-codes", FULL | {"affiliate_user_id": str(affiliate.id)}
        )
        assert status == 201
        assert {name: made[name] for name in FULL} == FULL
        assert (made["affiliate_user_id"], made["status"]) == (str(affiliate.id), "active")
        assert (made["total_uses"], made["total_discount_cents"]) == (0, 0)
        assert (made["created_by"], made["stripe_problem"]) == ("api", None)
        assert await api.get(f"/discount-codes/{made['id']}") == (200, made)
        assert await api.get("/discount-codes/fair") == (200, made)
        asked = [one.kind for one in await effects_asked_for(api.db)]
        assert asked.count(effects.PROMOTION_CODE) == 2  # the affiliate's own, and this one

    async def test_the_answer_says_where_the_code_is(self, api: Api) -> None:
        """As RFC 9110 has it for what was created."""
        answer = await api.bare.post(
            "/api/admin/discount-codes", json=LAUNCH, headers={"Authorization": f"Bearer {TOKEN}"}
        )
        made = await answer.json()
        assert answer.headers["Location"] == f"/api/admin/discount-codes/{made['id']}"

    async def test_it_is_in_the_log_as_the_apis(self, api: Api) -> None:
        """Who made it, and from where."""
        _, made = await api.post("/discount-codes", LAUNCH)
        async with api.db.read() as session:
            (line,) = await audit.of_subject(session, f"code:{made['id']}")
        assert (line.actor, line.origin, line.action) == ("api", "api", "code.created")

    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({"discount_value": 101, "max_uses": 0}, {"discount_value", "max_uses"}),
            ({"code": "launch20"}, {"code"}),
            ({"code": "A" * 500}, {"code"}),
            ({"code": None}, {"code"}),
            ({"code": 7}, {"code"}),
            ({"discount_value": 10**40}, {"discount_value"}),
            ({"expires_at": "2020-01-01T00:00:00Z"}, {"expires_at"}),
            ({"expires_at": 1}, {"expires_at"}),
            ({"min_plan": "platinum"}, {"min_plan"}),
            ({"affiliate": "NOBODY"}, {"affiliate"}),
            ({"affiliate_user_id": "NOBODY"}, {"affiliate_user_id"}),
            ({"affiliate_user_id": 7}, {"affiliate_user_id"}),
            ({"affiliate_user_id": "JARED30", "affiliate": "JARED30"}, {"affiliate_user_id"}),
            ({"total_uses": 5}, {"total_uses"}),
            ({"status": "paused"}, {"status"}),
            ({"\ud800": 1}, None),
        ],
    )
    async def test_a_slip_is_named_by_the_name_that_was_sent(
        self, api: Api, changes: dict[str, Any], fields: set[str] | None
    ) -> None:
        """422, and no code is left behind."""
        status, told = await api.post("/discount-codes", LAUNCH | changes)
        assert status == 422
        assert fields is None or set(told["fields"]) == fields
        assert await all_codes(api.db) == 0

    async def test_a_word_is_given_once(self, api: Api) -> None:
        """The second is told at its field."""
        await api.post("/discount-codes", LAUNCH)
        status, told = await api.post("/discount-codes", LAUNCH)
        assert (status, set(told["fields"])) == (422, {"code"})


class TestMany:
    """`POST …/batches`."""

    async def test_fifty_at_once(self, api: Api) -> None:
        """With the same terms and one batch, found by what they begin with."""
        given = {"count": 50, "prefix": "NEWS", "discount_value": 15, "max_uses": 1}
        status, told = await api.post("/discount-codes/batches", given)
        assert status == 201
        assert len({row["code"] for row in told["data"]}) == 50
        assert {row["batch"] for row in told["data"]} == {told["batch"]}
        assert len(await words(api, q="news-", limit="100")) == 50

    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({"count": 0}, {"count"}),
            ({"count": 201}, {"count"}),
            ({"count": "5"}, {"count"}),
            ({"count": True}, {"count"}),
            ({"count": None, "prefix": 7}, {"count", "prefix"}),
            ({"prefix": "news"}, {"prefix"}),
            ({"code": "NEWS1"}, {"code"}),
            ({"discount_value": 0}, {"discount_value"}),
            ({"affiliate_user_id": "NOBODY"}, {"affiliate_user_id"}),
        ],
    )
    async def test_all_or_none(self, api: Api, changes: dict[str, Any], fields: set[str]) -> None:
        """422 with the fields."""
        given = {"count": 3, "prefix": "NEWS", "discount_value": 15} | changes
        status, told = await api.post("/discount-codes/batches", given)
        assert (status, set(told["fields"])) == (422, fields)
        assert await all_codes(api.db) == 0


class TestChange:
    """`PATCH` and `DELETE`."""

    async def test_what_is_named_changes_and_the_rest_stays(self, api: Api) -> None:
        """Terms and status in one go; a null takes a limit away."""
        _, made = await api.post("/discount-codes", FULL)
        status, after = await api.patch(
            f"/discount-codes/{made['id']}",
            {"max_uses": 200, "expires_at": None, "status": "paused"},
        )
        assert status == 200
        changed = {"max_uses": 200, "expires_at": None, "status": "paused"}
        assert after == made | changed | {"updated_at": after["updated_at"]}
        assert (await api.get("/discount-codes/FAIR"))[1] == after

    async def test_an_affiliate_comes_and_goes(self, api: Api) -> None:
        """By either name."""
        affiliate = await join(api.db)
        await api.post("/discount-codes", LAUNCH)
        for change, owner in (
            ({"affiliate": "jared30"}, str(affiliate.id)),
            ({"affiliate_user_id": None}, None),
            ({"affiliate_user_id": affiliate.reference}, str(affiliate.id)),
        ):
            _, after = await api.patch("/discount-codes/LAUNCH20", change)
            assert after["affiliate_user_id"] == owner

    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({"status": "expired"}, {"status"}),
            ({"status": "gone"}, {"status"}),
            ({"status": 1}, {"status"}),
            ({"max_uses": -1}, {"max_uses"}),
            ({"code": "OTHER"}, {"code"}),
            ({"discount_value": None}, {"discount_value"}),
        ],
    )
    async def test_all_or_nothing(
        self, api: Api, changes: dict[str, Any], fields: set[str]
    ) -> None:
        """A slip beside a good change undoes both."""
        await api.post("/discount-codes", LAUNCH)
        given = {"description": "Other", "status": "paused"} | changes
        status, told = await api.patch("/discount-codes/LAUNCH20", given)
        assert (status, set(told["fields"])) == (422, fields)
        _, after = await api.get("/discount-codes/LAUNCH20")
        assert (after["description"], after["status"]) == ("", "active")

    async def test_the_same_again_is_no_error(self, api: Api) -> None:
        """A program that lost an answer sends it once more; the log has one line of it."""
        _, made = await api.post("/discount-codes", LAUNCH)
        for _ in range(2):
            status, after = await api.patch("/discount-codes/LAUNCH20", {"status": "paused"})
            assert (status, after["status"]) == (200, "paused")
        for _ in range(2):
            status, after = await api.delete("/discount-codes/LAUNCH20")
            assert (status, after["status"]) == (200, "archived")
        async with api.db.read() as session:
            lines = await audit.of_subject(session, f"code:{made['id']}")
        assert [line.action for line in lines] == ["code.created", "code.paused", "code.archived"]

    async def test_an_archived_code_is_changed_by_taking_it_out(self, api: Api) -> None:
        """With a status; without one it stays put away."""
        await api.post("/discount-codes", LAUNCH)
        await api.delete("/discount-codes/LAUNCH20")
        status, told = await api.patch("/discount-codes/LAUNCH20", {"max_uses": 5})
        assert status == 409
        assert "archived" in told["detail"]
        _, after = await api.patch("/discount-codes/LAUNCH20", {"max_uses": 5, "status": "active"})
        assert (after["max_uses"], after["status"]) == (5, "active")

    async def test_an_expired_and_archived_code_comes_back_with_a_later_day(self, api: Api) -> None:
        """In one request; its day alone, or its status alone, is not enough."""
        start = clock.now()
        end = (start + timedelta(hours=1)).isoformat()
        await api.post("/discount-codes", LAUNCH | {"expires_at": end})
        with clock.travel(start + timedelta(days=1)):
            async with api.db.transaction() as session:
                assert await discount_codes.expire_due(session) == 1
            await api.delete("/discount-codes/LAUNCH20")
            later = (clock.now() + timedelta(days=7)).astimezone(UTC).replace(microsecond=0)
            both = {"expires_at": later.isoformat(), "status": "active"}
            for one in both:
                assert (await api.patch("/discount-codes/LAUNCH20", {one: both[one]}))[0] == 409
            status, after = await api.patch("/discount-codes/LAUNCH20", both)
        assert (status, after["status"]) == (200, "active")
        assert datetime.fromisoformat(after["expires_at"]) == later


class TestRead:
    """`GET`."""

    async def test_archived_codes_are_shown_when_asked_for(self, api: Api) -> None:
        """The list is of what is in use; `all` is everything."""
        for word, status in (("ONE", "active"), ("TWO", "paused"), ("OLD", "archived")):
            await some_code(api.db, word, status=status, description=f"About {word.lower()} 50%")
        assert await words(api) == ["TWO", "ONE"]
        assert await words(api, status="archived") == ["OLD"]
        assert await words(api, status="all") == ["OLD", "TWO", "ONE"]
        assert await words(api, status="paused") == ["TWO"]
        assert await words(api, q="about O") == ["ONE"]
        assert await words(api, q="50%", status="all") == ["OLD", "TWO", "ONE"]
        assert await words(api, q="nobody\x00") == []
        answered, told = await api.get("/discount-codes", status="actve")
        assert (answered, set(told["fields"])) == (422, {"status"})

    async def test_pages_lead_through_the_list(self, api: Api) -> None:
        """The stats are those of the program on each."""
        for word in ("ONE", "TWO", "THREE"):
            await some_code(api.db, word)
        _, told = await api.get("/discount-codes", limit="2")
        assert ([row["code"] for row in told["data"]], told["stats"]["total"]) == (
            ["THREE", "TWO"],
            3,
        )
        _, told = await api.get("/discount-codes", limit="2", cursor=told["next_cursor"])
        assert ([row["code"] for row in told["data"]], told["stats"]["total"]) == (["ONE"], 3)
        assert told["next_cursor"] is None

    @pytest.mark.parametrize("name", ["NOBODY", "0" * 32, "%00", "..%2f", "batches"])
    @pytest.mark.parametrize("part", ["", "/redemptions"])
    async def test_no_such_code_is_a_problem(self, api: Api, name: str, part: str) -> None:
        """404 in words."""
        assert (await api.get(f"/discount-codes/{name}{part}"))[0] == 404

    async def test_what_was_redeemed_is_listed_and_summed(self, api: Api) -> None:
        """Renewals and refunds show at their invoice; sums are by currency."""
        await some_code(api.db, duration="forever")
        first, second = (
            facts(n, codes=(), discounts=(off(580),), cycle=n, subscription_cycle=n, collected=2320)
            for n in (1, 2)
        )
        await settle(api.db, first, second, later(first, refunded=1160))
        status, told = await api.get("/discount-codes/launch20/redemptions", limit="1")
        assert status == 200
        (row,) = told["data"]
        assert row["redeemed_at"].endswith("Z")
        assert {name: row[name] for name in ("stripe_invoice_id", "renewal", "user_id")} == {
            "stripe_invoice_id": "in_2",
            "renewal": True,
            "user_id": "cus_1",
        }
        cursor = told["next_cursor"]
        _, told = await api.get("/discount-codes/launch20/redemptions", cursor=cursor)
        (row,) = told["data"]
        assert (row["stripe_invoice_id"], row["renewal"]) == ("in_1", False)
        assert (row["discount_amount_cents"], row["refunded_cents"]) == (580, 290)
        assert told["next_cursor"] is None
        _, listed = await api.get("/discount-codes")
        assert listed["stats"] == {
            "total": 1,
            "active": 1,
            "paused": 0,
            "expired": 0,
            "archived": 0,
            "redemptions": 1,
            "discounts": [{"currency": "usd", "given_cents": 1160, "refunded_cents": 290}],
        }
        assert listed["data"][0]["total_uses"] == 1
        assert listed["data"][0]["total_discount_cents"] == 1160
