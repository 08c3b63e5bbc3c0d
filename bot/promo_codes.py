"""A promo code somebody typed: what the rules, the codes here and Stripe say of it."""

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

import structlog

from bot.context import BotContext
from domain import applications, codes, program
from domain.codes import Verdict
from domain.program import Program
from integrations.errors import TransportError
from integrations.stripe import StripeGateway

log = structlog.get_logger(__name__)


class AtStripe(StrEnum):
    """What Stripe says of a code."""

    ASKING = "asking"
    FREE = "free"
    TAKEN = "taken"
    SILENT = "silent"
    NOT_CONNECTED = "not connected"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """Everything that a reviewer needs to decide on a code for an application."""

    view: applications.View
    program: Program
    verdict: Verdict
    at_stripe: AtStripe


async def check_here(desk: BotContext, application_id: UUID, code: str | None = None) -> CodeCheck:
    """What is known here of a code, by default of the one that was chosen or asked for.

    Raises `ConflictError` if the application was decided meanwhile, `NotFoundError`.
    """
    async with desk.db.read() as session:
        view = await applications.pending_view(session, application_id)
        settings = await program.load(session)
        verdict = view.code
        if code is not None:
            verdict = await codes.judge(session, code, settings, name=view.application.name)
    if verdict.problem:
        return CodeCheck(view, settings, verdict, AtStripe.NOT_ASKED)
    at_stripe = AtStripe.ASKING if desk.stripe else AtStripe.NOT_CONNECTED
    return CodeCheck(view, settings, verdict, at_stripe)


async def ask_stripe(desk: BotContext, check: CodeCheck, *, within: float) -> CodeCheck:
    """The same check with Stripe's word, waited for at most `within` seconds."""
    if check.at_stripe is not AtStripe.ASKING or desk.stripe is None:
        return check
    code = check.verdict.code
    answer = await ask_for(desk.stripe, code, within)
    if answer is not AtStripe.TAKEN:
        return replace(check, at_stripe=answer)
    async with desk.db.read() as session:
        verdict = await codes.judge(
            session, code, check.program, name=check.view.application.name, also_taken=code
        )
    problem = f"{code} is a promotion code in Stripe already."
    return replace(check, at_stripe=answer, verdict=replace(verdict, problem=problem))


async def ask_for(stripe: StripeGateway, code: str, within: float) -> AtStripe:
    """Whether Stripe has a code, waited for at most `within` seconds."""
    try:
        async with asyncio.timeout(within):
            found = await stripe.promotion_codes.find(code)
    except (TransportError, TimeoutError) as error:
        log.warning("stripe did not say whether a code is taken", code=code, error=str(error))
        return AtStripe.SILENT
    return AtStripe.TAKEN if found else AtStripe.FREE
