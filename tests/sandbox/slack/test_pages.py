"""The workspace in the browser, as HTML and through a real Chromium."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from playwright.async_api import Page, expect

from sandbox.slack.people import AFFILIATES, FINANCE, JONAS, MARIA, SAM
from tests.chromium import chromium, page_of
from tests.sandbox.slack.blocks.test_surfaces import CONFIRM, GOOD
from tests.sandbox.slack.conftest import Desk
from tests.sandbox.slack.test_workspace import CARD, modal


async def fetch(desk: Desk, path: str) -> tuple[int, str]:
    """Status and body of one page."""
    async with ClientSession() as session, session.get(f"{desk.ws.public_url}{path}") as response:
        return response.status, await response.text()


async def deed(desk: Desk, name: str, **asked: Any) -> dict[str, Any]:
    """What the page's script sends, and the answer."""
    address = f"{desk.ws.public_url}/do/{name}"
    async with ClientSession() as session, session.post(address, json=asked) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def test_every_block_is_shown(desk: Desk) -> None:
    """Each kind of block that the checker lets pass has a look of its own."""
    for block in GOOD:
        await desk.client.chat_postMessage(channel=AFFILIATES, text="x", blocks=[block])
    status, html = await fetch(desk, "/")
    assert status == 200
    assert html.count("<article") == len(GOOD)
    assert '<div class="blocks"></div>' not in html
    assert "<svg" in html
    assert " style=" not in html
    assert "<script>" not in html


async def test_outside_text_stays_text(desk: Desk) -> None:
    """Names and answers from outside are never markup in the page."""
    nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    table = [[{"type": "raw_text", "text": nasty}]] * 2
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": nasty}},
        {"type": "section", "text": {"type": "mrkdwn", "text": nasty}},
        {"type": "table", "rows": table},
        {"type": "markdown", "text": nasty},
    ]
    await desk.client.chat_postMessage(channel=AFFILIATES, text=nasty, blocks=blocks)
    await desk.ws.say(MARIA, AFFILIATES, nasty)
    for path in ("/", f"/changes?channel={AFFILIATES}"):
        _, html = await fetch(desk, path)
        assert "<script>alert" not in html
        assert "<img src=x" not in html


async def test_headings_go_down_a_step_at_a_time(desk: Desk) -> None:
    """Who listens to the page finds their way by its headings: channel, card, and so on."""
    header = {"type": "header", "text": {"type": "plain_text", "text": "Jared"}}
    await desk.client.chat_postMessage(channel=AFFILIATES, text="x", blocks=[header])
    _, html = await fetch(desk, "/")
    stage = html[html.index("<h1") :]
    levels = [int(level) for level in re.findall(r"<h([1-6])", stage)]
    assert levels == [1, 2]


async def test_each_sees_only_their_own(desk: Desk) -> None:
    """A private channel, and what was said to one person, is not shown to others."""
    await desk.client.chat_postMessage(channel=FINANCE, text="Payout of 900")
    await desk.client.chat_postEphemeral(channel=AFFILIATES, user=MARIA, text="Just Maria")
    _, html = await fetch(desk, f"/?as={SAM}&channel={FINANCE}")
    assert "Payout of 900" not in html
    assert "finance" not in html
    _, html = await fetch(desk, f"/?as={JONAS}")
    assert "Just Maria" not in html
    _, html = await fetch(desk, f"/?as={MARIA}")
    assert "Just Maria" in html
    assert "Only visible to you" in html


async def test_unchanged_page_costs_nothing(desk: Desk) -> None:
    """Asking with the present revision is answered with 204."""
    _, first = await fetch(desk, "/changes")
    assert '"revision"' in first
    status, _ = await fetch(desk, f"/changes?revision={desk.ws.revision}")
    assert status == 204


async def test_refusals_reach_the_page(desk: Desk) -> None:
    """A wrong command, a message that is gone and a deed nobody knows are answered in words."""
    answer = await deed(desk, "say", **{"as": MARIA, "channel": AFFILIATES, "words": "/nope"})
    assert answer["error"] == "/nope is not a valid command."
    gone = {"as": MARIA, "channel": AFFILIATES, "ts": "1.0", "block": "b", "action": "a"}
    assert (await deed(desk, "click", **gone))["error"] == "message_not_found"
    address = f"{desk.ws.public_url}/do/dance"
    async with ClientSession() as session, session.post(address, json={}) as response:
        assert response.status == 404


async def test_forms_of_other_sites_are_refused(desk: Desk) -> None:
    """Another site's page cannot click for the person at this machine."""
    address = f"{desk.ws.public_url}/do/say"
    foreign = {"Sec-Fetch-Site": "cross-site"}
    asked = {"as": MARIA, "channel": AFFILIATES, "words": "Hello"}
    async with (
        ClientSession(headers=foreign) as session,
        session.post(address, json=asked) as response,
    ):
        assert response.status == 403
    assert desk.ws.messages(AFFILIATES) == []


