"""The Clerk stand-in, driven by the real client, by a browser's requests and by hand."""

import html
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from integrations.clerk_session import verify_session_token
from sandbox.clerk.app import clerk_app
from sandbox.clerk.instance import ClerkInstance

Browser = TestClient[web.Request, web.Application]


@pytest.fixture
def instance() -> ClerkInstance:
    """An instance with two users."""
    instance = ClerkInstance()
    instance.add_user("ann@example.com", first_name="Ann", last_name="<b>Ash</b>")
    instance.add_user("bob@example.com")
    return instance


@pytest.fixture
async def browser(instance: ClerkInstance) -> AsyncIterator[Browser]:
    """A browser at the stand-in, where the sandbox mounts it."""
    app = web.Application()
    app.add_subapp("/sandbox/clerk/", clerk_app(instance))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_the_page_shows_users_and_their_metadata(
    browser: Browser, instance: ClerkInstance
) -> None:
    """An onlooker reads the metadata as JSON; a name cannot become HTML."""
    (ann,) = instance.find("ann@example.com")
    instance.merge_metadata(ann["id"], {"private_metadata": {"propmine": {"status": "pending"}}})
    page = await (await browser.get("/sandbox/clerk/")).text()
    assert '"status": "pending"' in html.unescape(page)
    assert "<b>Ash</b>" not in page
    assert "&lt;b&gt;Ash&lt;/b&gt;" in page


async def test_a_user_can_be_added_once(browser: Browser, instance: ClerkInstance) -> None:
    """The form adds a verified user; sending it again adds no second one."""
    for _ in range(2):
        answer = await browser.post("/sandbox/clerk/users", data={"email": "cat@example.com"})
        assert answer.url.path == "/sandbox/clerk/"
    assert len(instance.find("CAT@example.com")) == 1
    assert len(instance.users) == 3


async def test_signing_in_leaves_a_cookie_that_verifies(
    browser: Browser, instance: ClerkInstance
) -> None:
    """The button leads to the dashboard with the token that Clerk's own script would set."""
    form = {"email": "ann@example.com"}
    answer = await browser.post("/sandbox/clerk/sign-in", data=form, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/affiliate")
    cookie = answer.cookies["__session"]
    assert cookie["path"] == "/"
    session = verify_session_token(cookie.value, instance.jwt_key, [instance.origin])
    assert session.user_id == instance.find("ann@example.com")[0]["id"]


async def test_a_stranger_cannot_be_signed_in(browser: Browser) -> None:
    """No user, no cookie."""
    answer = await browser.post("/sandbox/clerk/sign-in", data={"email": "who@example.com"})
    assert answer.status == 404
    assert not answer.cookies


async def test_too_much_metadata_is_refused_in_the_words_of_clerk(
    browser: Browser, instance: ClerkInstance
) -> None:
    """The answer names the parameter and the limit, and nothing has changed."""
    answer = await browser.patch(
        f"/sandbox/clerk/v1/users/{instance.users[0]['id']}/metadata",
        json={"private_metadata": {"big": "x" * 9000}},
        headers={"Authorization": f"Bearer {instance.secret_key}"},
    )
    assert answer.status == 422
    (error,) = (await answer.json())["errors"]
    assert error["code"] == "form_param_exceeds_allowed_size"
    assert error["meta"] == {"param_name": "private_metadata"}
    assert "8192 bytes (8 KB)" in error["long_message"]
    assert instance.users[0]["private_metadata"] == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"private_metadata": 3}', 422), (b'{"name": "x"}', 422)],
)
async def test_a_wrong_patch_is_refused(
    browser: Browser, instance: ClerkInstance, body: bytes, status: int
) -> None:
    """Broken JSON, another type and unknown parameters are errors in Clerk's own shape."""
    answer = await browser.patch(
        f"/sandbox/clerk/v1/users/{instance.users[0]['id']}/metadata",
        data=body,
        headers={"Authorization": f"Bearer {instance.secret_key}"},
    )
    assert answer.status == status
    (error,) = (await answer.json())["errors"]
    assert {"code", "message", "long_message"} <= error.keys()


async def test_a_page_of_users_has_bounds(browser: Browser, instance: ClerkInstance) -> None:
    """Newest first, ten at a time unless asked otherwise, and never more than 500."""
    for number in range(12):
        instance.add_user(f"user{number}@example.com")
    headers = {"Authorization": f"Bearer {instance.secret_key}"}
    users = "/sandbox/clerk/v1/users"
    first = await (await browser.get(users, headers=headers)).json()
    assert len(first) == 10
    assert first[0]["email_addresses"][0]["email_address"] == "user11@example.com"
    rest = await (await browser.get(f"{users}?limit=500&offset=10", headers=headers)).json()
    assert len(rest) == 4
    assert (await browser.get(f"{users}?limit=501", headers=headers)).status == 422


async def test_requests_are_logged_and_can_be_counted(
    browser: Browser, instance: ClerkInstance
) -> None:
    """A test can ask what the application asked, also without a valid key."""
    assert (await browser.get("/sandbox/clerk/v1/users")).status == 401
    (seen,) = instance.traffic.log
    assert (seen.method, seen.path, seen.status) == ("GET", "/sandbox/clerk/v1/users", 401)
