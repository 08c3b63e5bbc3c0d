"""What a purchase moves on the overview, before the eyes of an affiliate who just looks on."""

import re
from typing import Final

import pytest
from playwright.async_api import Page, expect

from tests.browser.steps import (
    approve_in_slack,
    buy,
    buy_as,
    let_in_another,
    make_contest,
    refund_half_of_the_first,
    send_the_form,
    sign_in,
)
from tests.chromium import chromium, page_of
from tests.waiting import until

pytestmark = pytest.mark.browser

MINUS: Final = "\N{MINUS SIGN}"
SLOW_MS: Final = 30_000
"""A purchase goes through six processes and back; on a busy machine that takes its time."""
TODAY: Final = "[data-key=earned-today-usd]"
BOUGHT: Final = (
    (TODAY, "$37.87"),
    (".earned-period.week .figure", "$37.87"),
    (".earned-period.month .figure", "$37.87"),
    ("[data-key=pending-usd]", "$37.87"),
    ("[data-key=referrals]", "1"),
    ("[data-live=milestones] .progress-words", "1 of 3 converted referrals, 2 to go"),
    ("[data-live=leaderboard] .referrals .board-own", "Your position: #1 of 1"),
)
"""What the page shows once somebody bought a year: a place, and the words there. A line a card."""

_WATCH: Final = """(selector) => {
  window.stayed = true;
  window.seen = [];
  new MutationObserver(() => {
    const words = document.querySelector(selector)?.textContent;
    if (words && words !== window.seen.at(-1)) window.seen.push(words);
  }).observe(document.querySelector("[data-live-cards]"), {
    subtree: true, childList: true, characterData: true,
  });
}"""


async def watch(page: Page, selector: str) -> None:
    """Remember everything that this figure shows from now on, as long as nobody reloads."""
    await page.evaluate(_WATCH, selector)


async def seen(page: Page) -> list[str]:
    """Every value that the watched figure showed; also proves that the page was not loaded anew."""
    assert await page.evaluate("window.stayed") is True
    found: list[str] = await page.evaluate("window.seen")
    return found


async def follows(page: Page) -> None:
    """Wait until the page hears of news: the stream is open once it asked for the cards."""
    async with page.expect_response(re.compile("live-cards")):
        await page.reload()


async def test_a_purchase_moves_everything_and_others_see_it(sandbox: str) -> None:
    """The third one brings the bonus, too; somebody else's page follows the places it moves."""
    async with chromium() as browser, page_of(browser) as page, page_of(browser) as other:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        email = await let_in_another(page, sandbox)
        await make_contest(page, sandbox)
        shop = await page.context.new_page()
        for number in (1, 2):
            await buy_as(shop, sandbox, number)
        await sign_in(page, sandbox)
        await sign_in(other, sandbox, email)
        for one in (page, other):
            await follows(one)
        contest, board = "[data-live=contest]", "[data-live=leaderboard] .referrals"
        milestones, plans = "[data-live=milestones]", "[data-live=plans]"
        await expect(page.locator(TODAY)).to_have_text("$7.76", timeout=SLOW_MS)
        await expect(page.locator(milestones)).to_contain_text("2 of 3 converted referrals")
        await expect(other.locator(contest)).to_contain_text("2 referrals", timeout=SLOW_MS)
        await watch(page, TODAY)
        await watch(other, TODAY)

        await buy_as(shop, sandbox, 3)
        for place, words in (
            (TODAY, "$36.64"),
            (milestones, "Next: Ten and counting, $100.00"),
            (milestones, "First three: $25.00"),
            (milestones, "3 of 10 converted referrals, 7 to go"),
            (board, "Your position: #1 of 1"),
            (f"{board} .own .figure", "3"),
            (contest, "Your place: #1 of 1, with 3 referrals"),
            (f"{plans} tfoot", "3"),
        ):
            await expect(page.locator(place)).to_contain_text(words, timeout=SLOW_MS)
        bar = page.get_by_role("progressbar", name="on the way to Ten and counting")
        await expect(bar).to_have_js_property("value", 3, timeout=SLOW_MS)
        shown = await seen(page)
        assert (shown[0], shown[-1]) == ("$7.76", "$36.64"), "it ran there from what was shown"

        for place, words in ((contest, "3 referrals"), (board, "J.P.")):
            await expect(other.locator(place)).to_contain_text(words, timeout=SLOW_MS)
        await expect(other.locator(contest)).to_contain_text("Your place: none yet")
        assert await seen(other) == ["$0.00"]


