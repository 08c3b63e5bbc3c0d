"""Discount codes that were made at once: how far the payment provider is, and their file."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects
from domain.errors import NotFoundError
from domain.money import digits
from domain.program import Program, load
from domain.spreadsheets import inert
from storage import codes, outbox
from storage.codes import FIXED_AMOUNT, DiscountCode

_HEADER: Final = (
    *("code", "status", "discount", "currency", "duration", "months", "uses_in_all"),
    *("uses_per_customer", "minimum_plan", "expires_at", "stripe_promotion_code", "problem"),
)
GIVEN_UP: Final = "Stripe did not take it. See /affiliate health."


@dataclass(frozen=True, slots=True)
class Batch:
    """Codes with the same terms, in alphabetical order; `busy` are those on their way still."""

    id: UUID
    codes: Sequence[DiscountCode]
    busy: frozenset[UUID]
    program: Program

    @property
    def name(self) -> str:
        """What all of them begin with."""
        return self.codes[0].code.rpartition("-")[0]

    @property
    def at_stripe(self) -> int:
        """How many can be redeemed."""
        return sum(1 for each in self.codes if self._is_there(each))

    @property
    def done(self) -> bool:
        """Whether nothing more happens by itself."""
        return not self.busy

    @property
    def refused(self) -> list[tuple[DiscountCode, str]]:
        """Those that are not at Stripe, and why, once nothing is under way for them."""
        return [
            (each, each.stripe_problem or GIVEN_UP)
            for each in self.codes
            if each.id not in self.busy and not self._is_there(each)
        ]

    def _is_there(self, code: DiscountCode) -> bool:
        return bool(code.stripe_promotion_code_id) and not code.stripe_problem


async def look(session: AsyncSession, batch: UUID) -> Batch:
    """The batch as it stands. Raises `NotFoundError`."""
    made = await codes.of_batch(session, batch)
    if not made:
        raise NotFoundError("There are no such codes.")
    lanes = {effects.code_lane(each.id): each.id for each in made}
    busy = await outbox.busy_lanes(session, lanes, effects.PROMOTION_CODE)
    return Batch(batch, made, frozenset(lanes[lane] for lane in busy), await load(session))


def sheet(batch: Batch) -> str:
    """The file: a line for each code with its terms, and what became of it."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(_HEADER)
    problems = {code.id: problem for code, problem in batch.refused}
    writer.writerows(_line(code, problems.get(code.id, "")) for code in batch.codes)
    return made.getvalue()


def _line(code: DiscountCode, problem: str) -> tuple[str, ...]:
    fixed = code.discount_type == FIXED_AMOUNT
    value = digits(code.discount_value, code.currency) if fixed else f"{code.discount_value}%"
    return (
        code.code,
        code.status,
        value,
        code.currency.upper(),
        code.duration,
        _shown(code.duration_months),
        _shown(code.max_uses),
        str(code.max_uses_per_user),
        code.min_plan or "",
        code.expires_at.isoformat() if code.expires_at else "",
        code.stripe_promotion_code_id,
        inert(problem),
    )


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)
