"""How affiliates' own programs ask and are told, and operators' too, as people set that up."""

import json
import re
from typing import Any, Final

import pytest
from aiohttp import ClientSession
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from tests.browser.steps import approve_in_slack, buy, overflow, send_the_form, sign_in, table
from tests.chromium import chromium, page_of
from tests.waiting import until

pytestmark = pytest.mark.browser

KEYS: Final = "/affiliate/dashboard/api-keys"
WEBHOOKS: Final = "/affiliate/dashboard/webhooks"
KEY: Final = re.compile(r"^ad_live_\S{32,}$")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
async def test_an_affiliates_programs_ask_and_are_told(
    sandbox: str, width: int, scheme: str
) -> None:
    """A key from its making to its end, and an endpoint that hears of a sale, twice."""
    async with chromium() as browser, page_of(browser, width=width, scheme=scheme) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        await _ask_with_a_key(page, sandbox)
        await _be_told_of_a_sale(page, sandbox)
        await _hear_it_again(page, sandbox)
        await _lose_no_message_to_a_fault(page, sandbox)


async def test_operators_add_an_endpoint_that_hears_of_everybody(sandbox: str) -> None:
    """In Slack, with the secret in the form and in no message; it hears of an approval."""
    async with chromium() as browser, page_of(browser) as page:
        await page.goto(f"{sandbox}/sandbox/slack/")
        await page.get_by_label(re.compile("^Message #affiliates")).fill("/affiliate webhooks")
        await page.get_by_role("button", name="Send").click()
        await page.get_by_role("button", name="Add an endpoint").click()
        modal = page.get_by_role("dialog")
        await modal.get_by_label("Address").fill(f"{sandbox}/sandbox/webhooks/in")
        await modal.get_by_role("button", name="Add", exact=True).click()
        await expect(modal).to_contain_text("It is shown in Slack this once.")
        secret = await modal.get_by_text(re.compile("^whsec_")).inner_text()
        await modal.get_by_role("button", name="Close").first.click()
        log = page.get_by_role("log")
        await expect(log).to_contain_text("/sandbox/webhooks/in is added.")
        await expect(log).not_to_contain_text("whsec_")
        await _give_secret(page, sandbox, secret)
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        for kind in ("application.submitted", "application.approved", "affiliate.approved"):
            await _arrived(page, sandbox, kind, "Signed with a secret that is kept here.")


async def _ask_with_a_key(page: Page, sandbox: str) -> None:
    """Make one, ask with it, rotate it so that both work, and revoke the new one."""
    await page.goto(f"{sandbox}{KEYS}")
    await expect(page.get_by_role("heading", name="No keys yet")).to_be_visible()
    await _is_fine(page)
    await page.get_by_label("Name", exact=True).fill("My spreadsheet")
    await page.get_by_role("checkbox", name=re.compile("^Commissions")).uncheck()
    await page.get_by_role("button", name="Make key").click()
    first = await _shown_key(page)
    await _is_fine(page)
    status, stats = await _ask(sandbox, "stats", first)
    assert (status, stats["performance"]["clicks"]) == (200, 0)
    assert (await _ask(sandbox, "commissions", first))[0] == 403
    await page.goto(f"{sandbox}{KEYS}")
    await expect(page.get_by_role("main")).not_to_contain_text(first)
    await expect(_row(page)).not_to_contain_text("Never")

    await page.get_by_role("link", name="Rotate My spreadsheet").click()
    await page.get_by_label("The old key stops working").select_option(label="In 24 hours")
    await _is_fine(page)
    await page.get_by_role("button", name="Rotate key").click()
    second = await _shown_key(page)
    assert second != first
    for key in (first, second):
        assert (await _ask(sandbox, "earnings", key))[0] == 200
    await expect(page.get_by_text("Works until")).to_have_count(1)

    await page.goto(f"{sandbox}{KEYS}")
    await page.get_by_role("link", name="Revoke My spreadsheet").first.click()
    await expect(page.get_by_text(second[:12])).to_be_visible()
    await page.get_by_role("button", name="Revoke key").click()
    await expect(page.get_by_role("status").get_by_text("Revoked.")).to_be_visible()
    status, problem = await _ask(sandbox, "stats", second)
    assert status == 401
    assert "key" in problem["detail"]
    assert (await _ask(sandbox, "stats", first))[0] == 200


async def _shown_key(page: Page) -> str:
    """The key that was just made, from where a person copies it."""
    key = page.locator("#fresh-key")
    await expect(key).to_have_text(KEY)
    return (await key.inner_text()).strip()


def _row(page: Page) -> Locator:
    """The first key in the list."""
    return page.get_by_role("region", name="Your keys").get_by_role("listitem").first


async def _ask(sandbox: str, what: str, key: str) -> tuple[int, dict[str, Any]]:
    """What a program with a key is answered."""
    url, headers = f"{sandbox}/api/affiliate/v1/{what}", {"Authorization": f"Bearer {key}"}
    async with ClientSession() as program, program.get(url, headers=headers) as answer:
        return answer.status, json.loads(await answer.text())


