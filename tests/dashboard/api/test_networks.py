"""Networks by the admin API: what Slack does, and never a secret."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update
from sqlmodel import col

import clock
from domain import effects, network_sales, sales
from storage import network_sales as rows
from storage.db import Database
from storage.outbox import Effect
from tests.builders import facts
from tests.network_builders import sign_up
from tests.whole import ADMIN, Whole, running, whole_settings

AUTH = {"Authorization": f"Bearer {ADMIN}"}
POSTBACK: dict[str, Any] = {
    "slug": "wide",
    "kind": "postback",
    "name": "Wide Net",
    "settings": {"template": "https://net.example/in?c={click_id}"},
}


@pytest.fixture
async def whole(db: Database) -> AsyncIterator[Whole]:
    """A running server with a key to seal with."""
    url = db.url.render_as_string(hide_password=False)
    async with running(
        whole_settings(url, tax_encryption_keys=Fernet.generate_key().decode())
    ) as it:
        yield it


async def ask(whole: Whole, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Ask the admin API; the status and the answer."""
    async with whole.client.request(
        method, f"/api/admin/networks{path}", json=body, headers=AUTH
    ) as answer:
        return answer.status, await answer.json()


async def test_a_network_is_added_changed_and_switched_off(whole: Whole) -> None:
    """What is not named stays; a secret is kept and told by its name only."""
    status, made = await ask(whole, "POST", "", POSTBACK | {"secrets": {"token": "dont-show-me"}})
    assert (status, made["secrets"], made["click_parameter"]) == (201, ["token"], "clickid")
    path = f"/{made['id']}"
    status, changed = await ask(whole, "PATCH", path, {"pays": "program", "is_active": False})
    assert (status, changed["pays"], changed["is_active"]) == (200, "program", False)
    assert changed["settings"]["template"] == POSTBACK["settings"]["template"]
    assert changed["secrets"] == ["token"]
    status, listed = await ask(whole, "GET", "")
    assert listed["data"] == [changed]
    assert (await ask(whole, "GET", path))[1] == changed
    assert "dont-show-me" not in str((made, changed, listed))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"settings": {}}, "template"),
        ({"settings": {"template": "https://{click_id}/x"}}, "template"),
        ({"settings": {"template": "ftp://net.example/"}}, "template"),
        ({"settings": {"template": "https://net.example/", "other": "x"}}, "other"),
        ({"slug": "Wide Net"}, "slug"),
        ({"name": " "}, "name"),
        ({"click_parameter": "ref"}, "click_parameter"),
        ({"cycles": 0}, "cycles"),
        ({"kind": "nonsense"}, "kind"),
    ],
)
async def test_what_cannot_be_used_is_named(
    whole: Whole, changes: dict[str, Any], field: str
) -> None:
    """By its field, and nothing is kept."""
    status, problem = await ask(whole, "POST", "", POSTBACK | changes)
    assert (status, list(problem["fields"])) == (422, [field])
    assert (await ask(whole, "GET", ""))[1] == {"data": []}


async def test_deliveries_are_shown_and_dealt_with(whole: Whole) -> None:
    """With the sale that each is about; only what was refused can be told again."""
    _, made = await ask(whole, "POST", "", POSTBACK)
    await sign_up(whole.db)
    async with whole.db.transaction() as session:
        sale = await sales.settle(session, facts(codes=()))
        conversion = await rows.of_sale(session, sale.id)
        assert conversion is not None
        begun = await network_sales.begin_delivery(session, conversion.id)
        assert begun is not None
        await network_sales.refused(session, begun.id, "no such campaign")
        # As where a worker was refused: none tells it once more by itself.
        told_by = update(Effect).where(col(Effect.kind) == effects.NETWORK_CONVERSION)
        await session.exec(told_by.values(parked_at=clock.now()))
    status, told = await ask(whole, "GET", f"/{made['id']}/deliveries")
    (only,) = told["data"]
    assert (status, only["invoice_id"], only["amount"], only["answer"]) == (
        200,
        "in_1",
        2900,
        "no such campaign",
    )
    path = f"/deliveries/{only['id']}/by-hand"
    assert (await ask(whole, "POST", path))[1]["status"] == "by_hand"
    assert (await ask(whole, "POST", path))[0] == 409
    assert (await ask(whole, "POST", f"/deliveries/{only['id']}/again"))[0] == 409
    async with whole.client.get("/api/admin/sales/in_1", headers=AUTH) as answer:
        story = (await answer.json())["network"]
    assert (story["network"], story["told"], story["wanted"]) == ("wide", 2900, 2900)


async def test_partners_are_invited_all_or_none(whole: Whole) -> None:
    """A slip is named by its number; the list can be read afterwards."""
    _, made = await ask(whole, "POST", "", POSTBACK)
    path = f"/{made['id']}/partners"
    mia = {"email": "mia@example.com", "partner_id": "p-1", "name": "Mia"}
    wrong = {"partners": [mia, {"email": "nobody", "partner_id": "p-2"}]}
    status, problem = await ask(whole, "POST", path, wrong)
    assert (status, "Partner 2" in problem["detail"]) == (422, True)
    assert await ask(whole, "POST", path, {"partners": [mia]}) == (
        200,
        {"mailed": 1, "linked": 0, "known": 0},
    )
    _, listed = await ask(whole, "GET", path)
    assert [each["partner_id"] for each in listed["data"]] == ["p-1"]


async def test_a_secret_does_not_follow_an_address_elsewhere(whole: Whole) -> None:
    """Who may change where a postback goes learns no secret by that, only by knowing it."""
    status, made = await ask(whole, "POST", "", POSTBACK | {"secrets": {"token": "dont-show-me"}})
    path = f"/{made['id']}"
    for wanted in (
        {"template": "https://evil.example/in?t={token}"},
        {"template": "https://net.example:444/in?t={token}"},
        {"correction_template": "https://evil.example/in?t={token}"},
    ):
        status, told = await ask(whole, "PATCH", path, {"settings": wanted})
        assert (status, list(told["fields"])) == (422, ["token"]), wanted
    near = {"template": "https://NET.example/other?t={token}"}
    assert (await ask(whole, "PATCH", path, {"settings": near}))[0] == 200
    proved = {"settings": {"template": "https://new.example/?t={token}"}}
    status, _ = await ask(whole, "PATCH", path, proved | {"secrets": {"token": "another"}})
    assert status == 200
