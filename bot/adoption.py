"""Taking over a code that Stripe has already."""

from bot.context import BotContext
from domain.adoption import adopt
from domain.audit import Actor
from domain.errors import ConflictError
from domain.program import load
from integrations.errors import TransportError
from storage.codes import DiscountCode

SAID = "{} is taken over as Stripe has it. Customers notice nothing."


async def take_over(desk: BotContext, word: str, actor: Actor) -> DiscountCode:
    """Make the code that customers redeem by typing this word one of ours. Raises `DomainError`."""
    if desk.existing_code is None:
        raise ConflictError("Stripe is not connected, so there is nothing to take over.")
    async with desk.db.read() as session:
        settings = await load(session)
    try:
        existing = await desk.existing_code(word, settings)
    except TransportError as error:
        raise ConflictError(f"{error} Nothing was changed: try again.") from error
    async with desk.db.transaction() as session:
        return await adopt(session, existing, actor)
