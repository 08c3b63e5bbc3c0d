"""The stand-in of a system that takes webhooks."""

import base64
from datetime import timedelta
from typing import Any, Final

import pytest
from aiohttp import ClientSession
from standardwebhooks import Webhook

import clock
from sandbox.receiver import MOODS
from sandbox.stand_ins import StandIns
from tests.standing import free_port, standing_in

SECRET: Final = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
BODY: Final = '{"type": "sale.settled", "data": {"note": "<b>1</b>"}}'


def signed(secret: str, at: float = 0) -> dict[str, str]:
    """The headers of a message, by the reference library; `at` is seconds from now."""
    moment = clock.now() + timedelta(seconds=at)
    signature = Webhook(secret).sign("msg_1", moment, BODY)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }


def base(stand_ins: StandIns) -> str:
    """Where the stand-in is."""
    return str(stand_ins.settings()["resend_api_url"]).removesuffix("mail") + "webhooks"


async def page(client: ClientSession, url: str, **form: str) -> str:
    """The page, after a form was sent to it."""
    for name, value in form.items():
        async with client.post(f"{url}/{name}", data={name: value}):
            pass
    async with client.get(f"{url}/") as answer:
        assert answer.status == 200
        return await answer.text()


async def test_messages_are_checked_against_the_secrets_that_were_given() -> None:
    """An unknown signature, a good one, the same once more, and one from another day."""
    async with standing_in(free_port()) as stand_ins, ClientSession() as client:
        url = base(stand_ins)
        assert "Nothing yet." in await page(client, url)
        for at in (0, 0, -4000):
            async with client.post(f"{url}/in", data=BODY, headers=signed(SECRET, at)) as answer:
                assert answer.status == 204
        html = await page(client, url)
        assert html.count("Signed with no secret that is kept here.") == 3
        assert "&lt;b&gt;1" in html
        html = await page(client, url, secret=SECRET)
        assert html.count("Signed with a secret that is kept here.") == 2
        assert html.count("Signed, but its time is not now.") == 1
        assert "for the second time" in html
        assert "for the third time" in html
        assert SECRET not in html


@pytest.mark.parametrize("given", ["", "whsec_", "whsec_???", "nonsense!"])
async def test_what_is_no_secret_is_not_kept(given: str) -> None:
    """Everybody knows the empty secret."""
    async with standing_in(free_port()) as stand_ins, ClientSession() as client:
        await page(client, base(stand_ins), secret=given)
        assert stand_ins.receiver.store.data["secrets"] == []


@pytest.mark.parametrize(
    ("mood", "status"), [("fails", 500), ("busy", 429), ("moved", 302), ("gone", 410)]
)
async def test_it_answers_as_it_was_told(mood: str, status: int) -> None:
    """What it turned away is shown as well."""
    async with standing_in(free_port()) as stand_ins, ClientSession() as client:
        url = base(stand_ins)
        html = await page(client, url, mood=mood)
        assert MOODS[mood] in html
        sent: dict[str, Any] = {"data": b"\xff{", "allow_redirects": False}
        async with client.post(f"{url}/in", **sent) as answer:
            assert answer.status == status
        assert f"answered {status}" in await page(client, url)
