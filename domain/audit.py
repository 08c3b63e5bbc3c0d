"""Who did what from where, kept for ever, and how to see that nobody touched it since."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import audit as lines


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts. `id` is theirs where they act (`origin`): slack, dashboard, cli, tally."""

    id: str
    name: str
    origin: str


SYSTEM = Actor("system", "Affiliate Desk", "system")


async def record(
    session: AsyncSession, actor: Actor, action: str, subject: str, **detail: Any
) -> None:
    """Write a line into the audit log, in the transaction of the act itself.

    Everybody else's next line waits for this transaction's end, so this comes after the last
    row that the act locks: whoever holds the log may not wait for somebody who wants it.
    """
    await record_each(session, actor, action, {subject: detail})


async def record_each(
    session: AsyncSession, actor: Actor, action: str, details: Mapping[str, dict[str, Any]]
) -> None:
    """Write a line for each subject of one act, as `record` does for a single one."""
    await lines.append(
        session,
        actor=f"{actor.id} ({actor.name})" if actor.name else actor.id,
        origin=actor.origin,
        action=action,
        details=details,
    )


async def first_broken_line(session: AsyncSession) -> int | None:
    """The number of the first line that was changed, removed or slipped in; None if all hold.

    Lines cut off at the end leave a whole, shorter chain: only a copy of the last seal, kept
    elsewhere, would show those.
    """
    before, expected = lines.START, 1
    async for line in lines.chain(session):
        if line.number != expected or line.seal != lines.seal(line, before):
            return expected
        before, expected = line.seal, expected + 1
    return None
