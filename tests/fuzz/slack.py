"""What operators type, press and send in Slack, and what looks like it.

The forms are those that the bot itself opens: each button is pressed once, for each thing there is,
and what it shows is filled in. Slack is a check of what we send, without a network.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import sqlalchemy as sa
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook import WebhookResponse

import bot.app
import bot.failures
import bot.interactions
import clock
from bot.app import Bot, BotContext, Listener
from sandbox.slack.blocks import check_blocks, check_view, elements_of, flat
from sandbox.slack.people import AFFILIATES, BOT_USER, MARIA, TEAM
from sandbox.slack.values import STATEFUL
from storage.db import Database
from storage.tables import METADATA
from tests.bot.conftest import _desk
from tests.builders import apply, facts, join, later, settle
from tests.code_builders import some_code
from tests.contest_builders import make_contest
from tests.fuzz.hunting import Trial
from tests.fuzz.wild import changed, changes, one_of, texts
from tests.fuzz.worlds import database, ledger, opening, require, require_books
from tests.payout_builders import ask

Json = dict[str, Any]

ANSWER_TO: Final = "https://hooks.slack.example/answer"


@dataclass
class Slack:
    """Slack's side: what the bot shows is checked and kept."""

    views: list[Json] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def call(
        self, client: AsyncWebClient, method: str, *, http_verb: str = "POST", **given: Any
    ) -> AsyncSlackResponse:
        """Answer a method as Slack would that takes what is well made."""
        said = {
            **(given.get("params") or {}),
            **(given.get("data") or {}),
            **(given.get("json") or {}),
        }
        answer: Json = {"ok": True, "team_id": TEAM["id"], "user_id": BOT_USER, "bot_id": "B1"}
        if "view" in said:
            view = json.loads(said["view"]) if isinstance(said["view"], str) else said["view"]
            kind = "home" if method == "views.publish" else "modal"
            self.refused += [f"{method}: {one}" for one in check_view(view, kind)]
            self.views.append(view)
            answer["view"] = view | {"id": "V1", "hash": "1"}
        if "blocks" in said:
            self._check(said["blocks"])
        if method.startswith("conversations."):
            answer |= {"members": [MARIA], "channels": [], "messages": []}
        if method.startswith("chat."):
            answer |= {"ts": "1.1", "channel": AFFILIATES}
        return AsyncSlackResponse(
            client=client,
            http_verb=http_verb,
            api_url=method,
            req_args=given,
            data=answer,
            headers={},
            status_code=200,
        )

    async def respond(self, _url: str, _text: str, blocks: list[Json]) -> WebhookResponse:
        """Take an answer beside a message."""
        self._check(blocks)
        return WebhookResponse(url=ANSWER_TO, status_code=200, body="ok", headers={})

    def _check(self, blocks: Any) -> None:
        found = json.loads(blocks) if isinstance(blocks, str) else blocks
        self.refused += check_blocks(found)


class Listed(Bot):
    """A bot that knows what it listens to."""

    def __init__(self, context: BotContext) -> None:
        self.actions: list[str] = []
        self.forms: list[str] = []
        super().__init__(context)

    def on_action(self, action_id: str, listener: Listener) -> None:
        """Note a button."""
        self.actions.append(action_id)
        super().on_action(action_id, listener)

    def on_form(self, callback_id: str, listener: Listener) -> None:
        """Note a form."""
        self.forms.append(callback_id)
        super().on_form(callback_id, listener)


@dataclass
class Office:
    """The bot, Slack, and everything that can be done there."""

    db: Database
    bot: Listed
    slack: Slack
    known: list[str]
    presses: list[Json] = field(default_factory=list)
    forms: list[Json] = field(default_factory=list)

    async def send(self, body: Json) -> int:
        """Send a body as Slack does; the status of the answer."""
        self.slack.refused.clear()
        request = AsyncBoltRequest(body=body, mode="socket_mode", headers={})
        answer = await self.bot.async_dispatch(request)
        await self.bot.drain()
        given = json.loads(answer.body) if answer.body.startswith("{") else {}
        if isinstance(given.get("view"), dict):
            self.slack.refused += check_view(given["view"], "modal")
        refused = "; ".join(self.slack.refused)
        require(not refused, f"Slack would refuse what was shown: {refused[:2000]}")
        return int(answer.status)

    def explore(self, view: Json) -> None:
        """Keep what can be pressed and sent in a view."""
        if view.get("type") == "modal" and view.get("callback_id") in self.bot.forms:
            self.forms.append(view)
        for block in flat(view.get("blocks")):
            for element in elements_of(block):
                if element.get("action_id") in self.bot.actions:
                    self.presses.append(element | {"block_id": block.get("block_id", "b")})


