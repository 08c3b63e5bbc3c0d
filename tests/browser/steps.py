"""What a person does in the sandbox, step by step, in the browser."""

import re
import time

from playwright.async_api import Locator, Page, Response, expect

from tests.waiting import until


async def send_the_form(page: Page, sandbox: str) -> None:
    """Send the application that is filled in already."""
    await page.goto(f"{sandbox}/sandbox/tally/")
    await page.get_by_role("button", name=re.compile("^Send")).click()
    await expect(page.get_by_text("200").first).to_be_visible()


async def approve_in_slack(page: Page, sandbox: str) -> None:
    """Approve it as Maria, with the code that is proposed."""
    await page.goto(f"{sandbox}/sandbox/slack/")
    await page.get_by_role("button", name="Approve", exact=True).click()
    modal = page.get_by_role("dialog")
    await expect(modal.get_by_label("Promo code")).to_have_value("JARED30")
    await modal.get_by_role("button", name="Approve", exact=True).click()
    await expect(page.get_by_text("Approved by @maria")).to_be_visible()


async def let_in_another(page: Page, sandbox: str) -> str:
    """Let a second affiliate apply, and approve her with a code of her own; her address."""
    await page.goto(f"{sandbox}/sandbox/tally/?persona=generic")
    await page.get_by_role("button", name=re.compile("^Send")).click()
    await expect(page.get_by_text("200").first).to_be_visible()
    await page.goto(f"{sandbox}/sandbox/slack/")
    await page.get_by_role("button", name="Approve", exact=True).click()
    modal = page.get_by_role("dialog")
    await modal.get_by_label("Promo code").fill("MAYA30")
    await modal.get_by_role("button", name="Approve", exact=True).click()
    await expect(page.get_by_text("Approved by @maria")).to_have_count(2)
    return "maya@example.com"


async def make_contest(page: Page, sandbox: str) -> None:
    """Make a contest of a month in Slack, for $500: the Winter race, which begins now."""
    await page.goto(f"{sandbox}/sandbox/slack/")
    await page.locator("#composer input").fill("/affiliate contest")
    await page.locator("#composer button").click()
    await page.get_by_role("button", name="Add contest").last.click()
    modal = page.get_by_role("dialog")
    await modal.get_by_label("Name").fill("Winter race")
    await modal.get_by_role("checkbox", name="Start now").check()
    await modal.get_by_label("Prize in words").fill("$500 and a badge")
    await modal.get_by_label("Prize as money").fill("500")
    await modal.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("Winter race is added.").last).to_be_visible()


async def sign_in(page: Page, sandbox: str, email: str = "jared@example.com") -> None:
    """Ask for a link as the new affiliate, and follow it from the mailbox."""
    letters = page.get_by_role("link", name=re.compile("sign-in", re.IGNORECASE))
    await page.goto(f"{sandbox}/sandbox/mail/")
    old = await letters.count()
    await page.goto(f"{sandbox}/affiliate")
    form = page.locator("form[action='/affiliate/sign-in']").first
    await form.locator("input[type=email]").fill(email)
    await form.get_by_role("button").click()
    await expect(page.get_by_text(email).first).to_be_visible()

    async def has_come() -> bool:
        await page.goto(f"{sandbox}/sandbox/mail/")
        return await letters.count() > old

    await until(has_come)
    await letters.first.click()
    await page.frame_locator("iframe").get_by_role("link", name=re.compile("Sign in")).first.click()
    await page.get_by_role("button", name=re.compile("Sign in")).click()
    await expect(page).to_have_url(f"{sandbox}/affiliate/dashboard")


async def buy(page: Page, sandbox: str) -> float:
    """Buy a year with the code; the moment of the payment, on the monotonic clock."""
    await page.goto(f"{sandbox}/sandbox/stripe/")
    await page.get_by_label("E-mail").fill("buyer@example.com")
    await page.get_by_label("Plan").select_option("yearly")
    await page.get_by_role("textbox", name="Promotion code").fill("JARED30")
    await page.get_by_role("button", name="Buy").click()
    await invoices(page, 1)
    return time.monotonic()


