"""Every address of the server: who may use it, and that nobody else can."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs

from dashboard.csrf import csrf_token
from tests.builders import apply, join
from tests.whole import ADMIN, PRODUCT, Whole, running, whole_settings

OPEN: Final = frozenset(
    {
        "GET /affiliate",
        "GET /affiliate/",
        "GET /affiliate/apply",
        "POST /affiliate/apply",
        "GET /affiliate/apply/sent",
        "GET /affiliate/invited/{token}",
        "GET /affiliate/join/{ref}",
        "GET /affiliate/sign-in",
        "POST /affiliate/sign-in",
        "GET /affiliate/sign-in/{token}",
        "POST /affiliate/sign-in/{token}",
        "POST /affiliate/sign-out",
        "GET /affiliate/static/{name}",
        "GET /api/discount-codes/validate",
        "GET /api/docs",
        "GET /api/openapi.json",
        "POST /api/discount-codes/apply",
        "POST /api/track/click",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
        "GET /partner/theme-{color}.css",
        "GET /partner/{slug}",
        "GET /partner/{slug}/photo-{digest}.webp",
        "GET /partner/{slug}/card-{digest}.png",
        "GET /pricing",
        "POST /pricing",
        "GET /privacy",
        "GET /affiliate/privacy",
        "GET /promo-code.js",
        "GET /r/{ref}",
        "GET /report",
        "POST /report",
        "GET /report/sent",
        "GET /tracker.js",
        "GET /unsubscribe/{topic}/{token}",
        "POST /unsubscribe/{topic}/{token}",
        "POST /unsubscribe/{topic}/{token}/undo",
    }
)
"""What anybody may ask for. A new address that is none of these needs a proof, or a line here."""

CLASSES: Final = (
    ("affiliate", re.compile(r"\w+ /affiliate/dashboard(/.*)?")),
    ("admin token", re.compile(r"\w+ /api/admin/.*|(POST|PATCH|DELETE) /api/affiliate/.*")),
    ("affiliate's API key", re.compile(r"GET /api/affiliate/v1/.*")),
    ("affiliate's session", re.compile(r"GET /api/affiliate/(?!v1/).*")),
    ("product token", re.compile(r"POST /api/track/signup")),
    ("webhook's signature", re.compile(r"POST /(webhooks/\w+|internal/affiliate/tally-webhook)")),
    ("Slack's signature", re.compile(r"POST /slack/events")),
)
"""What needs a proof, and which."""

PROVED_BY_LINK: Final = "/unsubscribe/"
"""Forms that mail programs send without a browser: the token in the address is the proof."""


def class_of(route: str) -> str:
    """Who may use an address."""
    if route in OPEN:
        return "public"
    (found,) = [name for name, pattern in CLASSES if pattern.fullmatch(route)] or [""]
    return found


def filled(path: str) -> str:
    """An address that the route takes, of nothing that is there."""
    known = {
        "kind": "svg",
        "digest": "0123456789abcdef",
        "color": "aabbcc",
        "year": "2025",
        "id": "0198c0de-1234-7abc-8def-123456789012",
    }
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "x"), path)


@pytest.fixture
async def whole(sqlite_url: str) -> AsyncIterator[Whole]:
    """The server."""
    async with running(whole_settings(sqlite_url)) as made:
        yield made


async def test_of_every_address_it_is_known_who_may_use_it(whole: Whole) -> None:
    """One that somebody added without saying so is found here."""
    found = [f"{method} {path}" for method, path in whole.routes()]
    assert [route for route in found if not class_of(route)] == []
    assert {"affiliate", "admin token", "product token"} <= {class_of(one) for one in found}
    assert len(found) > 70


async def test_without_a_proof_nobody_gets_in(whole: Whole) -> None:
    """Each address that needs one, asked by a stranger with whatever a stranger can have."""
    for method, path in whole.routes():
        kind = class_of(f"{method} {path}")
        where = filled(path)
        if kind == "affiliate":
            page = await whole.call("GET", "/affiliate/sign-in")
            assert page.status == 200
            (anchor,) = [
                cookie.value
                for cookie in whole.client.session.cookie_jar
                if cookie.key == "desk_visitor"
            ]
            secret = whole.desk.settings.secret_key.get_secret_value()
            form = {"csrf": csrf_token(secret, anchor)}
            answer = await whole.call(method, where, data=form if method == "POST" else None)
            assert (answer.status, answer.headers.get("Location")) == (303, "/affiliate/sign-in"), (
                f"{method} {where}"
            )
        elif kind != "public":
            expected = {400, 401} if kind == "webhook's signature" else {401}
            # The admin may read what affiliates may read.
            other = ADMIN if kind == "product token" else PRODUCT
            for token in ("", "x", other, "é"):
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "1"}
                answer = await whole.call(method, where, headers=headers, json={})
                assert answer.status in expected, f"{method} {where} took {token!r}"


async def test_an_affiliate_is_no_admin(whole: Whole) -> None:
    """Their session opens nothing that needs a token."""
    await join(whole.db)
    await whole.sign_in("jared@example.com")
    for method, path in whole.routes():
        if class_of(f"{method} {path}") in {"admin token", "product token"}:
            answer = await whole.call(method, filled(path), json={})
            assert answer.status == 401, f"{method} {path}"


async def test_who_only_applied_sees_nothing_of_affiliates(whole: Whole) -> None:
    """Signed in, with forms of their own, and let in nowhere."""
    await apply(whole.db)
    await whole.sign_in("jared@example.com")
    page = await whole.call("GET", "/affiliate")
    form = {"csrf": re.findall(r'name="csrf" value="(\w+)"', page.text)[0]}
    for method, path in whole.routes():
        kind = class_of(f"{method} {path}")
        if kind == "affiliate":
            data = form if method == "POST" else None
            answer = await whole.call(method, filled(path), data=data)
            assert (answer.status, answer.headers.get("Location")) == (303, "/affiliate"), path
        elif kind == "affiliate's session" and not path.endswith("milestones/{id}"):
            assert (await whole.call(method, filled(path))).status == 403, path


async def test_no_form_is_taken_without_its_token(whole: Whole) -> None:
    """Every form of the pages, sent by somebody who is signed in: by hand, and by another site."""
    await join(whole.db)
    await whole.sign_in("jared@example.com")
    page = await whole.call("GET", "/affiliate/dashboard")
    token = re.findall(r'name="csrf" value="(\w+)"', page.text)[0]
    forms = [
        filled(path)
        for method, path in whole.routes()
        if method == "POST"
        and not path.startswith(("/api/", "/webhooks/", "/internal/", "/slack/", PROVED_BY_LINK))
    ]
    assert len(forms) > 15
    for path in forms:
        for given in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
            assert (await whole.call("POST", path, data=given)).status == 419, path
        for origin in ("https://evil.example", "null"):
            headers = {"Origin": origin}
            answer = await whole.call("POST", path, data={"csrf": token}, headers=headers)
            assert answer.status == 403, path


async def test_what_changes_something_is_no_get(whole: Whole) -> None:
    """No page is changed by looking at it, and other methods are not taken for a POST."""
    paths = {path for _, path in whole.routes()}
    known = {(method, path) for method, path in whole.routes()}
    assert {method for method, _ in known} <= {"GET", "POST", "PATCH", "DELETE"}
    for path in sorted(paths):
        for method in ("PUT", "TRACE"):
            answer = await whole.call(method, filled(path))
            assert answer.status in {401, 404, 405}, f"{method} {path}"


async def test_every_answer_has_its_headers(whole: Whole) -> None:
    """Whatever is asked for, by whomever: pages, files, APIs, errors."""
    await join(whole.db)
    await whole.sign_in("jared@example.com")
    for method, path in [*whole.routes(), ("GET", "/nowhere"), ("GET", "/affiliate/nowhere")]:
        answer = await whole.call(method, filled(path), data=b"")
        told, where = answer.headers, f"{method} {path}"
        assert told["X-Content-Type-Options"] == "nosniff", where
        # The editor of an affiliate's page shows them a preview in a frame, and nobody else.
        who = "'self'" if path.endswith("/landing/preview") else "'none'"
        assert f"frame-ancestors {who}" in told["Content-Security-Policy"], where
        assert "unsafe" not in told["Content-Security-Policy"], where
        assert told["Referrer-Policy"], where
        assert told["Server"] == "Affiliate Desk", where
        if answer.text:
            assert told["Content-Type"], where
        if told.get("Content-Type", "").startswith("text/"):
            assert "charset=utf-8" in told["Content-Type"], where


async def test_no_failure_tells_what_is_inside(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every address with the database gone: a sentence, and nothing of ours."""
    await join(whole.db)
    await whole.sign_in("jared@example.com")

    def gone() -> None:
        raise RuntimeError("SELECT secret FROM desk.db")

    monkeypatch.setattr(whole.db, "read", gone)
    for method, path in whole.routes():
        if class_of(f"{method} {path}") in {"public", "affiliate", "affiliate's session"}:
            answer = await whole.call(method, filled(path), data=b"")
            for inside in ("SELECT", "desk.db", "Traceback", "RuntimeError", 'File "'):
                assert inside not in answer.text, f"{method} {path}"


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", "/affiliate/sign-in", "page_refused"),
        ("POST", "/affiliate/sign-in/made-up", "sign_in_refused"),
        ("GET", "/api/admin/program", "api_refused"),
        ("POST", "/api/track/signup", "api_refused"),
        ("GET", "/api/affiliate/leaderboard", "api_refused"),
        ("POST", "/webhooks/stripe", "webhook refused"),
    ],
)
async def test_who_was_refused_is_in_the_log(
    whole: Whole, method: str, path: str, said: str
) -> None:
    """Without the token that came, nor whose address it was."""
    form = {}
    if said == "sign_in_refused":
        page = await whole.call("GET", "/affiliate/sign-in")
        form = {"csrf": re.findall(r'name="csrf" value="(\w+)"', page.text)[0]}
    with capture_logs() as lines:
        headers = {"Authorization": "Bearer wrong-token-1234"}
        await whole.call(method, path, data=form, headers=headers)
    (line,) = [line for line in lines if line["event"] == said]
    assert line["log_level"] == "warning"
    assert "wrong-token-1234" not in str(lines)
    assert "127.0.0.1" not in str(lines)