def _who() -> Json:
    return {
        "team": {"id": TEAM["id"]},
        "user": {"id": MARIA, "team_id": TEAM["id"], "username": "maria"},
        "api_app_id": "A0",
        "trigger_id": "1.1",
    }


def _press(element: Json, *, modal: Json | None = None) -> Json:
    """A press of a button, or a choice in a menu."""
    body = _who() | {"type": "block_actions", "actions": [element]}
    if modal is not None:
        return body | {"view": _seen(modal, {})}
    return body | {"response_url": ANSWER_TO, "channel": {"id": AFFILIATES}}


def _seen(view: Json, values: Json) -> Json:
    return {**view, "id": "V1", "hash": "1", "root_view_id": "V1", "state": {"values": values}}


def _command(text: str) -> Json:
    return {
        "command": "/affiliate",
        "text": text,
        "user_id": MARIA,
        "user_name": "maria",
        "team_id": TEAM["id"],
        "channel_id": AFFILIATES,
        "response_url": ANSWER_TO,
        "trigger_id": "1.1",
    }


def _inputs_of(view: Json) -> Iterator[tuple[str, Json]]:
    for block in flat(view.get("blocks")):
        for element in elements_of(block):
            if element["type"] in STATEFUL and "action_id" in element:
                yield block.get("block_id", "b"), element


def _filled(view: Json, words: list[str]) -> Json:
    """A form in which everything typed and chosen is wild: what a person can do."""
    values: Json = {}
    given = iter(words * 20)
    for block_id, element in _inputs_of(view):
        word = next(given)
        held = values.setdefault(block_id, {}).setdefault(element["action_id"], {})
        options = [
            *(element.get("options") or []),
            *(one for group in element.get("option_groups") or [] for one in group["options"]),
        ]
        chosen = options[len(word) % len(options)] if options else None
        match element["type"]:
            case "checkboxes" | "multi_static_select":
                held["selected_options"] = options[: len(word) % (len(options) + 1)]
            case "static_select" | "radio_buttons":
                held["selected_option"] = chosen
            case "datepicker":
                held["selected_date"] = ("2026-12-24", "9999-12-31", "0001-01-01")[len(word) % 3]
            case "timepicker":
                held["selected_time"] = ("00:00", "23:59", "12:30")[len(word) % 3]
            case "datetimepicker":
                held["selected_date_time"] = (1_795_000_000, 9_999_999_999, 0)[len(word) % 3]
            case "users_select":
                held["selected_user"] = MARIA
            case "file_input":
                held["files"] = []
            case _:
                held["value"] = word[:3000] or None
        held["type"] = element["type"]
    return _who() | {"type": "view_submission", "view": _seen(view, values)}


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    """A bot with everything in the program, each of whose buttons was pressed once."""
    slack = Slack()

    async def call(client: AsyncWebClient, method: str, **given: Any) -> AsyncSlackResponse:
        return await slack.call(client, method, **given)

    async with database(folder) as db:
        affiliate = await join(db)
        await apply(db, email="amy@example.com")
        await settle(db, facts(), later(facts(), refunded=500))
        await some_code(db)
        ahead = {"start_date": None, "end_date": clock.now() + timedelta(days=30)}
        await make_contest(db, **ahead)
        async with db.transaction() as session:
            session.add(opening(affiliate.id))
        await ask(db, affiliate)
        with (
            patch.object(AsyncWebClient, "api_call", call),
            patch.object(bot.interactions, "_respond", slack.respond),
            patch.object(bot.app, "Bot", Listed),
        ):
            async with asynccontextmanager(_desk)(db, slack_reviewers=frozenset({MARIA})) as desk:
                made = desk.bot
                assert isinstance(made, Listed)
                room = Office(db, made, slack, await _things(db))
                await _walk(room)
                yield room


