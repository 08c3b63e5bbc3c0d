"""What the product's user directory (Clerk) knows of somebody, asked no more than needed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import clock
from domain.affiliates import DirectoryEntry
from domain.statuses import parse_status
from integrations.clerk import Clerk, ClerkUser
from integrations.clerk_metadata import read_affiliate
from integrations.errors import TransportError

REMEMBER_S: Final = 300
PATIENCE_S: Final = 5
"""How long a page waits for the directory before it goes on without."""
_MOST: Final = 1000

Answer = TypeVar("Answer")


class Directory:
    """Looks people up; remembers each answer for `REMEMBER_S`, also that there was none.

    `namespace` is the part of the private metadata that is the product's. Both calls raise
    `TransportError` where the directory does not answer.
    """

    def __init__(self, clerk: Clerk, namespace: str) -> None:
        self._clerk = clerk
        self._namespace = namespace
        self._emails: dict[str, tuple[float, str | None]] = {}
        self._entries: dict[str, tuple[float, DirectoryEntry | None]] = {}

    async def email_of(self, user_id: str) -> str | None:
        """The verified address of a user, their primary one if that is verified."""

        async def ask() -> str | None:
            try:
                user = await self._clerk.get_user(user_id)
            except TransportError as error:
                if error.code == "resource_not_found":
                    return None
                raise
            return user.emails[0] if user.emails else None

        return await _remembered(self._emails, user_id, ask)

    async def entry_of(self, email: str) -> DirectoryEntry | None:
        """What the directory says of the affiliate who owns an address, if it says anything."""

        async def ask() -> DirectoryEntry | None:
            user = await self._clerk.find_user_by_email(email)
            return None if user is None else self._entry(user, email)

        return await _remembered(self._entries, email.casefold(), ask)

    def _entry(self, user: ClerkUser, email: str) -> DirectoryEntry | None:
        kept = read_affiliate(user.private_metadata, self._namespace)
        status = parse_status(kept.status) if kept else None
        if kept is None or status is None:
            return None
        return DirectoryEntry(
            email=email,
            user_id=user.id,
            status=status,
            promo_code=kept.promo_code,
            approved_at=kept.approved_at,
            terms_version=kept.terms_version,
            reference=kept.affiliate_id,
            stripe_coupon_id=kept.stripe_coupon_id,
            stripe_promotion_code_id=kept.stripe_promotion_code_id,
        )


async def _remembered(
    answers: dict[str, tuple[float, Answer]], key: str, ask: Callable[[], Awaitable[Answer]]
) -> Answer:
    known = answers.get(key)
    # A clock that was put back would let an answer be remembered for hours.
    if known is not None and 0 < known[0] - clock.timestamp() <= REMEMBER_S:
        return known[1]
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer = await ask()
    except TimeoutError as error:
        raise TransportError("Clerk took too long to answer") from error
    answers.pop(key, None)
    if len(answers) >= _MOST:
        del answers[next(iter(answers))]
    answers[key] = (clock.timestamp() + REMEMBER_S, answer)
    return answer
