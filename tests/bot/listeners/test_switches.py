"""The switches of the program, pressed in Slack."""

from domain import program
from domain.program import Program
from sandbox.slack.people import AFFILIATES, MARIA
from storage import audit
from tests.bot.conftest import Desk


async def settings_now(desk: Desk) -> Program:
    """The settings as stored."""
    async with desk.db.read() as session:
        return await program.load(session)


async def press(desk: Desk, ts: str, name: str, part: str) -> str:
    """Press a button on the card and wait for what is told; the new card's time stamp."""
    assert (await desk.ws.click(MARIA, AFFILIATES, ts, name)).ok
    await desk.whispered(MARIA, part)
    return str(desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["ts"])


async def test_each_is_switched_by_a_press(desk_on_both: Desk) -> None:
    """Two tiers and the names on the leaderboard, shown as they are then, and in the log."""
    desk = desk_on_both
    assert (await desk.ws.command(MARIA, "/affiliate", "settings")).ok
    await desk.whispered(MARIA, "Two tiers are off. Who recruits an affiliate earns 5%")
    ts = str(desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["ts"])

    ts = await press(desk, ts, "Switch on", "Two tiers are on")
    assert (await settings_now(desk)).two_tier_enabled
    await press(desk, ts, "Names of who wants that", "by the names of those who want that")
    assert (await settings_now(desk)).leaderboard_privacy == "opt_in"
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, "program")
    assert [line.detail["changes"] for line in lines] == [
        {"two_tier_enabled": [False, True]},
        {"leaderboard_privacy": ["initials", "opt_in"]},
    ]