@pytest.fixture
async def page(desk: Desk) -> AsyncIterator[Page]:
    """A page of a real browser that fails the test on any script error."""
    async with chromium() as browser, page_of(browser) as opened:
        yield opened


@pytest.mark.browser
async def test_approving_in_the_browser(desk: Desk, page: Page) -> None:
    """Click, read the complaint under the field, correct it, and see the card change by itself."""

    @desk.bot.action("approve")
    async def approve(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        view = modal(private_metadata=body["message"]["ts"])
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @desk.bot.view("approval")
    async def approved(ack: Any, view: dict[str, Any], client: Any) -> None:
        code = view["state"]["values"]["code"]["code_input"]["value"]
        if code == "FREE":
            await ack(response_action="errors", errors={"code": "FREE is too generic."})
            return
        await ack()
        ts = view["private_metadata"]
        await client.chat_update(channel=AFFILIATES, ts=ts, text=f"Approved with {code}")

    await page.goto(f"{desk.ws.public_url}/")
    await desk.client.chat_postMessage(channel=AFFILIATES, text="New", blocks=CARD)
    await page.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog", name="Approve")
    await dialog.get_by_label("Promo code").fill("FREE")
    await dialog.get_by_role("button", name="Approve").click()
    await expect(dialog.get_by_text("FREE is too generic.")).to_be_visible()
    await expect(dialog.get_by_label("Promo code")).to_be_focused()
    await dialog.get_by_label("Promo code").fill("VALE30")
    await dialog.get_by_role("button", name="Approve").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("Approved with VALE30")).to_be_visible()


@pytest.mark.browser
async def test_confirm_dialog_asks_first(desk: Desk, page: Page) -> None:
    """A button with `confirm` does nothing until the person says yes."""
    pressed: list[str] = []

    @desk.bot.action("ban")
    async def ban(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        pressed.append(body["user"]["id"])

    words = {"type": "plain_text", "text": "Ban"}
    button = {"type": "button", "action_id": "ban", "text": words, "confirm": CONFIRM}
    blocks = [{"type": "actions", "elements": [button]}]
    await desk.client.chat_postMessage(channel=AFFILIATES, text="x", blocks=blocks)
    await page.goto(f"{desk.ws.public_url}/?as={JONAS}")
    await page.get_by_role("button", name="Ban").click()
    await page.get_by_role("button", name="No", exact=True).click()
    assert pressed == []
    await page.get_by_role("button", name="Ban").click()
    await page.get_by_role("button", name="Yes", exact=True).click()
    await desk.ws.until(lambda: pressed == [JONAS])


@pytest.mark.browser
async def test_command_and_home_in_the_browser(desk: Desk, page: Page) -> None:
    """A command's answer appears as visible only to its author; the Home tab is published."""

    @desk.bot.command("/affiliate")
    async def answer(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"You asked for {command['text']}")

    @desk.bot.event("app_home_opened")
    async def publish(event: dict[str, Any], client: Any) -> None:
        words = {"type": "plain_text", "text": "Your queue is empty"}
        home = {"type": "home", "blocks": [{"type": "header", "text": words}]}
        await client.views_publish(user_id=event["user"], view=home)

    await page.goto(f"{desk.ws.public_url}/")
    await page.get_by_label("Message #affiliates").fill("/affiliate queue")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You asked for queue")).to_be_visible()
    await expect(page.get_by_text("Only visible to you")).to_be_visible()
    await page.get_by_role("link", name="Affiliate Desk home").click()
    await expect(page.get_by_role("heading", name="Your queue is empty")).to_be_visible()
    await page.get_by_label("Acting as").select_option(JONAS)
    await expect(page.get_by_label("Acting as")).to_have_value(JONAS)
    await expect(page.get_by_role("heading", name="Your queue is empty")).to_be_visible()


@pytest.mark.browser
async def test_silent_app_is_told_to_the_person(desk: Desk, page: Page) -> None:
    """An app that is down is said so, and the button can be pressed again."""
    desk.ws.delivery.events_url = "http://127.0.0.1:9/nobody-listens-here"
    await desk.client.chat_postMessage(channel=AFFILIATES, text="New", blocks=CARD)
    await page.goto(f"{desk.ws.public_url}/")
    await page.get_by_role("button", name="Reject").click()
    await expect(page.get_by_role("status")).to_contain_text("dispatch_failed")
    await expect(page.get_by_role("button", name="Reject")).to_be_enabled()
