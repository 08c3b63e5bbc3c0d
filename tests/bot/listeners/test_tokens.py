"""Tokens of operators' programs, seen and ended in Slack."""

from datetime import timedelta

import clock
from bot.cards.tokens import SHOWN_MAX, tokens_card
from domain import operator_tokens
from domain.audit import Actor
from sandbox.slack.blocks import check_blocks
from sandbox.slack.people import AFFILIATES, JONAS, MARIA, SAM
from storage import audit
from storage.db import Database
from storage.operator_tokens import OperatorToken
from tests.bot.conftest import Desk

HOSTILE = "<!channel> *CRM* \u202e&amp;"


async def make(db: Database, name: str = "CRM") -> tuple[OperatorToken, str]:
    """A token of Jonas's."""
    async with db.transaction() as session:
        return await operator_tokens.create(
            session,
            name,
            Actor(JONAS, "@jonas", "slack"),
            ["codes:read"],
            Actor("root", "", "cli"),
            expires_at=clock.now() + timedelta(days=30),
        )


async def asked(desk: Desk, part: str) -> str:
    """Type `/affiliate tokens`; the time stamp of the answer, which holds `part`."""
    await desk.ws.command(MARIA, "/affiliate", "tokens")
    await desk.whispered(MARIA, part)
    return str(desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["ts"])


async def test_a_token_is_seen_and_revoked(desk_on_both: Desk) -> None:
    """By whoever reviews; the log says who, and the text of the token stands nowhere."""
    desk = desk_on_both
    await asked(desk, "No token opens the admin API.")
    token, text = await make(desk.db)
    ts = await asked(desk, "1 token opens the admin API.")
    said = desk.ws.text_of(desk.ws.ephemerals(AFFILIATES, MARIA)[-1])
    for part in ("CRM", "@jonas", "codes:read", f"{token.prefix}…", "never"):
        assert part in said
    assert text not in str(desk.ws.ephemerals(AFFILIATES, MARIA))

    await desk.ws.click(MARIA, AFFILIATES, ts, "Revoke")

    await desk.whispered(MARIA, f"CRM ({token.prefix}…) opens nothing any more.")
    async with desk.db.read() as session:
        assert await operator_tokens.holder(session, text) is None
        line = (await audit.of_subject(session, f"token:{token.id}"))[-1]
    assert (line.action, line.actor) == ("token.revoked", "U0MARIA (@maria)")
    await desk.ws.click(MARIA, AFFILIATES, ts, "Revoke")
    await desk.whispered(MARIA, "was revoked by @maria already")


async def test_a_stranger_sees_no_token(desk: Desk) -> None:
    """Nor ends one."""
    _, text = await make(desk.db)
    await desk.ws.command(SAM, "/affiliate", "tokens")
    await desk.whispered(SAM, "")
    assert "CRM" not in str(desk.ws.ephemerals(AFFILIATES, SAM))
    async with desk.db.read() as session:
        assert await operator_tokens.holder(session, text) is not None


async def test_the_card_holds_any_name_and_any_number(desk: Desk) -> None:
    """What Slack refuses is found here, and older ones are spoken of."""
    made = [(await make(desk.db, HOSTILE))[0] for _ in range(SHOWN_MAX + 1)]
    for count in (0, 1, SHOWN_MAX, SHOWN_MAX + 1):
        _, blocks = tokens_card(made[:count])
        assert check_blocks(blocks) == []
        shown = str(blocks)
        assert shown.count("token.revoke") == min(count, SHOWN_MAX)
        assert ("older ones" in shown) is (count > SHOWN_MAX)
        assert "\u202e" not in shown