async def _things(db: Database) -> list[str]:
    """What buttons are about: ids, codes, invoices."""
    found: list[str] = []
    async with db.read() as session:
        connection = await session.connection()
        for table in METADATA.sorted_tables:
            for name in ("id", "code", "invoice_id"):
                if name in table.columns:
                    query = sa.select(table.columns[name]).limit(1)
                    found += [str(one) for one in (await connection.execute(query)).scalars()]
    return sorted({*found, "jared@example.com", "0", "1", "edit:x", "{}", "a b"})


async def _walk(room: Office) -> None:
    """Press every button for whatever it may be about, and keep the forms that open."""
    values = list(room.known)
    for name in room.bot.actions:
        for value in tuple(values):
            element = {"type": "button", "action_id": name, "block_id": "b", "value": value}
            room.slack.views.clear()
            with broken_ones_told():
                await room.send(_press(element))
            for view in room.slack.views:
                room.explore(view)
            if room.slack.views:
                room.presses.append(element)
                # What one button is about, the next one often is.
                values.remove(value)
                values.insert(0, value)
                break
    room.forms = [json.loads(one) for one in sorted({json.dumps(each) for each in room.forms})]
    require(len(room.forms) > 10, f"Only {len(room.forms)} forms were found.")


@asynccontextmanager
async def typed(folder: Path) -> AsyncIterator[Trial]:
    """Whatever a person types after a command and into a form: an answer in words."""
    async with office(folder) as room:
        words = st.one_of(one_of(room.known), texts, st.integers().map(str))
        subs = [one.name for one in room.bot.subcommands.all()]
        commands = st.builds(
            lambda name, rest: _command(" ".join([name, *rest])),
            st.one_of(one_of(subs), one_of(subs), texts),
            st.lists(words, max_size=3),
        )
        forms = st.builds(_filled, one_of(room.forms), st.lists(words, min_size=1, max_size=8))

        async def attempt(body: Json) -> None:
            await room.send(body)

        async def inspect() -> None:
            await require_books(room.db)

        yield Trial(st.one_of(commands, forms, forms), attempt, inspect)


@contextmanager
def broken_ones_told() -> Iterator[None]:
    """Let listeners apologise: that a body is none of Slack's is found out where it is read.

    Everything but that is still complained of: whatever gets past them, and what they show.
    """
    with patch.object(bot.failures.log, "error", _only_nonsense):
        yield


def _only_nonsense(event: str, **said: Any) -> None:
    error = said.get("exc_info")
    require(isinstance(error, _OF_NONSENSE), f"{event}: {error!r}")


_OF_NONSENSE: Final = (LookupError, TypeError, ValueError, AttributeError)


@asynccontextmanager
async def payloads(folder: Path) -> AsyncIterator[Trial]:
    """Bodies that Slack signed and would not send: an answer, and nothing in the books."""
    async with office(folder) as room:
        samples: list[Json] = [
            *[_press(one) for one in room.presses],
            *[
                _press(one, modal=room.forms[n % len(room.forms)])
                for n, one in enumerate(room.presses)
            ],
            *[_filled(form, ["1", "JARED30"]) for form in room.forms],
            _command("stats"),
            {
                "type": "event_callback",
                "team_id": TEAM["id"],
                "event": {"type": "app_home_opened", "tab": "home", "user": MARIA, "view": {}},
            },
        ]
        before = await ledger(room.db)
        made = st.builds(changed, one_of(samples), changes)

        async def attempt(body: Any) -> None:
            with broken_ones_told():
                await room.send(body if isinstance(body, dict) else {"body": body})
            require(await ledger(room.db) == before, "Nonsense has put something into the ledger.")

        async def inspect() -> None:
            await require_books(room.db)

        yield Trial(made, attempt, inspect)
