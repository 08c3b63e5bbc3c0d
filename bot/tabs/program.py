"""The tab of the program: what it offers, each with the way to change it."""

from collections import Counter

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from bot.cards.blocks import Json, button, header, row
from domain import contests, networks
from domain.money import percent
from domain.program import load
from domain.two_tier import BASES
from storage import milestones, tiers
from storage.contests import ACTIVE, ENDED


async def blocks(session: AsyncSession) -> list[Json]:
    """A line for each part, as it is now."""
    lines = (
        ("Tiers", await _tiers(session), "tiers.open"),
        ("Milestones", await _milestones(session), "milestone.list"),
        ("Contests", await _contests(session), "contest.list"),
        ("Onboarding", "The mails of an affiliate's first two weeks.", "onboarding.open"),
        ("Resources", "What affiliates can share: texts, files, videos.", "resources.open"),
        ("Networks", await _networks(session), "network.list"),
        ("Webhooks", "Where our news is sent, and whether it arrives.", "webhooks.open"),
        ("Admin API", "Whose programs use it, and what they may do.", "tokens.open"),
        ("Settings", await _settings(session), "settings.open"),
    )
    return [
        header("Program"),
        *(row(title, about, button("Open", action, "home")) for title, about, action in lines),
    ]


async def _tiers(session: AsyncSession) -> str:
    names = ", ".join(tier.name for tier in await tiers.ladder(session))
    return f"{names}: rates, payout minimums and perks." if names else "None yet."


async def _milestones(session: AsyncSession) -> str:
    count = len(await milestones.in_order(session, only_active=True))
    return f"{count or 'None'} active: bonuses for numbers of converted referrals."


async def _contests(session: AsyncSession) -> str:
    now = clock.now()
    phases = Counter(contests.phase(each, now) for each in await contests.all_shown(session))
    running = f"{phases[ACTIVE]} running" if phases[ACTIVE] else "None running"
    return f"{running}, {phases[ENDED]} waiting for a winner." if phases[ENDED] else f"{running}."


async def _networks(session: AsyncSession) -> str:
    found = await networks.views(session)
    names = ", ".join(each.network.name for each in found if each.network.is_active)
    refused = sum(each.refused for each in found)
    told = f" {refused} of what they were told was refused: look." if refused else ""
    return f"{names or 'None'} in use.{told}"


async def _settings(session: AsyncSession) -> str:
    program = await load(session)
    board = "shown" if program.leaderboard_enabled else "hidden"
    share = f"{percent(program.second_tier_rate_bp)} of {BASES[program.second_tier_base]}"
    tiers_on = f"Recruiters earn {share}" if program.two_tier_enabled else "Recruiters earn nothing"
    return f"{tiers_on}; the leaderboard is {board}."
