"""The money as a person tries it: from a purchase with the code to a payout that is paid."""

import re
import time
from typing import Final

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.steps import (
    approve_in_slack,
    ask_for_the_payout,
    buy,
    fill_in_the_tax_form,
    let_the_hold_pass,
    press,
    refund_half_of_the_first,
    renew_twice,
    send_the_form,
    sign_in,
    table,
)
from tests.chromium import chromium, page_of
from tests.waiting import until

pytestmark = pytest.mark.browser

MINUS: Final = "\N{MINUS SIGN}"
TIMES: Final = "\N{MULTIPLICATION SIGN} "
SHARE: Final = {"Your share": f"{TIMES}20%"}
FIRST: Final = {
    "Collected": "$195.30",
    "Payment fee": f"{MINUS}$5.96",
    "Base": "$189.34",
    **SHARE,
    "Commission": "$37.87",
}
HALF: Final = FIRST | {"Refunded": f"{MINUS}$97.65", "Base": "$91.69", "Commission": "$18.34"}
RENEWED: Final = {
    "Collected": "$279.00",
    "Payment fee": f"{MINUS}$8.39",
    "Base": "$270.61",
    **SHARE,
    "Commission": "$54.12",
}
DISPUTED: Final = RENEWED | {
    "Disputed": f"{MINUS}$279.00",
    "Base, never below zero": "$0.00",
    "Commission": "$0.00",
}
DISPUTED.pop("Base")
NOTHING: Final = {"Collected": "$279.00", "Commission": "$0.00"}


