"""Every button, form, event and command of the bot, used by somebody who may not."""

from typing import Any, Final

import pytest
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.kwargs_injection.async_args import AsyncArgs

import bot.app
from bot.app import Bot, BotContext, Listener, build_bot
from sandbox.slack.people import AFFILIATES, AMARA, JONAS, MARIA, SAM, TEAM
from tests.bot.conftest import Desk

FINANCE: Final = tuple(f"bot.listeners.{noun}" for noun in ("payouts", "payout_batches", "taxes"))
"""Where money and tax numbers are decided about."""

Deed = tuple[str, str, str]
"""Kind, name, and the module that listens."""


class Watched(Bot):
    """A bot whose listeners say that they were reached, and do nothing."""

    def __init__(self, context: BotContext) -> None:
        self.deeds: list[Deed] = []
        self.reached: list[str] = []
        super().__init__(context)

    def on_action(self, action_id: str, listener: Listener) -> None:
        """Note a button."""
        self.deeds.append(("action", action_id, listener.__module__))
        super().on_action(action_id, self._noting(action_id))

    def on_form(self, callback_id: str, listener: Listener) -> None:
        """Note a form."""
        self.deeds.append(("form", callback_id, listener.__module__))
        super().on_form(callback_id, self._noting(callback_id))

    def on_command(self, name: str, listener: Listener) -> None:
        """Note a command."""
        self.deeds.append(("command", name, listener.__module__))
        super().on_command(name, self._noting(name))

    def _noting(self, name: str) -> Listener:
        async def note(args: AsyncArgs) -> None:
            self.reached.append(name)
            await args.ack()

        return note

    async def does(self, by: str, kind: str, name: str, text: str = "", **more: Any) -> bool:
        """Whether a listener was reached when this user did that."""
        before = len(self.reached)
        who = {"id": by, "team_id": TEAM["id"], "username": "somebody"}
        body: dict[str, Any] = {"team": {"id": TEAM["id"]}, "user": who, "api_app_id": "A0"}
        if kind == "action":
            pressed = {"type": "button", "action_id": name, "block_id": "b", "value": "1"}
            body |= {"type": "block_actions", "actions": [pressed]}
        elif kind == "form":
            view = {"type": "modal", "callback_id": name, "state": {"values": {}}, "id": "V1"}
            body |= {"type": "view_submission", "view": view}
        else:
            body = {"command": name, "text": text, "user_id": by, "team_id": TEAM["id"]}
        answer = await self.async_dispatch(
            AsyncBoltRequest(body=body | more, mode="socket_mode", headers={})
        )
        assert answer.status == 200, f"{kind} {name}"
        await self.drain()
        return len(self.reached) > before


@pytest.fixture
def watched(finance_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """The bot of a desk where Amara and Maria are finance, and Jonas reviews."""
    monkeypatch.setattr(bot.app, "Bot", Watched)
    made = build_bot(finance_desk.context)
    assert isinstance(made, Watched)
    return made


def test_nothing_listens_that_is_not_known_here(watched: Watched) -> None:
    """Whoever registers a listener by another way goes around these tests."""
    events = 1
    assert len(watched._async_listeners) == len(watched.deeds) + events  # noqa: SLF001
    assert len(watched.deeds) > 100


async def test_a_stranger_reaches_nothing(watched: Watched) -> None:
    """Somebody of the workspace who is no reviewer, with each button, form and command."""
    words = ["", *(one.name for one in watched.subcommands.all())]
    for kind, name, _ in watched.deeds:
        for text in words if kind == "command" else [""]:
            assert not await watched.does(SAM, kind, name, text), f"{kind} {name} {text}"
    assert watched.reached == []


async def test_a_guest_of_another_workspace_reaches_nothing(watched: Watched) -> None:
    """Not even one whose id is that of a reviewer here."""
    guest = {"id": MARIA, "team_id": "T0OTHER", "username": "maria"}
    for kind, name, _ in watched.deeds:
        if kind != "command":
            assert not await watched.does(MARIA, kind, name, user=guest), f"{kind} {name}"
    assert not await watched.does(MARIA, "command", "/affiliate", "help", team_id="T0OTHER")


async def test_money_and_taxes_are_finances(watched: Watched) -> None:
    """A reviewer reaches everything else; finance that does not review reaches just this."""
    for kind, name, module in watched.deeds:
        if kind == "command":
            continue
        about_money = module in FINANCE
        assert await watched.does(JONAS, kind, name) is not about_money, f"{kind} {name}"
        assert await watched.does(MARIA, kind, name), f"{kind} {name}"
        if about_money:
            assert await watched.does(AMARA, kind, name), f"{kind} {name}"
    for text in ("payouts", "PAYOUTS", "  payouts x", "tax", "Tax\tx", "taxes 2025"):
        assert not await watched.does(JONAS, "command", "/affiliate", text), text
        assert await watched.does(AMARA, "command", "/affiliate", text), text


async def test_a_press_on_several_buttons_is_judged_by_all(watched: Watched) -> None:
    """What hides a button of finance behind a harmless one is refused."""
    pressed = [
        {"type": "button", "action_id": name, "block_id": "b", "value": "1"}
        for name in ("contest.standings", "payout.approve")
    ]
    channel = {"id": AFFILIATES}
    assert not await watched.does(JONAS, "action", "x", actions=pressed, channel=channel)
