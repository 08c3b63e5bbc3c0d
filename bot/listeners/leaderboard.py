"""`/affiliate leaderboard`: who did best in a period."""

from bot.app import Bot
from bot.cards.blocks import Message
from bot.cards.leaderboard import leaderboard_card
from bot.context import BotContext
from domain import leaderboard, program
from domain.errors import InvalidError
from domain.leaderboard import Metric, Span


def register(bot: Bot, context: BotContext) -> None:
    """Offer the subcommand."""

    async def show(text: str) -> Message:
        span, metric = _asked(text)
        async with context.db.read() as session:
            settings = await program.load(session)
            # Operators see it also where affiliates do not.
            seen = settings.model_copy(update={"leaderboard_enabled": True})
            board = await leaderboard.board(session, seen, span, metric)
        return leaderboard_card(board, off=not settings.leaderboard_enabled)

    bot.subcommands.add(
        f"leaderboard [{'|'.join(Span)}] [{'|'.join(Metric)}]", "Who did best in a period.", show
    )


def _asked(text: str) -> tuple[Span, Metric]:
    """In any order; what is left out is this month, by referrals."""
    span, metric = Span.MONTH, Metric.REFERRALS
    for word in text.lower().split():
        if word in set(Span):
            span = Span(word)
        elif word in set(Metric):
            metric = Metric(word)
        else:
            raise InvalidError(
                f"I do not know “{word[:40]}”. A period is {', '.join(Span)}; what is compared is "
                f"{', '.join(Metric)}: /affiliate leaderboard last_month earnings"
            )
    return span, metric
