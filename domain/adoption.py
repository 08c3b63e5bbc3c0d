"""Taking over a code that exists at the payment provider already, as it is there."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import code_terms, codes, effects
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError
from domain.program import load
from storage import affiliates
from storage import codes as rows
from storage.codes import ACTIVE, DiscountCode
from storage.locks import take_turn

_NO_LIMIT_PER_PERSON: Final = 1000
"""The provider knows no such limit, and nobody was told of one."""


@dataclass(frozen=True, slots=True)
class ExistingCode:
    """A code as the payment provider has it: ids, what it takes off, and for whom.

    Either `percent` or `amount` minor units of `currency` (lower case). `min_plan` is the plan
    whose price is the least amount, None without one; `obstacle` is a sentence on what the code
    does that codes here can not do, empty where there is nothing of the kind.
    """

    code: str
    coupon_id: str
    promotion_code_id: str
    duration: str
    percent: Decimal | None = None
    amount: int | None = None
    currency: str = ""
    months: int | None = None
    max_uses: int | None = None
    uses: int = 0
    expires_at: datetime | None = None
    first_purchase_only: bool = False
    min_plan: str | None = None
    obstacle: str = ""


async def adopt(session: AsyncSession, existing: ExistingCode, actor: Actor) -> DiscountCode:
    """Keep a code that exists elsewhere as one of ours; nothing about it changes for customers.

    A code here that the provider never had becomes what the existing one is. Raises
    `ConflictError` for a word that stands for something else here, `InvalidError` for a code that
    codes here can not be like.
    """
    word = existing.code.upper()
    await take_turn(session, f"code:{word}")
    kept = next(iter(await rows.by_words(session, [word], lock=True)), None)
    if not _may_become(kept) if kept else await codes.taken(session, {word}):
        raise ConflictError(f"{word} is taken here already, so it cannot be adopted.")
    _require_possible(existing)
    terms = code_terms.read(
        {
            "code": word,
            "discount_type": "fixed_amount" if existing.percent is None else "percentage",
            "discount_value": int(existing.percent or existing.amount or 0),
            "currency": existing.currency if existing.percent is None else "",
            "duration": existing.duration,
            "duration_months": existing.months,
            "max_uses": existing.max_uses,
            "max_uses_per_user": 1 if existing.first_purchase_only else _NO_LIMIT_PER_PERSON,
            "min_plan": existing.min_plan,
            "first_purchase_only": existing.first_purchase_only,
            "expires_at": existing.expires_at,
        }
    )
    if existing.min_plan is not None and (await load(session)).plan(existing.min_plan) is None:
        raise _unlike(f"there is no plan {existing.min_plan}")
    detail: dict[str, Any] = {"promotion_code": existing.promotion_code_id, "uses": existing.uses}
    if kept is None:
        made = DiscountCode(
            **terms.model_dump(exclude={"affiliate"}), created_by=actor.name or actor.id
        )
    else:
        made, before = kept, code_terms.terms_of(kept)
        for name, value in terms.model_dump(exclude={"affiliate", "description"}).items():
            setattr(made, name, value)
        detail["changes"] = code_terms.changes_between(before, code_terms.terms_of(made))
        made.status, made.updated_at = ACTIVE, clock.now()
    made.stripe_coupon_id = existing.coupon_id
    made.stripe_promotion_code_id = existing.promotion_code_id
    made.prior_uses, made.stripe_problem = existing.uses, ""
    session.add(made)
    await session.flush()
    await effects.update_promotion_code(session, made.id)
    owner = (
        await affiliates.get(session, made.affiliate_user_id) if made.affiliate_user_id else None
    )
    if owner is not None:
        await effects.update_directory(session, owner.email_key)
    await record(session, actor, "code.adopted", f"code:{made.id}", code=word, **detail)
    return made


def _may_become(kept: DiscountCode) -> bool:
    """Whether the provider never had a code, and nothing is under way to give it one."""
    never_made = not kept.stripe_promotion_code_id and not kept.total_uses
    return never_made and bool(kept.stripe_problem or kept.status != ACTIVE)


def _require_possible(existing: ExistingCode) -> None:
    if existing.obstacle:
        raise _unlike(existing.obstacle)
    if existing.percent is not None and existing.percent != int(existing.percent):
        raise _unlike(
            f"it takes off {existing.percent.normalize():f}%, and codes here whole percents"
        )


def _unlike(reason: str) -> InvalidError:
    sentence = f"This code cannot be adopted: {reason}."
    return InvalidError(sentence, {"code": sentence})