OWNED: Final = {
    **{
        f"{method} /affiliate/dashboard/api-keys/{{id}}/{deed}": "test_keys_of_others_are_not_found"
        for method in ("GET", "POST")
        for deed in ("rotate", "revoke")
    },
    **dict.fromkeys(
        (
            "GET /affiliate/dashboard/webhooks/{id}",
            "POST /affiliate/dashboard/webhooks/{id}",
            "GET /affiliate/dashboard/webhooks/{id}/remove",
            "POST /affiliate/dashboard/webhooks/{id}/deliveries/{delivery}",
        ),
        "test_endpoints_of_others_are_not_there",
    ),
    "POST /affiliate/dashboard/links/{id}/rename": "test_links_of_others_and_none_are_not_found",
    "POST /affiliate/dashboard/links/{id}/delete": "test_links_of_others_and_none_are_not_found",
    "POST /affiliate/dashboard/links/{id}/restore": "test_links_of_others_and_none_are_not_found",
    "POST /affiliate/dashboard/promo/{id}": "test_nobody_opens_the_posts_of_others",
    "POST /affiliate/dashboard/rules/{id}": "test_other_peoples_cases_are_not_there",
    "GET /affiliate/dashboard/tax/{year}.pdf": (
        "test_the_copy_of_a_past_year_is_there_for_its_owner"
    ),
}
"""Addresses that name something of one affiliate, and the test in which another one tries."""

