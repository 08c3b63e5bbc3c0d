"""Mails about pauses for a fraud score: of what kind the reasons are, and how to appeal."""

from typing import Any
from uuid import UUID

from domain import fraud_decisions
from domain.errors import NotFoundError
from outbox.letters.registry import Asked, letter
from storage import fraud as rows
from storage.worker import GiveUpError


@letter("fraud_paused")
async def of_pause(asked: Asked) -> dict[str, Any]:
    """What kind of thing was noticed, and where to say something to it."""
    try:
        view = await fraud_decisions.view(asked.session, UUID(asked.about["flag"]))
    except NotFoundError as error:
        raise GiveUpError("The pause that this mail is about is gone.") from error
    return {
        "name": view.affiliate.name,
        "promo_code": view.affiliate.promo_code,
        "noticed": list(fraud_decisions.noticed(view.flag)),
        "review_url": f"{asked.server.public_url}/affiliate/dashboard/review",
    }


@letter("fraud_answered")
async def of_answer(asked: Asked) -> dict[str, Any]:
    """What operators answer to an appeal."""
    appeal = await rows.get_appeal(asked.session, UUID(asked.about["appeal"]))
    if appeal is None:
        raise GiveUpError("The appeal that this mail answers is gone.")
    view = await fraud_decisions.view(asked.session, appeal.flag_id)
    return {
        "name": view.affiliate.name,
        "appeal": appeal.text,
        "answer": appeal.answer,
        "review_url": f"{asked.server.public_url}/affiliate/dashboard/review",
    }