async def test_a_purchase_moves_the_page_of_who_looks_on(sandbox: str) -> None:
    """Figures run to their new values, and a reader hears them; a refund takes them back."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        await follows(page)
        await expect(page.locator(TODAY)).to_have_text("$0.00")

        await page.get_by_role("radio", name="This month").focus()
        await page.keyboard.press("Space")
        await watch(page, TODAY)

        shop = await page.context.new_page()
        await buy(shop, sandbox)
        for place, words in BOUGHT:
            await expect(page.locator(place)).to_have_text(words)
        await expect(page.locator("#announcer")).to_contain_text("Earned today: $37.87.")
        shown = await seen(page)
        assert len(shown) > 3, "it ran there"
        assert shown[-1] == "$37.87"
        values = [float(words.strip("$")) for words in shown]
        assert values == sorted(values)
        # What the reader chose stays chosen, and has the focus still.
        month = page.get_by_role("radio", name="This month")
        await expect(month).to_be_checked()
        await expect(month).to_be_focused()
        await expect(page.locator(".earned-period.month")).to_be_visible()
        await expect(page.locator(".earned-period.today")).to_be_hidden()

        await refund_half_of_the_first(shop, sandbox)
        await expect(page.locator(TODAY)).to_have_text("$18.34")
        await expect(page.locator(".earned-period.today")).to_contain_text("$19.53 taken back")
        await seen(page)


async def test_who_wants_no_motion_sees_none(sandbox: str) -> None:
    """The figure is the new one at once."""
    async with chromium() as browser, page_of(browser) as page:
        await page.emulate_media(reduced_motion="reduce")
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        await follows(page)
        await watch(page, TODAY)
        await buy(await page.context.new_page(), sandbox)
        await expect(page.locator(TODAY)).to_have_text("$37.87")
        assert await seen(page) == ["$37.87"]


async def test_without_a_stream_the_page_asks_by_the_minute(sandbox: str) -> None:
    """Where something between blocks streams; and not at all while nobody looks."""
    async with chromium() as browser, page_of(browser) as page:
        await page.route("**/earnings/live*", lambda route: route.fulfill(status=502))
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        await page.clock.install()
        await follows(page)
        await watch(page, TODAY)
        await buy(await page.context.new_page(), sandbox)
        assert await seen(page) == []

        async def asks_and_shows() -> bool:
            await page.clock.fast_forward(61_000)
            await page.wait_for_timeout(300)
            return await page.locator(TODAY).text_content() == "$37.87"

        await until(asks_and_shows, 30)
        await seen(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await _hide(page)
        await page.clock.fast_forward(600_000)
        await page.wait_for_timeout(300)
        assert asked == []


async def _hide(page: Page) -> None:
    """As where the reader goes to another tab, which Chromium without a head never does."""
    await page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { get: () => true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )


async def test_signed_out_elsewhere_the_page_stands_still(sandbox: str) -> None:
    """The stream ends, and nothing asks again."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        await follows(page)
        other = await page.context.new_page()
        await other.goto(f"{sandbox}/affiliate/dashboard")
        asked: list[str] = []
        ended: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        # Whoever is faster: the server ends it, and the page leaves it.
        page.on("requestfinished", lambda request: ended.append(request.url))
        page.on("requestfailed", lambda request: ended.append(request.url))
        await other.get_by_role("button", name="Sign out everywhere").click()

        async def has_ended() -> bool:
            return any("earnings/live" in url for url in ended)

        await until(has_ended)
        await page.wait_for_timeout(5_000)
        assert [url for url in asked if "live" in url] == []


async def test_without_scripts_the_figures_are_there(sandbox: str) -> None:
    """And the choice between them works."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        await buy(page, sandbox)
        cookies = await page.context.cookies()
        context = await browser.new_context(java_script_enabled=False)
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        plain = await context.new_page()

        async def shows(words: str) -> bool:
            await plain.goto(f"{sandbox}/affiliate/dashboard")
            return words in await plain.locator(".earned").inner_text()

        await until(lambda: shows("$37.87"))
        await plain.locator("label[for=earned-month]").click()
        await expect(plain.locator(".earned-period.month")).to_be_visible()
        await expect(plain.locator(".earned-period.today")).to_be_hidden()
        await context.close()