SHARED: Final = frozenset(
    {
        "GET /affiliate/dashboard/resources/{id}/{name}",
        "GET /affiliate/dashboard/links/qr.{kind}",
        "GET /affiliate/dashboard/recruits/qr.{kind}",
        "GET /affiliate/dashboard/landing/photo-{digest}.webp",
        "GET /api/affiliate/milestones/{id}",
    }
)
"""Addresses that name what every affiliate may see, or how to show one's own."""


async def test_what_belongs_to_one_is_tried_by_another(whole: Whole) -> None:
    """A new address with an id in it needs a test by somebody whose thing it is not."""
    named = {
        f"{method} {path}"
        for method, path in whole.routes()
        if "{" in path and class_of(f"{method} {path}") in {"affiliate", "affiliate's session"}
    }
    assert named == set(OWNED) | SHARED
    tests = "".join(
        path.read_text() for path in (Path(__file__).parent / "dashboard/pages").glob("test_*.py")
    )
    assert [name for name in OWNED.values() if f"def {name}(" not in tests] == []


@pytest.mark.parametrize(
    ("sender", "status"), [("", 200), ("10.0.0.7", 200), ("8.8.8.8", 404), ("2606:4700::1", 404)]
)
async def test_metrics_are_for_neighbours(whole: Whole, sender: str, status: int) -> None:
    """Whoever comes by a proxy from elsewhere sees no such page."""
    headers = {"X-Forwarded-For": sender} if sender else {}
    assert (await whole.call("GET", "/metrics", headers=headers)).status == status
