"""What costs something may be asked for so often, and writing a header changes nothing."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

import clock
from dashboard.clicks import FLOOD
from dashboard.limits import (
    CHECKOUTS_PER_CLIENT,
    CODES_PER_CLIENT,
    REPORTS_PER_NETWORK,
    SIGN_IN_PER_CLIENT,
)
from dashboard.public.compliance import opened_at
from storage import links
from tests.builders import join
from tests.whole import Answer, Whole, running, whole_settings

Headers = dict[str, str]
Ask = Callable[[int, Headers], Awaitable[Answer]]


async def _form(whole: Whole, path: str) -> dict[str, str]:
    page = await whole.call("GET", path)
    return {"csrf": re.findall(r'name="csrf" value="(\w+)"', page.text)[0]}


async def signing_in(whole: Whole) -> Ask:
    """A link for another mailbox each time."""
    form = await _form(whole, "/affiliate/sign-in")

    async def ask(number: int, headers: Headers) -> Answer:
        data = form | {"email": f"mia{number}@example.com"}
        return await whole.call("POST", "/affiliate/sign-in", data=data, headers=headers)

    return ask


async def reporting(whole: Whole) -> Ask:
    """A report about somebody else each time."""
    secret = whole.desk.settings.secret_key.get_secret_value()
    form = await _form(whole, "/report")
    form |= {"kind": "spam", "text": "They sent me mail that I never asked for.", "url": ""}
    form |= {"opened": opened_at(secret, int(clock.timestamp()) - 60), "email": ""}

    async def ask(number: int, headers: Headers) -> Answer:
        data = form | {"named": f"NAME{number}"}
        return await whole.call("POST", "/report", data=data, headers=headers)

    return ask


async def validating(whole: Whole) -> Ask:
    """Guessing codes."""

    async def ask(number: int, headers: Headers) -> Answer:
        path = f"/api/discount-codes/validate?code=GUESS{number}"
        return await whole.call("GET", path, headers=headers)

    return ask


async def checking_out(whole: Whole) -> Ask:
    """Starting checkouts."""

    async def ask(number: int, headers: Headers) -> Answer:
        given = {"plan": "nothing", "email": f"zoe{number}@example.net"}
        return await whole.call("POST", "/api/discount-codes/apply", json=given, headers=headers)

    return ask


async def _ref(whole: Whole) -> str:
    affiliate = await join(whole.db)
    async with whole.db.read() as session:
        found = await links.of_affiliate(session, affiliate.id)
    assert found is not None
    return found.ref


async def tracking(whole: Whole) -> Ask:
    """Clicks that a script reports."""
    ref = await _ref(whole)

    async def ask(_number: int, headers: Headers) -> Answer:
        return await whole.call("POST", "/api/track/click", json={"ref": ref}, headers=headers)

    return ask


async def following(whole: Whole) -> Ask:
    """Clicks on a link."""
    ref = await _ref(whole)

    async def ask(_number: int, headers: Headers) -> Answer:
        return await whole.call("GET", f"/r/{ref}", headers=headers)

    return ask


LIMITED: Final = {
    "sign-in": (signing_in, SIGN_IN_PER_CLIENT.amount),
    "report": (reporting, REPORTS_PER_NETWORK.amount),
    "validate": (validating, CODES_PER_CLIENT.amount),
    "checkout": (checking_out, CHECKOUTS_PER_CLIENT.amount),
    "track": (tracking, FLOOD),
    "follow": (following, FLOOD),
}


@pytest.mark.parametrize("behind_a_proxy", [False, True], ids=["direct", "behind a proxy"])
@pytest.mark.parametrize("what", LIMITED)
async def test_a_client_may_ask_so_often_whatever_it_says_of_itself(
    sqlite_url: str, what: str, *, behind_a_proxy: bool
) -> None:
    """A made-up X-Forwarded-For makes nobody another client; another client is not held back."""
    trusted = "127.0.0.0/8" if behind_a_proxy else "198.51.100.0/24"

    def saying(number: int) -> Headers:
        made_up = f"203.0.{number % 250}.{number // 250 + 1}"
        # Our proxy writes whom it heard behind what the client wrote.
        return {"X-Forwarded-For": f"{made_up}, 192.0.2.9" if behind_a_proxy else made_up}

    prepare, amount = LIMITED[what]
    async with running(whole_settings(sqlite_url, trusted_proxies=trusted)) as whole:
        ask = await prepare(whole)
        for number in range(amount):
            assert (await ask(number, saying(number))).status != 429, number
        refused = await ask(amount, saying(amount))
        assert refused.status == 429
        assert int(refused.headers["Retry-After"]) > 0
        if behind_a_proxy:
            other = {"X-Forwarded-For": "192.0.2.9, 192.88.98.77"}
            assert (await ask(amount + 1, other)).status != 429
