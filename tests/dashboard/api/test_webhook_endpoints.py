"""Endpoints of webhooks, kept by operators' programs."""

from typing import Any
from uuid import UUID

from sqlmodel import select, update

import clock
from domain import webhook_endpoints
from domain.webhook_endpoints import OPERATORS_MAX, Wanted
from storage.db import Database
from storage.idempotency import KeptAnswer
from storage.webhook_deliveries import WebhookAttempt, WebhookDelivery
from tests.builders import RITA, apply, join
from tests.dashboard.api.conftest import Api
from tests.dashboard.api.operator_tokens import make_token

URL = "https://hooks.example/in"


async def add(api: Api, **given: Any) -> dict[str, Any]:
    """Make an endpoint."""
    status, made = await api.post("/webhooks", {"url": URL, **given})
    assert status == 201, made
    found: dict[str, Any] = made
    return found


async def give_up(db: Database) -> None:
    """Every delivery was tried and given up."""
    async with db.transaction() as session:
        await session.exec(
            update(WebhookDelivery).values(parked_at=clock.now(), last_error="It answered 500.")
        )


async def test_an_endpoint_is_made_changed_switched_and_removed(api: Api) -> None:
    """Its secret comes by itself only, another one after a rotation, and one rotation a day."""
    made = await add(api, events=["payout.paid", "sale.settled"], description="Books")
    where = f"/webhooks/{made['id']}"
    assert made["events"] == ["sale.settled", "payout.paid"]
    assert "secret" not in made
    _, first = await api.get(f"{where}/secret")
    assert first["secret"].startswith("whsec_")
    status, rotated = await api.post(f"{where}/rotate")
    assert (status, bool(rotated["former_secret_until"])) == (200, True)
    assert (await api.get(f"{where}/secret"))[1]["secret"] != first["secret"]
    assert (await api.post(f"{where}/rotate"))[0] == 409
    _, changed = await api.patch(where, {"events": [], "on": False})
    assert (changed["events"], changed["status"], changed["url"]) == ([], "off", URL)
    assert changed["description"] == "Books"
    assert (await api.post(f"{where}/test"))[0] == 409
    assert (await api.patch(where, {"on": True}))[1]["status"] == "on"
    _, listed = await api.get("/webhooks")
    assert [one["id"] for one in listed["data"]] == [made["id"]]
    assert (await api.delete(where))[0] == 200
    assert (await api.get(where))[0] == 404
    assert (await api.get("/webhooks"))[1]["data"] == []


async def test_what_cannot_be_an_endpoint_is_refused_by_field(api: Api) -> None:
    """In a sentence for a person."""
    for url in ("", "ftp://x.example/", "https://me:pw@x.example/", "https://", "no address"):
        status, told = await api.post("/webhooks", {"url": url})
        assert (status, list(told["fields"])) == (422, ["url"]), url
    status, told = await api.post("/webhooks", {"url": URL, "events": ["sale.imagined"]})
    assert (status, list(told["fields"])) == (422, ["events"])
    for _ in range(OPERATORS_MAX):
        await add(api)
    assert (await api.post("/webhooks", {"url": URL}))[0] == 409


async def test_the_log_shows_what_was_sent_and_sends_it_again(api: Api) -> None:
    """By pages, all or only what failed; with attempts and answers."""
    made = await add(api, events=["application.submitted"])
    where = f"/webhooks/{made['id']}"
    for n in range(3):
        await apply(api.db, email=f"mia{n}@example.com")
    _, first = await api.get(f"{where}/deliveries", limit="2")
    _, second = await api.get(f"{where}/deliveries", limit="2", cursor=first["next_cursor"])
    found = first["data"] + second["data"]
    assert [one["state"] for one in found] == ["waiting"] * 3
    assert second["next_cursor"] is None
    await give_up(api.db)
    async with api.db.transaction() as session:
        about = UUID(found[0]["id"])
        session.add(
            WebhookAttempt(
                delivery_id=about, status=500, milliseconds=12, problem="It answered 500."
            )
        )
    _, one = await api.get(f"/webhook-deliveries/{found[0]['id']}")
    assert (one["state"], one["attempts"][0]["status"]) == ("failed", 500)
    assert one["webhook_id"].startswith("msg_")
    _, again = await api.post(f"/webhook-deliveries/{found[0]['id']}/replay")
    assert again["state"] in {"waiting", "retrying"}
    assert (await api.post(f"/webhook-deliveries/{found[0]['id']}/replay"))[0] == 409
    _, failed = await api.get(f"{where}/deliveries", only_failed="true")
    assert len(failed["data"]) == 2
    _, count = await api.once("k1").post(f"{where}/replay", {"since": "2026-01-01T00:00:00Z"})
    assert count == {"count": 2}
    # The same key again is the same answer; nothing is left to send.
    _, count = await api.once("k1").post(f"{where}/replay", {"since": "2026-01-01T00:00:00Z"})
    assert count == {"count": 2}
    # However long ago "since" is.
    for since in ("2026-01-01T00:00:00Z", "0288-03-22T09:47:46.2Z", "9999-12-31T23:59:59Z"):
        assert await api.post(f"{where}/replay", {"since": since}) == (200, {"count": 0})
    status, tested = await api.post(f"{where}/test")
    assert (status, tested["event"]) == (202, "webhook.test")


async def test_endpoints_of_affiliates_are_not_there(api: Api) -> None:
    """Neither listed nor shown, nor what was sent to them."""
    jared = await join(api.db)
    async with api.db.transaction() as session:
        one = await webhook_endpoints.add(session, jared.id, Wanted(URL), RITA)
    assert (await api.get("/webhooks"))[1]["data"] == []
    for path in ("", "/secret", "/deliveries"):
        assert (await api.get(f"/webhooks/{one.id}{path}"))[0] == 404


async def test_secrets_are_for_tokens_that_may_write(api: Api) -> None:
    """A token that reads sees endpoints and the log, and can forge nothing."""
    made = await add(api)
    reader = api.by((await make_token(api.db, "webhooks:read"))[1])
    assert (await reader.get(f"/webhooks/{made['id']}"))[0] == 200
    assert (await reader.get(f"/webhooks/{made['id']}/secret"))[0] == 403
    assert (await reader.post("/webhooks", {"url": URL}))[0] == 403


async def test_no_secret_is_kept_with_the_answers(api: Api) -> None:
    """Whatever was made or rotated with a key: what is kept for repeats could forge nothing."""
    _, made = await api.once("k1").post("/webhooks", {"url": URL})
    where = f"/webhooks/{made['id']}"
    secrets = [(await api.get(f"{where}/secret"))[1]["secret"]]
    await api.once("k2").post(f"{where}/rotate")
    secrets.append((await api.get(f"{where}/secret"))[1]["secret"])
    assert len(set(secrets)) == 2
    assert (await api.once("k1").post("/webhooks", {"url": URL}))[1] == made
    async with api.db.read() as session:
        kept = (await session.exec(select(KeptAnswer))).all()
    assert len(kept) == 2
    for one in kept:
        assert "whsec_" not in str(one.answer)
        assert all(secret.removeprefix("whsec_") not in str(one.answer) for secret in secrets)
