"""Click a tagged link, sign up, buy: on the product's page as it would be."""

import json
import re
import urllib.request
from typing import Any

import pytest
from playwright.async_api import Page, Request, expect

from tests.browser.steps import approve_in_slack, invoices, overflow, send_the_form
from tests.chromium import chromium, page_of
from tests.waiting import until

pytestmark = pytest.mark.browser

KEPT = "JSON.parse(localStorage.getItem('affiliate-desk') || 'null')"


def requests_of(page: Page) -> list[Request]:
    """All that a page asks for from now on."""
    asked: list[Request] = []

    def hear(request: Request) -> None:
        asked.append(request)

    page.on("request", hear)
    return asked


async def known(page: Page) -> dict[str, Any]:
    """What the product's backend would be sent."""
    found: dict[str, Any] = await page.evaluate("new Promise((done) => affiliateDesk('get', done))")
    return found


def counts(sandbox: str) -> dict[str, int]:
    """What the admin API counts of Jared."""
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{sandbox}/api/admin/affiliates/JARED30",
        headers={"Authorization": "Bearer sandbox-admin-token-that-is-public"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        found: dict[str, int] = json.load(answer)["counts"]
    return found


async def test_a_tagged_link_leads_to_a_sign_up_and_a_sale(sandbox: str) -> None:
    """Each step says whose it is, and the sale is credited without any code."""
    async with chromium() as browser, page_of(browser, width=390) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await page.goto(f"{sandbox}/r/JARED30?to=/pricing&src=Video")
        await expect(page).to_have_url(f"{sandbox}/sandbox/product/pricing?ref=JARED30&src=video")
        told = await known(page)
        assert re.fullmatch(r"[0-9a-f-]{36}", told["click_id"])
        assert await overflow(page) <= 0
        await page.get_by_label("Mail address").fill("nora@example.com")
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_text("JARED30 brought them.")).to_be_visible()
        await page.goto(f"{sandbox}/sandbox/stripe/")
        await page.get_by_label("E-mail").fill("nora@example.com")
        await page.get_by_label("Plan").select_option("yearly")
        await page.get_by_role("button", name="Buy").click()
        await invoices(page, 1)

        async def is_credited() -> bool:
            return counts(sandbox)["commissions"] == 1

        await until(is_credited)
        assert counts(sandbox)["referrals"] == counts(sandbox)["sales"] == 1


async def test_the_tracker_keeps_the_first_and_the_last_touch(sandbox: str) -> None:
    """Each visit through a link is reported once, and no stranger hears of it."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        asked = requests_of(page)
        home = f"{sandbox}/sandbox/product/"
        await page.goto(f"{home}?ref=JARED30&src=one&utm_medium=email")
        first = await known(page)
        await page.goto(f"{home}blog?ref=JARED30&src=two")
        last = await known(page)
        await page.goto(home)
        assert await known(page) == last
        assert (last["src"], last["first_touch"]["src"]) == ("two", "one")
        assert last["first_touch"]["click_id"] == first["click_id"] != last["click_id"]
        assert first["utm"] == {"utm_medium": "email"}
        reports = [one for one in asked if "/api/track/click" in one.url]
        assert [one.method for one in reports] == ["POST", "POST"]
        assert all(one.url.startswith(sandbox) for one in asked)


async def test_links_of_an_earlier_program_go_on_counting(sandbox: str) -> None:
    """The tag names their parameters; without it they are nothing to us."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        old = f"{sandbox}/sandbox/product/?via=jared30&utm_source=blog"
        await page.goto(old)
        assert await known(page) == {}
        await page.add_init_script(told("refs", "via fpr"))
        await page.goto(old)
        found = await known(page)
        assert (found["ref"], bool(found["click_id"])) == ("jared30", True)


GPC = "Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})"


def told(name: str, value: str) -> str:
    """A script that gives the tracker's tag an attribute before it runs."""
    return f"""new MutationObserver(() => {{
      const tag = document.querySelector("[src='/tracker.js']");
      if (tag) tag.dataset.{name} = "{value}";
    }}).observe(document, {{childList: true, subtree: true}})"""


@pytest.mark.parametrize(
    ("prepared", "clicks"),
    [(GPC, 1), (told("cookieless", ""), 1), (told("consent", "required"), 0)],
    ids=["global privacy control", "cookieless", "consent is required"],
)
async def test_nothing_is_stored_where_it_may_not_be(
    sandbox: str, prepared: str, clicks: int
) -> None:
    """The link is known from the address all the same; asked for consent, nobody hears of it."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        asked = requests_of(page)
        await page.add_init_script(prepared)
        await page.goto(f"{sandbox}/sandbox/product/?ref=JARED30&src=x")
        assert (await known(page))["ref"] == "JARED30"
        assert await page.evaluate(KEPT) is None
        assert len([one for one in asked if "/api/track/click" in one.url]) == clicks
        if not clicks:
            await page.evaluate("affiliateDesk('consent', true)")
            assert (await known(page))["click_id"]
            assert (await page.evaluate(KEPT))["last"]["src"] == "x"
            await page.evaluate("affiliateDesk('consent', false)")
            assert await page.evaluate(KEPT) is None
