"""Mails about the program's rules: that they changed, and what was decided about violations."""

from typing import Any
from uuid import UUID

from domain import compliance_cases, terms
from domain.compliance_cases import Seen
from domain.errors import NotFoundError
from outbox.letters.registry import Asked, letter
from storage import affiliates
from storage.worker import GiveUpError


@letter("violation_warned", "violation_suspended", "violation_terminated")
async def of_case(asked: Asked) -> dict[str, Any]:
    """What was seen, what was decided and why, and where to answer."""
    try:
        view = await compliance_cases.view(asked.session, UUID(asked.about["case"]))
    except NotFoundError as error:
        raise GiveUpError("The case that this mail is about is gone.") from error
    return {
        "name": view.affiliate.name,
        "promo_code": view.affiliate.promo_code,
        "reason": view.case.reason,
        "seen": [
            {"kind": one.kind, "text": "\n".join(one.lines)}
            for one in map(Seen.of, view.violations)
        ],
        "rules_url": _rules(asked),
    }


@letter("terms_changed")
async def of_terms(asked: Asked) -> dict[str, Any]:
    """The sentences that are new to this affiliate, and until when they may think about them."""
    affiliate = await affiliates.get(asked.session, UUID(asked.about["affiliate"]))
    if affiliate is None:
        raise GiveUpError("The affiliate that this mail is about is gone.")
    days = asked.program.terms_grace_days
    open_ = await terms.asked(asked.session, affiliate, asked.program.rules, days)
    until = open_.until if open_ else None
    return {
        "name": affiliate.name,
        "fresh": list(open_.fresh) if open_ else [],
        "gone": list(open_.gone) if open_ else [],
        "until": f"{until.day} {until:%B %Y}" if until else "",
        "rules_url": _rules(asked),
    }


def _rules(asked: Asked) -> str:
    return f"{asked.server.public_url}/affiliate/dashboard/rules"
