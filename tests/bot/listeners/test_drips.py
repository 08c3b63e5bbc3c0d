"""The mails of the first weeks, managed in Slack."""

import json
from typing import Any

from domain import drips
from domain.drip_defaults import DEFAULTS
from domain.drips import StepView
from sandbox.slack.people import AFFILIATES, MARIA
from storage import audit
from tests.bot.conftest import Desk
from tests.builders import RITA, effects_asked_for

SHARE = "Day 1 · Share your first link"


async def card(desk: Desk) -> dict[str, Any]:
    """Type `/affiliate onboarding`; the answer."""
    assert (await desk.ws.command(MARIA, "/affiliate", "onboarding")).ok
    await desk.whispered(MARIA, SHARE)
    return dict(desk.ws.ephemerals(AFFILIATES, MARIA)[-1])


async def choose(desk: Desk, what: str, name: str = "share") -> None:
    """Choose from the menu beside a mail."""
    message = await card(desk)
    menu = (f"drip.{name}", "drip.menu")
    option = f"{what}:{name}"
    assert (await desk.ws.click(MARIA, AFFILIATES, message["ts"], menu, option)).ok


async def now(desk: Desk, name: str = "share") -> StepView:
    """A mail as it is."""
    async with desk.db.read() as session:
        return await drips.view(session, name)


async def test_all_seven_are_listed(desk: Desk) -> None:
    """With their days, and that the first is sent at the approval."""
    shown = json.dumps(await card(desk), ensure_ascii=False)
    for day in (0, 1, 2, 3, 5, 7, 14):
        assert f"Day {day} · " in shown


async def test_a_mail_is_written_anew_and_brought_back(desk_on_both: Desk) -> None:
    """A slip is named at its field and nothing lost; what is saved counts, and can be undone."""
    desk = desk_on_both
    await choose(desk, "edit")
    view = await desk.modal(MARIA, "Subject")
    typed: dict[Any, Any] = {"Subject": "Hi {name}", "Text": "Go {nowhere}"}
    refused = await desk.ws.submit(MARIA, view["id"], typed)
    assert "{nowhere} cannot be filled in" in json.dumps(refused.errors)
    assert not (await now(desk)).is_own

    assert (await desk.ws.submit(MARIA, view["id"], typed | {"Text": "Go {link}"})).ok
    await desk.whispered(MARIA, "has your text from now on")
    assert (await now(desk)).text.body == "Go {link}"
    async with desk.db.read() as session:
        (line,) = await audit.of_subject(session, "drip:share")
    assert line.detail["changes"]["subject"] == [DEFAULTS["share"].subject, "Hi {name}"]

    await choose(desk, "edit")
    view = await desk.modal(MARIA, "Use the ready-made text")
    assert (await desk.ws.click_in(MARIA, view["id"], "drip.reset")).ok
    await desk.whispered(MARIA, "has its ready-made text again")
    assert (await now(desk)).text == DEFAULTS["share"]


async def test_somebody_was_faster(desk: Desk) -> None:
    """The form says so, and keeps what was typed."""
    await choose(desk, "edit")
    view = await desk.modal(MARIA, "Subject")
    assert (await desk.ws.submit(MARIA, view["id"], {"Subject": "First"})).ok
    await desk.whispered(MARIA, "has your text")
    await choose(desk, "edit")
    view = await desk.modal(MARIA, "Subject")
    async with desk.db.transaction() as session:
        text = DEFAULTS["share"]
        await drips.edit(session, "share", text, 1, RITA)
    refused = await desk.ws.submit(MARIA, view["id"], {"Subject": "Second"})
    assert "meanwhile" in json.dumps(refused.errors)


async def test_a_mail_is_switched(desk: Desk) -> None:
    """Off and on, from the menu."""
    await choose(desk, "off")
    await desk.whispered(MARIA, "nobody gets it any more")
    assert not (await now(desk)).is_on
    await choose(desk, "on")
    await desk.whispered(MARIA, "it is sent from now on")
    assert (await now(desk)).is_on


async def test_a_mail_is_looked_at_and_sent_to_an_operator(desk: Desk) -> None:
    """Filled in for somebody made up, in Slack and as a mail."""
    await choose(desk, "preview", "report")
    view = await desk.modal(MARIA, "Alex Example")
    shown = json.dumps(view, ensure_ascii=False)
    assert "142" in shown
    assert "{" not in "".join(_texts(view["blocks"]))
    assert (await desk.ws.click_in(MARIA, view["id"], "drip.ask_test")).ok
    form = await desk.modal(MARIA, "To")
    assert (await desk.ws.submit(MARIA, form["id"], {"To": "maria@example.com"})).ok
    await desk.modal(MARIA, "On its way to maria@example.com")
    (mail,) = [one for one in await effects_asked_for(desk.db) if one.kind == "mail"]
    assert mail.payload["to"] == "maria@example.com"
    assert mail.payload["context"] == {"step": "report", "test": "yes"}


def _texts(blocks: Any) -> list[str]:
    """Every text in blocks."""
    if isinstance(blocks, dict):
        own = [blocks["text"]] if isinstance(blocks.get("text"), str) else []
        return own + [text for inner in blocks.values() for text in _texts(inner)]
    if isinstance(blocks, list):
        return [text for inner in blocks for text in _texts(inner)]
    return []
