"""What an affiliate who is paused for a fraud score is shown, and their appeal."""

from dashboard.limits import ANSWERS_PER_AFFILIATE
from storage.fraud import BANNED, RESTORED
from tests.dashboard.desk import Browser, Desk
from tests.fraud_builders import decide, flagged

MIA = "mia@example.com"
HERE = "/affiliate/dashboard/review"


async def test_a_paused_affiliate_reads_what_it_is_about_and_appeals_once(
    desk: Desk, browser: Browser
) -> None:
    """No figure, no rule and no customer is shown; after a ban there is one more word."""
    mia = await desk.approve()
    await desk.signed_in(browser, MIA)
    assert "Review of your account" not in (await browser.get(HERE)).words
    flag = await flagged(desk.db, mia)
    paused = await browser.get("/affiliate")
    assert "payouts wait" in paused.words
    assert f'href="{HERE}"' in paused.html
    shown = await browser.get(HERE)
    assert "Purchases that look like your own" in shown.words
    for secret in ("75", "self_referral", "cus_", "gmail", "24 hours", "points"):
        assert secret not in shown.words
    assert (await browser.fill_in(HERE, HERE, appeal=" ")).status == 422
    assert (await browser.fill_in(HERE, HERE, appeal="<b>My class</b>")).status == 303
    shown = await browser.get(HERE)
    assert "&lt;b&gt;My class" in shown.html
    assert "<textarea" not in shown.html
    await decide(desk.db, flag, BANNED, reason="Your own purchases.")
    shown = await browser.get(HERE)
    assert "Your own purchases." in shown.words
    assert (await browser.fill_in(HERE, HERE, appeal="Once more.")).status == 303
    assert "What was noticed" in (await browser.get("/affiliate")).words


async def test_who_is_restored_reads_so_and_has_nothing_to_appeal(
    desk: Desk, browser: Browser
) -> None:
    """The dashboard is open again."""
    mia = await desk.approve()
    await desk.signed_in(browser, MIA)
    await decide(desk.db, await flagged(desk.db, mia), RESTORED, reason="An office: known.")
    assert (await browser.get("/affiliate/dashboard")).status == 200
    shown = await browser.get(HERE)
    assert "is restored" in shown.words
    assert "<textarea" not in shown.html
    assert "known" not in shown.words


async def test_appeals_are_limited(desk: Desk, browser: Browser) -> None:
    """Also empty ones, which cost a look at the database."""
    mia = await desk.approve()
    await desk.signed_in(browser, MIA)
    await flagged(desk.db, mia)
    for _ in range(ANSWERS_PER_AFFILIATE.amount):
        assert (await browser.fill_in(HERE, HERE, appeal=" ")).status == 422
    assert (await browser.fill_in(HERE, HERE, appeal="Hello.")).status == 429