async def _be_told_of_a_sale(page: Page, sandbox: str) -> None:
    """Add an endpoint, give the receiver its secret, try it, and let a customer buy."""
    await page.goto(f"{sandbox}{WEBHOOKS}")
    await expect(page.get_by_role("heading", name="No endpoints yet")).to_be_visible()
    await _is_fine(page)
    await page.get_by_label("Address").fill("example.com")
    await page.locator("form").evaluate_all("forms => forms.forEach(f => f.noValidate = true)")
    await page.get_by_role("button", name="Add endpoint").click()
    await expect(page.get_by_text("Type a whole address").first).to_be_visible()
    await page.get_by_label("Address").fill(f"{sandbox}/sandbox/webhooks/in")
    await page.get_by_label(re.compile("^Name")).fill("My bot")
    await page.get_by_role("checkbox", name=re.compile("commission.changed")).check()
    await page.get_by_role("button", name="Add endpoint").click()
    await expect(page.get_by_role("heading", name="My bot")).to_be_visible()
    await page.get_by_text("Show the secret").click()
    secret = (await page.locator("#secret").inner_text()).strip()
    await page.get_by_role("button", name="Send a test").click()
    await expect(page.get_by_text("A test is on its way.")).to_be_visible()
    here = page.url
    await _arrived(page, sandbox, "webhook.test", "Signed with no secret that is kept here.")
    await _give_secret(page, sandbox, secret)
    await _arrived(page, sandbox, "webhook.test", "Signed with a secret that is kept here.")
    await buy(page, sandbox)
    message = await _arrived(page, sandbox, "commission.changed", "Signed with a secret")
    await expect(message).to_contain_text('"change_cents": 3787')
    await expect(message).not_to_contain_text("buyer@example.com")
    await _delivered(page, here, "commission.changed")
    await expect(_sent(page, "commission.changed")).to_contain_text("It answered 204.")
    await _is_fine(page)


async def _hear_it_again(page: Page, sandbox: str) -> None:
    """Send the sale again: the receiver knows it by its id."""
    await page.get_by_role("button", name=re.compile("^Send again commission.changed")).click()
    await expect(page.get_by_text("On its way again.")).to_be_visible()
    message = await _arrived(page, sandbox, "commission.changed", "for the second time")
    await expect(message).to_contain_text("Signed with a secret that is kept here.")


async def _lose_no_message_to_a_fault(page: Page, sandbox: str) -> None:
    """A refund while the receiver is broken arrives once it is well, five seconds later or so."""
    await _behave(page, sandbox, "Answers 500")
    await page.goto(f"{sandbox}/sandbox/stripe/")
    invoice = table(page, "Invoices").locator("tbody tr").first
    await invoice.get_by_label("Amount to refund").fill("50")
    await invoice.get_by_role("button", name="Refund").click()
    await _arrived(page, sandbox, "commission.changed", "answered 500")
    await _behave(page, sandbox, "Takes each message")
    message = await _arrived(page, sandbox, "commission.changed", "answered 204", wait=20)
    await expect(message).to_contain_text("for the second time")
    await page.goto(f"{sandbox}{WEBHOOKS}")
    await page.get_by_role("link", name="My bot").click()
    await expect(_sent(page, "commission.changed")).to_contain_text("2 attempts. It answered 204.")


async def _delivered(page: Page, address: str, kind: str) -> None:
    """Look at an endpoint's log until its newest line of this kind is a delivery."""

    async def is_delivered() -> bool:
        await page.goto(address)
        return "Delivered" in await _sent(page, kind).inner_text()

    await until(is_delivered, 20)


def _sent(page: Page, kind: str) -> Locator:
    """The newest line of this kind in an endpoint's log."""
    log = page.get_by_role("region", name="What was sent")
    return log.get_by_role("listitem").filter(has_text=kind).first


async def _give_secret(page: Page, sandbox: str, secret: str) -> None:
    await page.goto(f"{sandbox}/sandbox/webhooks/")
    await page.get_by_label("Secret of an endpoint").fill(secret)
    await page.get_by_role("button", name="Keep").click()
    await expect(page.get_by_text("the one that is kept")).to_be_visible()


async def _behave(page: Page, sandbox: str, words: str) -> None:
    await page.goto(f"{sandbox}/sandbox/webhooks/")
    await page.get_by_label("Behaviour").select_option(label=words)
    await page.get_by_role("button", name="Set").click()


async def _arrived(page: Page, sandbox: str, kind: str, words: str, *, wait: float = 10) -> Locator:
    """Wait until the receiver's newest message of this kind has these words."""
    arrived = page.get_by_role("list", name="Messages, the newest first").get_by_role("listitem")
    newest = arrived.filter(has_text=kind).first

    async def is_there() -> bool:
        await page.goto(f"{sandbox}/sandbox/webhooks/")
        return await newest.filter(has_text=words).count() > 0

    await until(is_there, seconds=wait)
    return newest


async def _is_fine(page: Page) -> None:
    """Nothing that axe-core knows to be wrong, and nothing to scroll sideways."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert await overflow(page) <= 0
