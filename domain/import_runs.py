"""An import from the first look to the last row: sort out, report, and carry out if told to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, import_applying, import_reports
from domain.audit import Actor, record
from domain.import_applying import Terms
from domain.imports import Program as Earlier
from domain.money import number
from domain.program import Program
from storage import imports as rows
from storage.staging import KNOWN, NEW, Staging

CODES, DIRECTORY, MAIL, OPERATORS = "codes", "directory", "mail", "operators"
NOTIFY: Final = (CODES, DIRECTORY, MAIL, OPERATORS)
"""What may be asked of the outside, each only if it is told to."""

BROUGHT_OVER: Final = "affiliate_brought_over"
"""The mail that tells an affiliate where their program is now."""

_PART: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """How much each of `NOTIFY` would ask of the outside."""

    codes: int
    directory: int
    mail: int

    def lines(self, chosen: Collection[str]) -> list[str]:
        """What is asked of the outside, and what could be."""
        could = {
            CODES: f"makes {number(self.codes)} promo codes at the payment provider, which knows "
            "none of them yet",
            DIRECTORY: f"writes {number(self.directory)} entries of the user directory",
            MAIL: f"mails {number(self.mail)} affiliates who were not told yet",
            OPERATORS: "posts one line in the operators' channel",
        }
        said = [f"  {each}: {words}." for each, words in could.items() if each in chosen]
        rest = [f"  --notify {each} {could[each]}." for each in NOTIFY if each not in chosen]
        head = "Asked of the outside:" if said else "Nothing is asked of the outside."
        return [head, *said, *rest]


async def asked_for(session: AsyncSession, staging: Staging, source: str) -> Asked:
    """What the affiliates of the files would need."""
    new = _count(staging, "fate = ? AND status = 'approved'", NEW)
    unmade = _count(staging, "fate = ? AND status = 'approved' AND promotion_code = ''", NEW)
    untold = 0
    for part in staging.parts(_HERE, [KNOWN], size=_PART):
        ids = [UUID(target) for _, target in part]
        unmade += len(await rows.codes_unmade(session, ids))
        untold += len(await rows.untold(session, source, ids))
    return Asked(unmade, _count(staging, "fate = ?", NEW), new + untold)


_HERE: Final = "SELECT n, target FROM affiliates WHERE fate = ? AND file >= 0 ORDER BY n"


def _count(staging: Staging, where: str, fate: str) -> int:
    query = f"SELECT COUNT(*) FROM affiliates WHERE {where}"  # noqa: S608 - names are ours
    (found,) = staging.one(query, [fate]) or (0,)
    return int(found)


@dataclass(frozen=True, slots=True)
class Orders:
    """How to carry it out: up to when the earlier program accounted for sales, and whom to tell.

    `seals` are the files' names with their SHA-256, for the audit log.
    """

    actor: Actor
    settled_until: datetime
    notify: Collection[str] = ()
    seals: Mapping[str, str] = field(default_factory=dict)
    watch: import_applying.Watch = lambda *_: None


async def carry_out(
    session: AsyncSession,
    staging: Staging,
    earlier: Earlier,
    program: Program,
    orders: Orders,
) -> None:
    """Write everything, ask the outside for what was chosen, and put it in the audit log."""
    terms = Terms(earlier.source, earlier.title, orders.settled_until, orders.actor)
    await import_applying.carry_out(session, staging, terms, program, orders.watch)
    told = 0
    if {CODES, DIRECTORY, MAIL} & set(orders.notify):
        told = await _ask(session, staging, earlier, orders.notify)
    summary = import_reports.summary(staging, earlier)
    if OPERATORS in orders.notify:
        await effects.tell_operators(session, summary)
    await record(
        session,
        orders.actor,
        "import.applied",
        f"import:{earlier.source}",
        files=dict(orders.seals),
        settled_until=orders.settled_until.isoformat(),
        summary=summary,
        notify=sorted(orders.notify),
        mailed=told,
    )


async def _ask(
    session: AsyncSession, staging: Staging, earlier: Earlier, notify: Collection[str]
) -> int:
    """Ask for codes, directory entries and mails; returns how many are mailed."""
    told = 0
    query = (
        "SELECT target, fate = 'new' FROM affiliates WHERE fate IN (?, ?) AND file >= 0 ORDER BY n"
    )
    for part in staging.parts(query, [NEW, KNOWN], size=_PART):
        ids = [UUID(target) for target, _ in part]
        if CODES in notify:
            now = clock.now()
            due = dict.fromkeys(await rows.codes_unmade(session, ids), now)
            await effects.update_promotion_codes(session, due)
        if DIRECTORY in notify:
            fresh = [UUID(target) for target, is_new in part if is_new]
            for key in await rows.keys_of(session, fresh):
                await effects.update_directory(session, key)
        if MAIL in notify:
            for affiliate_id, email in (await rows.tell(session, earlier.source, ids)).items():
                told += 1
                await effects.send_mail(
                    session,
                    BROUGHT_OVER,
                    email,
                    affiliate=str(affiliate_id),
                    program=earlier.title,
                )
    return told


def nothing_to_do(staging: Staging) -> bool:
    """Whether all that the files say is here already."""
    return not any(
        staging.one(f"SELECT 1 FROM {table} WHERE fate IN ('new', 'changed') LIMIT 1")  # noqa: S608 - names are ours
        for table in ("affiliates", "links", "customers", "commissions")
    )
