from datetime import timedelta

import pytest

import clock
from tests.builders import PAID, facts, join, later, settle
from tests.dashboard.api.conftest import Api


async def test_a_sale_is_explained_to_the_cent(api: Api) -> None:
    """The facts, the decision step by step, and a sum that adds up."""
    await join(api.db)
    one = facts(tax=400)
    await settle(api.db, one, later(one, refunded=1000))
    with clock.travel(PAID + timedelta(days=1)):
        status, told = await api.get("/sales/in_1")
    assert status == 200
    assert (told["outcome"], told["affiliate"]["promo_code"]) == ("credited", "JARED30")
    assert told["trace"][-1]["result"] == "JARED30 brought the customer, by promo code."
    assert (told["collected"], told["currency"]) == (2900, "usd")
    assert told["paid_at"] == "2026-11-01T12:00:00Z"
    commission = told["commission"]
    assert (commission["status"], commission["amount"]) == ("on_hold", 277)
    assert commission["arithmetic"] == {
        "of": "net",
        "parts": [
            {"name": "collected", "amount": 2900},
            {"name": "tax", "amount": -400},
            {"name": "fee", "amount": -114},
            {"name": "refunded", "amount": -1000},
            {"name": "disputed", "amount": 0},
        ],
        "base": 1386,
        "rate_bp": 2000,
        "amount": 277,
    }


@pytest.mark.parametrize(
    ("days", "refunded", "status"),
    [(29, 0, "on_hold"), (30, 0, "available"), (30, 2900, "taken_back")],
)
async def test_a_commission_says_what_has_become_of_it(
    api: Api, days: int, refunded: int, status: str
) -> None:
    """On hold, available, or taken back."""
    await join(api.db)
    await settle(api.db, facts(), later(facts(), refunded=refunded))
    with clock.travel(PAID + timedelta(days=days)):
        _, told = await api.get("/sales/in_1")
    assert told["commission"]["status"] == status


async def test_a_sale_that_nobody_earns_from_says_why(api: Api) -> None:
    """Each step, no affiliate, no commission."""
    await join(api.db)
    await settle(api.db, facts(codes=("OTHER",)))
    _, told = await api.get("/sales/in_1")
    assert (told["outcome"], told["affiliate"], told["commission"]) == ("nobody", None, None)
    assert [step["step"] for step in told["trace"]] == ["promo_code", "metadata", "link", "end"]


@pytest.mark.parametrize("invoice", ["in_unknown", "%00"])
async def test_an_invoice_never_seen_is_a_problem(api: Api, invoice: str) -> None:
    """404 in words."""
    assert (await api.get(f"/sales/{invoice}"))[0] == 404
