"""The mails of an affiliate's first two weeks: each at most once ever, at most one a day.

Day 0 is the mail of the approval. A step is due from its day on, counted where the affiliate
lives, in waking hours there. What could not be sent in time (a server that was down, a pause) is
sent while it still makes sense, the oldest first; after that it is marked as skipped. Who came
long before, or without an application, gets none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, program, subscriptions
from domain.audit import Actor, record
from domain.drip_defaults import DEFAULTS
from domain.drip_texts import Text, checked
from domain.emails import parse_email
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.statuses import Status
from domain.subscriptions import TIPS
from domain.zones import local_day, zone_of
from storage import affiliates
from storage import drips as rows
from storage import subscriptions as refusals
from storage.drips import SENT, SKIPPED, DripLog, DripText
from storage.locks import take_turn

MAIL: Final = "drip"
"""The template of all of these mails."""

FIRST_HOUR: Final = 9
LAST_HOUR: Final = 21
"""Mails leave from the one on and before the other, by the affiliate's clock."""

AT_ONCE: Final = 50
_APART: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Step:
    """A mail of day `day` after the approval, which makes sense for `good_for` days more."""

    name: str
    day: int
    title: str
    good_for: int = 3


WELCOME: Final = Step("welcome", 0, "Welcome, with a tour of the dashboard")
"""The mail of the approval, which is no tip: it always goes, and its text is not changed here."""

STEPS: Final = (
    Step("share", 1, "Share your first link"),
    Step("review", 2, "Write your first review"),
    Step("social", 3, "Promote on social media"),
    Step("stats", 5, "Check your stats"),
    Step("report", 7, "Your first week in figures", good_for=5),
    Step("advanced", 14, "Level up", good_for=7),
)
_CHANGED: Final = "Somebody changed this mail meanwhile. Close this and open it again."
NEWEST: Final = timedelta(days=STEPS[-1].day + STEPS[-1].good_for + 2)
"""Whoever was approved longer ago gets nothing any more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about one affiliate now: marks to set, and the mail to send, if any."""

    late: tuple[Step, ...] = ()
    due: Step | None = None


def plan(
    approved_at: datetime,
    zone: ZoneInfo,
    decided: Mapping[str, DripLog],
    now: datetime,
    *,
    off: frozenset[str] = frozenset(),
) -> Plan:
    """Decide from what was decided before; `off` are the steps that operators switched off."""
    today = local_day(now, zone)
    age = (today - local_day(approved_at, zone)).days
    open_steps = [step for step in STEPS if step.name not in decided and step.day <= age]
    late = tuple(step for step in open_steps if age > step.day + step.good_for)
    due = [step for step in open_steps if step not in late and step.name not in off]
    sent = [row.at for row in decided.values() if row.status == SENT]
    rested = all(local_day(at, zone) < today and now - at >= _APART for at in sent)
    awake = FIRST_HOUR <= now.astimezone(zone).hour < LAST_HOUR
    return Plan(late, due[0] if due and rested and awake else None)


async def send_due(session: AsyncSession) -> int:
    """Mail whoever is due, a number of them at most; how many were mailed.

    May run in several processes at once: a step is logged before it is sent, in the same
    transaction, and the log takes each only once.
    """
    now = clock.now()
    since = now - NEWEST
    settings = await program.load(session)
    off = frozenset(name for name, row in (await rows.texts(session)).items() if not row.is_on)
    decided = await rows.logged(session, since)
    refusers = await refusals.refusers(session, TIPS)
    busy = []
    for one in await rows.newcomers(session, Status.APPROVED, since):
        found = plan(one.approved_at, zone_of(one, settings), decided.get(one.id, {}), now, off=off)
        if found.late or (found.due and one.id not in refusers):
            busy.append(one.id)
        if len(busy) == AT_ONCE:
            break
    return sum([await _take(session, one, settings, now, off) for one in sorted(busy)])


