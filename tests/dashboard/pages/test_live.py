"""The cards of the overview that change without a reload."""

import re
from collections.abc import Mapping
from typing import Any

import jinja2
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from dashboard.pages import live
from dashboard.pages.live import LiveCard
from domain import affiliates
from domain.affiliates import Overview
from domain.program import Program
from domain.statuses import Status
from storage.ledger import LedgerEntry
from tests.dashboard.desk import OPERATOR, Browser, Desk, Page

MIA = "mia@example.com"
OVERVIEW = "/affiliate/dashboard"
HERE = "/affiliate/dashboard/live-cards"


@pytest.fixture
def hello(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A program with one card of its own; what it shows can be changed, or taken away."""
    says: dict[str, Any] = {"words": "<b>Hello</b>", "is_shown": True}

    async def view(_: AsyncSession, seen: Overview, program: Program) -> Mapping[str, Any]:
        given = {"code": seen.affiliate.promo_code, "percent": program.offer_percent}
        return says | given if says["is_shown"] else None  # type: ignore[return-value]

    files = jinja2.FileSystemLoader
    own = jinja2.DictLoader({"live_hello.html": "{{ words }} {{ code }} {{ percent }} {{ csrf }}"})
    monkeypatch.setattr(
        jinja2, "FileSystemLoader", lambda folder: jinja2.ChoiceLoader([files(folder), own])
    )
    monkeypatch.setattr(live, "LIVE_CARDS", (LiveCard("hello", "live_hello.html", view),))
    return says


@pytest.fixture
async def mia(hello: dict[str, Any], desk: Desk, browser: Browser) -> Browser:
    """An affiliate, signed in."""
    await desk.approve()
    return await desk.signed_in(browser, MIA)


async def cards(mia: Browser) -> list[dict[str, str]]:
    """The cards as the script is given them."""
    answer = await mia.client.get(HERE)
    assert answer.headers["Cache-Control"] == "no-store"
    found: list[dict[str, str]] = (await answer.json())["cards"]
    return found


async def test_the_page_and_the_script_are_given_the_same(mia: Browser) -> None:
    """Also its mark, so that an untouched card stays as it is; nothing in it becomes markup."""
    page = await mia.get(OVERVIEW)
    (card,) = await cards(mia)
    assert card["name"] == "hello"
    assert card["html"] in page.html
    assert "&lt;b&gt;Hello&lt;/b&gt; MIA30 30" in card["html"]
    place = next(given for _, given in page.tags if given.get("data-live") == "hello")
    assert place["data-mark"] == card["mark"]
    assert "hidden" not in place
    assert "connect-src 'self'" in page.headers["Content-Security-Policy"]


async def test_a_card_that_changes_has_another_mark(hello: dict[str, Any], mia: Browser) -> None:
    """And only then."""
    (before,) = await cards(mia)
    assert await cards(mia) == [before]
    hello["words"] = "Bye"
    (after,) = await cards(mia)
    assert after["mark"] != before["mark"]
    assert "Bye MIA30" in after["html"]


async def test_a_card_without_a_view_keeps_its_place(hello: dict[str, Any], mia: Browser) -> None:
    """It is empty and hidden, and can come back."""
    hello["is_shown"] = False
    page = await mia.get(OVERVIEW)
    place = next(given for _, given in page.tags if given.get("data-live") == "hello")
    assert "hidden" in place
    assert [card["html"] for card in await cards(mia)] == [""]
    hello["is_shown"] = True
    assert "MIA30" in (await cards(mia))[0]["html"]


@pytest.fixture
async def leo(desk: Desk, browser: Browser) -> Browser:
    """An affiliate who sees the cards that there are, signed in."""
    await desk.approve("leo@example.com", "LEO30", legal_name="Leo Muster")
    return await desk.signed_in(browser, "leo@example.com")


async def test_earnings_are_in_the_page_whatever_came(desk: Desk, leo: Browser) -> None:
    """Nothing at first; then by currency, with what was taken back, below zero if it was more."""
    page = await leo.get(OVERVIEW)
    assert "$0.00" in figures(page)["today"]
    async with desk.db.transaction() as session:
        affiliate = await affiliates.look_up(session, "LEO30")
        for n, (amount, currency, reason) in enumerate(
            ((557, "usd", "commission"), (-1000, "usd", "clawback"), (300, "jpy", "milestone"))
        ):
            session.add(
                LedgerEntry(
                    affiliate_user_id=affiliate.id,
                    amount=amount,
                    currency=currency,
                    reason=reason,
                    source=f"test:{n}",
                    available_at=clock.now(),
                )
            )
    page = await leo.get(OVERVIEW)
    assert figures(page) == {
        name: ["\u2212$4.43", "\u00a5300"] for name in ("today", "week", "month")
    }
    assert "$5.57 earned, $10.00 taken back" in page.words
    assert "Days begin at midnight in UTC" in page.words
    (said,) = [
        given["data-say"] for _, given in page.tags if given.get("data-key") == "earned-said"
    ]
    assert said == "Earned today: \u2212$4.43, \u00a5300."


def figures(page: Page) -> dict[str, list[str]]:
    """What the page says was earned, by period."""
    found = re.findall(r'data-key="earned-(\w+)-\w+" data-count="-?\d+"[^>]*>([^<]+)<', page.html)
    return {name: [words for one, words in found if one == name] for name, _ in found}


async def test_who_is_out_is_given_nothing(desk: Desk, mia: Browser) -> None:
    """Paused, and signed out: both are led away, which tells the script to stop."""
    async with desk.db.transaction() as session:
        found = await affiliates.look_up(session, "MIA30")
        await affiliates.change_status(session, found.id, Status.PAUSED, "a break", OPERATOR)
    answer = await mia.client.get(HERE, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/affiliate")
    mia.client.cookie_jar.clear()
    answer = await mia.client.get(HERE, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/affiliate/sign-in")
