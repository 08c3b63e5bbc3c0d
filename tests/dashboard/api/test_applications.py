"""Applications, read and decided by operators' programs."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from dashboard.api.app import add_routes
from dashboard.context import DashboardContext
from integrations.stripe import CouponTerms, Limits, StripeGateway
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.app import stripe_app
from storage.db import Database
from tests.builders import application_now, apply, join, mails_asked_for
from tests.dashboard.api.conftest import TOKEN, Api
from tests.dashboard.desk import make_settings

NOBODY = "0198c0de-1234-7abc-8def-123456789012"


@pytest.fixture
def account() -> StripeAccount:
    """A new Stripe account."""
    return StripeAccount()


@pytest.fixture
async def stripe(account: StripeAccount) -> AsyncIterator[StripeGateway]:
    """The client, connected to the account, without retries."""
    app = web.Application()
    app.add_subapp("/sandbox/stripe/", stripe_app(account))
    async with TestServer(app) as server:
        gateway = StripeGateway(account.api_key, str(server.make_url("/sandbox/stripe")), retries=0)
        yield gateway
        await gateway.close()


@pytest.fixture
async def at_stripe(sqlite: Database, stripe: StripeGateway) -> AsyncIterator[Api]:
    """The API of a desk that is connected to Stripe."""
    app = web.Application()
    settings = make_settings(admin_api_token=SecretStr(TOKEN))
    add_routes(app, DashboardContext(sqlite, settings, None, stripe))
    async with TestClient(TestServer(app)) as client:
        yield Api(sqlite, client)


async def test_applications_are_listed_by_pages(api: Api) -> None:
    """The newest first, by status and by what they say; nothing twice, nothing left out."""
    made = [
        await apply(api.db, email=f"mia{n}@example.com", display_name=f"Mia {n}") for n in "12345"
    ]
    await api.post(f"/applications/{made[0].id}/reject", {"reason": "No."})
    _, first = await api.get("/applications", limit="3")
    _, second = await api.get("/applications", limit="3", cursor=first["next_cursor"])
    ids = [row["id"] for row in first["data"] + second["data"]]
    assert ids == [str(each.id) for each in reversed(made)]
    assert second["next_cursor"] is None
    _, pending = await api.get("/applications", status="pending")
    assert len(pending["data"]) == 4
    _, found = await api.get("/applications", q="mia 3")
    assert [row["display_name"] for row in found["data"]] == ["Mia 3"]
    assert (await api.get("/applications", status="maybe"))[0] == 422
    assert (await api.get("/applications", sort="name"))[0] == 422


async def test_an_application_is_shown_with_what_one_needs_to_decide(api: Api) -> None:
    """Its answers, the checklist, the code and what stands in the way."""
    application = await apply(api.db, requested_code="free", audience_size="")
    status, told = await api.get(f"/applications/{application.id}")
    assert status == 200
    assert told["email"] == "jared@example.com"
    assert told["submitted_at"].endswith("Z")
    assert {"title", "good", "reason"} == set(told["checks"][0])
    assert told["code"]["problem"]
    assert told["code"]["suggestion"]
    assert told["needs_attention"] == ""
    unusable = await apply(api.db, email="nowhere")
    _, told = await api.get(f"/applications/{unusable.id}")
    assert "No usable mail address" in told["needs_attention"]


@pytest.mark.parametrize("name", [NOBODY, "x", "%00"])
async def test_an_application_that_is_not_there_is_not_found(api: Api, name: str) -> None:
    """By any method."""
    for path, body in (("", None), ("/approve", {}), ("/reject", {"reason": "x"}), ("/reopen", {})):
        call = api.get if not path else api.post
        answer = await call(f"/applications/{name}{path}", *([body] if path else []))
        assert answer[0] == 404
        assert answer[1]["detail"] == "There is no such application."


async def test_an_approval_lets_somebody_in(api: Api) -> None:
    """With the code that was asked for, or the one that is sent; the mail is on its way."""
    application = await apply(api.db, requested_code="jared30")
    other = await apply(api.db, email="mia@example.com", requested_code="MIA30")
    status, told = await api.post(f"/applications/{application.id}/approve", {})
    assert (status, told["status"], told["chosen_code"]) == (200, "approved", "JARED30")
    _, affiliate = await api.get(f"/affiliates/{told['affiliate_id']}")
    assert (affiliate["promo_code"], affiliate["status"]) == ("JARED30", "approved")
    _, told = await api.post(f"/applications/{other.id}/approve", {"code": "MIABETS"})
    assert told["chosen_code"] == "MIABETS"
    assert [kind for kind, _ in await mails_asked_for(api.db)].count("application_approved") == 2


async def test_a_code_that_cannot_be_used_is_refused(api: Api) -> None:
    """With a better one, and nothing is decided."""
    await join(api.db)
    application = await apply(api.db, email="mia@example.com", display_name="Mia")
    for code in ("JARED30", "jared", "", "A B"):
        status, told = await api.post(f"/applications/{application.id}/approve", {"code": code})
        assert status == 422, code
        assert "code" in told["fields"]
        _, told = await api.patch(f"/applications/{application.id}", {"chosen_code": code})
        assert "chosen_code" in told["fields"]
    assert (await application_now(api.db, application.id)).status == "pending"
    status, told = await api.post(f"/applications/{application.id}/approve", {"kode": "MIA30"})
    assert (status, told["fields"]) == (422, {"kode": "There is no such field."})


@pytest.mark.parametrize("delay", [0.0, 10.0])
async def test_a_code_that_stripe_has_is_refused(
    at_stripe: Api, stripe: StripeGateway, account: StripeAccount, delay: float
) -> None:
    """As in Slack; where Stripe does not answer, it is made once it does."""
    application = await apply(at_stripe.db, requested_code="JARED30")
    path = f"/applications/{application.id}"
    coupon = await stripe.coupons.ensure("old", CouponTerms(percent_off=Decimal(10)))
    await stripe.promotion_codes.ensure(
        code="JARED30", coupon_id=coupon.id, limits=Limits(), metadata={}, idempotency_key="old"
    )
    status, told = await at_stripe.post(f"{path}/approve", {})
    assert status == 422
    assert "JARED30 is taken already." in told["fields"]["code"]
    status, told = await at_stripe.patch(path, {"chosen_code": "JAREDTV"})
    assert (status, told["chosen_code"]) == (200, "JAREDTV"), "which Stripe said is free"
    account.fail_next("/v1/promotion_codes", status=503, times=9, delay=delay)
    assert (await at_stripe.post(f"{path}/approve", {"code": "JAREDBETS"}))[0] == 200


async def test_what_an_application_lacks_is_mended(api: Api) -> None:
    """Code and address at once, or neither."""
    application = await apply(api.db, email="nowhere", requested_code="x")
    path = f"/applications/{application.id}"
    status, _ = await api.patch(path, {"email": "mia@example.com", "chosen_code": "x"})
    assert status == 422
    assert (await application_now(api.db, application.id)).email == "nowhere"
    status, told = await api.patch(path, {"email": "mia@example.com", "chosen_code": "MIA30"})
    assert (status, told["email"], told["chosen_code"]) == (200, "mia@example.com", "MIA30")
    assert (await api.post(f"{path}/approve", {}))[0] == 200
    assert (await api.patch(path, {"chosen_code": "MIA31"}))[0] == 409


async def test_a_rejection_is_mailed_and_can_be_taken_back(api: Api) -> None:
    """Once each; who was faster is said."""
    application = await apply(api.db)
    path = f"/applications/{application.id}"
    assert (await api.post(f"{path}/reopen", None))[0] == 409
    for reason in ("", " ", "x" * 1001):
        assert (await api.post(f"{path}/reject", {"reason": reason}))[0] == 422
    _, told = await api.post(f"{path}/reject", {"reason": "Not\x00 now."})
    assert told["decision_reason"] == "Not\ufffd now."
    assert "application_rejected" in [kind for kind, _ in await mails_asked_for(api.db)]
    status, told = await api.post(f"{path}/approve", {})
    assert (status, told["detail"]) == (409, "Already rejected by api.")
    _, told = await api.post(f"{path}/reopen")
    assert (told["status"], told["decided_at"]) == ("pending", None)