async def _take(
    session: AsyncSession,
    affiliate_id: UUID,
    settings: program.Program,
    now: datetime,
    off: frozenset[str],
) -> bool:
    """Decide again about one who now stays as they are; whether they are mailed."""
    one = await affiliates.hold(session, affiliate_id)
    if one is None or one.status != Status.APPROVED:
        return False
    decided = (await rows.logged(session, now - NEWEST, only={one.id})).get(one.id, {})
    found = plan(one.approved_at, zone_of(one, settings), decided, now, off=off)
    for step in found.late:
        await rows.decide(session, one.id, step.name, SKIPPED)
    if found.due is None or not await subscriptions.wants(session, one.id, TIPS):
        return False
    if not await rows.decide(session, one.id, found.due.name, SENT):
        return False
    return await subscriptions.send_mail(session, TIPS, MAIL, one, step=found.due.name)


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as operators see it: its text in force, and whether that is their own."""

    step: Step
    text: Text
    is_on: bool = True
    is_own: bool = False
    version: int = 0


async def views(session: AsyncSession) -> list[StepView]:
    """Every step with a text that operators may change."""
    found = await rows.texts(session)
    return [_view(step, found.get(step.name)) for step in STEPS]


async def view(session: AsyncSession, name: str) -> StepView:
    """One step. Raises `NotFoundError`."""
    return _view(_step(name), await rows.text(session, name))


def _view(step: Step, row: DripText | None) -> StepView:
    if row is None:
        return StepView(step, DEFAULTS[step.name])
    own = Text(row.subject, row.preheader, row.body)
    is_own = bool(row.body)
    return StepView(step, own if is_own else DEFAULTS[step.name], row.is_on, is_own, row.version)


def _step(name: str) -> Step:
    step = next((step for step in STEPS if step.name == name), None)
    if step is None:
        raise NotFoundError("There is no such mail.")
    return step


async def edit(
    session: AsyncSession, name: str, text: Text, version: int, actor: Actor
) -> StepView:
    """Keep operators' own text of a step, for all mails from now on.

    Raises `InvalidError`, by field, and `ConflictError` if it is not at this `version` any more.
    """
    text = checked(text)
    row = await _hold(session, name)
    if row.version != version:
        raise ConflictError(_CHANGED)
    return await _keep(session, row, text, actor, "drip.edited")


async def reset(session: AsyncSession, name: str, actor: Actor) -> StepView:
    """Go back to the ready-made text. The audit log keeps the other one."""
    row = await _hold(session, name)
    if not row.body:
        raise ConflictError("This mail has its ready-made text already.")
    return await _keep(session, row, Text("", "", ""), actor, "drip.reset")


async def _keep(
    session: AsyncSession, row: DripText, text: Text, actor: Actor, action: str
) -> StepView:
    before = _view(_step(row.step), row).text
    row.subject, row.preheader, row.body = text.subject, text.preheader, text.body
    made = _changed(session, row)
    after = made.text
    changes = {
        part: [getattr(before, part), getattr(after, part)]
        for part in ("subject", "preheader", "body")
        if getattr(before, part) != getattr(after, part)
    }
    subject = f"drip:{row.step}"
    await record(session, actor, action, subject, version=row.version, changes=changes)
    return made


async def switch(
    session: AsyncSession, name: str, actor: Actor, *, on: bool, version: int | None = None
) -> StepView:
    """Send a step from now on, or no more.

    Raises `ConflictError` where it stands so already, or is not at this `version` any more.
    """
    row = await _hold(session, name)
    if version is not None and row.version != version:
        raise ConflictError(_CHANGED)
    if row.is_on == on:
        raise ConflictError(f"This mail is {'on' if on else 'off'} already.")
    row.is_on = on
    made = _changed(session, row)
    await record(session, actor, "drip.switched", f"drip:{name}", on=on, version=row.version)
    return made


async def _hold(session: AsyncSession, name: str) -> DripText:
    """The row of a step, ours alone until the transaction ends."""
    step = _step(name)
    await take_turn(session, f"drip:{step.name}")
    return await rows.text(session, name) or DripText(step=name)


def _changed(session: AsyncSession, row: DripText) -> StepView:
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    return _view(_step(row.step), row)


async def send_test(session: AsyncSession, name: str, to: str, actor: Actor) -> str:
    """Mail a step, filled with made-up words, to an operator; the address it goes to."""
    email = parse_email(to)
    if email is None:
        sentence = "Type a mail address, like name@example.com."
        raise InvalidError(sentence, {"to": sentence})
    _step(name)
    await effects.send_mail(session, MAIL, email, step=name, test="yes")
    await record(session, actor, "drip.tested", f"drip:{name}", to=email)
    return email