async def buy_as(page: Page, sandbox: str, number: int) -> None:
    """The purchase of another customer, by the month with the code."""
    await page.goto(f"{sandbox}/sandbox/stripe/")
    await page.get_by_label("E-mail").fill(f"buyer{number}@example.com")
    await page.get_by_role("textbox", name="Promotion code").fill("JARED30")
    await page.get_by_role("button", name="Buy", exact=True).click()
    await invoices(page, number)


async def invoices(page: Page, count: int) -> None:
    """Wait until there are so many invoices at Stripe."""
    await expect(table(page, "Invoices").locator("tbody tr")).to_have_count(count)


def table(page: Page, title: str) -> Locator:
    """One part of the page of Stripe."""
    return page.get_by_role("region", name=title)


async def press(page: Page, sandbox: str, name: str | re.Pattern[str]) -> None:
    """Press a button at Stripe, and wait until it is done."""
    await page.goto(f"{sandbox}/sandbox/stripe/")
    async with page.expect_response(_is_post):
        await page.get_by_role("button", name=name).click()


def _is_post(response: Response) -> bool:
    return response.request.method == "POST"


async def refund_half_of_the_first(page: Page, sandbox: str) -> None:
    """Give half of the first payment back to the customer."""
    await page.goto(f"{sandbox}/sandbox/stripe/")
    first = table(page, "Invoices").locator("tbody tr").filter(has_text="JARED30")
    await first.get_by_label("Amount to refund").fill("97.65")
    await first.get_by_role("button", name="Refund").click()
    await expect(first).to_contain_text("97.65 USD")


async def fill_in_the_tax_form(page: Page, sandbox: str) -> None:
    """Answer the three questions as an American, and sign a W-9."""
    await page.goto(f"{sandbox}/affiliate/dashboard/tax")
    await page.get_by_label("Are you a U.S. person?").select_option("yes")
    await page.get_by_label("Who is paid?").select_option("individual")
    await page.get_by_label("Where do you live?").select_option("US")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("W-9")
    name = await page.get_by_label("Legal name", exact=True).input_value()
    await page.get_by_label("Street and number").fill("12 Main Street")
    await page.get_by_label("City or town").fill("San Francisco")
    await page.get_by_label("State or province").fill("CA")
    await page.get_by_label("ZIP or postal code").fill("94105")
    await page.get_by_label("Which number").select_option("ssn")
    await page.get_by_label("The number").fill("536-90-4399")
    for box in await page.locator("input[name^=certify_]").all():
        await box.check()
    await page.get_by_label("Sign by typing your name").fill(name)
    await page.get_by_role("button", name="Sign and send").click()
    await expect(page.get_by_text("Thank you: your tax form is here")).to_be_visible()
    await expect(page.get_by_text("SSN ***-**-4399")).to_be_visible()


async def ask_for_the_payout(page: Page, sandbox: str) -> None:
    """Say how to be paid, and ask for all that is available."""
    await page.goto(f"{sandbox}/affiliate/dashboard/payouts")
    await page.get_by_label("Pay me by").select_option("PayPal")
    await page.get_by_label("To", exact=True).fill("jared@paypal.example.com")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    await page.get_by_role("link", name="Request payout of $72.46").click()
    await expect(page.get_by_text("jared@paypal.example.com")).to_be_visible()
    await page.get_by_role("button", name="Request payout of $72.46").click()
    await expect(page.get_by_text("Your payout is requested.")).to_be_visible()
    await expect(page.get_by_text("$72.46 are on their way: requested")).to_be_visible()


async def renew_twice(page: Page, sandbox: str) -> None:
    """Let the customer pay for two more periods."""
    for cycle in (2, 3):
        await press(page, sandbox, "Renew: buyer@example.com")
        await invoices(page, cycle)


async def let_the_hold_pass(page: Page, sandbox: str) -> None:
    """Move the day of the sandbox on; the sign-in has run out after that, too."""
    await page.goto(f"{sandbox}/sandbox/")
    async with page.expect_response(_is_post):
        await page.get_by_role("button", name="Let 30 days pass").click()


async def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    width: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