async def test_from_a_purchase_to_a_paid_payout(sandbox: str) -> None:
    """Buy, renew twice, refund half, dispute, wait, ask, approve with two people, pay."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)

        bought = await buy(page, sandbox)
        await _earnings(page, sandbox, FIRST)
        assert time.monotonic() - bought < 3, "a second, and some for a busy machine"
        await renew_twice(page, sandbox)
        await _earnings(page, sandbox, NOTHING, RENEWED, FIRST)
        third = page.get_by_role("listitem").filter(has_text="cycle 3")
        sentence = "This is paid cycle 3; commissions are paid on the first 2."
        await expect(third).to_contain_text(sentence)

        await refund_half_of_the_first(page, sandbox)
        await _earnings(page, sandbox, NOTHING, RENEWED, HALF)
        await _dispute_the_second(page, sandbox)
        await _earnings(page, sandbox, NOTHING, DISPUTED, HALF)
        await expect(page.get_by_text("Taken back")).to_be_visible()
        await press(page, sandbox, re.compile("^Win: "))
        await _earnings(page, sandbox, NOTHING, RENEWED, HALF)

        await _nothing_to_pay_out_yet(page, sandbox)
        await let_the_hold_pass(page, sandbox)
        await sign_in(page, sandbox)
        await _asked_for_a_tax_form(page, sandbox)
        await fill_in_the_tax_form(page, sandbox)
        await ask_for_the_payout(page, sandbox)
        await _verify_the_tax_form(page, sandbox)
        await _approve_as(page, sandbox, "U0MARIA")
        await expect(page.get_by_text("approved by 1 of 2")).to_be_visible()
        await _approve_as(page, sandbox, "U0AMARA")
        await _pay(page)
        await _see_it_paid(page, sandbox)
        await _read_the_mails(page, sandbox)


async def _asked_for_a_tax_form(page: Page, sandbox: str) -> None:
    await page.goto(f"{sandbox}/affiliate/dashboard/payouts")
    await page.get_by_role("link", name="Request payout of").click()
    await expect(page.get_by_text("we need your tax form").first).to_be_visible()


async def _verify_the_tax_form(page: Page, sandbox: str) -> None:
    """As finance, whose card shows the last four."""
    await page.goto(f"{sandbox}/sandbox/slack/?as=U0MARIA")
    await expect(page.get_by_text("SSN ***-**-4399").first).to_be_visible()
    await page.get_by_role("button", name="Verify", exact=True).click()
    await expect(page.get_by_text("Verified: the W-9 of")).to_be_visible()


async def _dispute_the_second(page: Page, sandbox: str) -> None:
    await page.goto(f"{sandbox}/sandbox/stripe/")
    second = table(page, "Invoices").locator("tbody tr").nth(1)
    await second.get_by_role("button", name="Dispute").click()
    await expect(table(page, "Disputes")).to_contain_text("279.00 USD")


async def _earnings(page: Page, sandbox: str, *sums: dict[str, str]) -> None:
    """Wait until the earnings page shows these sums, the newest first, and nothing else."""
    seen: list[dict[str, str]] = []

    async def shown() -> bool:
        await page.goto(f"{sandbox}/affiliate/dashboard/earnings")
        seen[:] = [await _sum(card) for card in await page.locator(".earning").all()]
        return seen == list(sums)

    try:
        await until(shown)
    except TimeoutError:
        assert seen == list(sums)


async def _sum(card: Locator) -> dict[str, str]:
    """The rows of the sum on a card."""
    names = await card.locator("dt").all_inner_texts()
    return dict(zip(names, await card.locator("dd").all_inner_texts(), strict=True))


async def _nothing_to_pay_out_yet(page: Page, sandbox: str) -> None:
    await page.goto(f"{sandbox}/affiliate/dashboard/payouts")
    await expect(page.locator(".payout .progress-words")).to_have_text(
        "$0.00 of $25.00, $25.00 to go"
    )
    await expect(page.get_by_text("$72.46 more are on hold, for 30 days")).to_be_visible()
    await expect(page.get_by_role("link", name="Request payout")).to_have_count(0)


async def _approve_as(page: Page, sandbox: str, person: str) -> None:
    await page.goto(f"{sandbox}/sandbox/slack/?as={person}")
    await page.get_by_role("button", name="Approve payout").click()
    await page.get_by_role("dialog").get_by_role("button", name="Approve $72.46").click()


async def _pay(page: Page) -> None:
    await page.get_by_role("button", name="Mark paid").click()
    modal = page.get_by_role("dialog")
    await modal.get_by_label("Reference").fill("PayPal 7AB12345CD678901E")
    await modal.get_by_role("button", name="Mark paid").click()
    await expect(page.get_by_text(re.compile("Paid ·"))).to_be_visible()
    await expect(page.get_by_text("2 of 2 · @maria, @amara")).to_be_visible()


async def _see_it_paid(page: Page, sandbox: str) -> None:
    """The payouts, the overview and the statement agree."""
    await page.goto(f"{sandbox}/affiliate/dashboard/payouts")
    await expect(page.get_by_text("PayPal 7AB12345CD678901E")).to_be_visible()
    await expect(page.locator(".payout .progress-words")).to_have_text(
        "$0.00 of $25.00, $25.00 to go"
    )
    await page.goto(f"{sandbox}/affiliate/dashboard")
    paid = page.locator(".tile").filter(has_text="Paid out")
    await expect(paid).to_contain_text("$72.46")
    await page.goto(f"{sandbox}/affiliate/dashboard/earnings")
    await page.get_by_role("link", name="Monthly statement").click()
    await expect(page.locator(".sum dd").last).to_have_text("$0.00")
    await expect(page.get_by_role("row", name="Payout").get_by_role("cell").nth(2)).to_have_text(
        f"{MINUS}$72.46"
    )


async def _read_the_mails(page: Page, sandbox: str) -> None:
    """The affiliate was told at each step."""
    for subject, words in (
        (re.compile("payout of .* is requested"), "$72.46"),
        (re.compile("on their way to you"), "PayPal 7AB12345CD678901E"),
    ):
        await page.goto(f"{sandbox}/sandbox/mail/")
        await page.get_by_role("link", name=subject).first.click()
        await expect(page.frame_locator("iframe").get_by_text(words, exact=True)).to_be_visible()
