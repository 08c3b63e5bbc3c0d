"""What the public reports about affiliates. Counted fairly, and never acted on by itself."""

import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects
from domain.audit import Actor
from domain.clicks import network
from domain.compliance import QUIET, Finding, Kind, flag
from domain.emails import parse_email
from domain.errors import InvalidError
from domain.texts import keepable
from storage import affiliates, codes, landing, links
from storage import compliance as rows
from storage.affiliates import Affiliate
from storage.compliance import DISMISSED, REPORT, Report

NAMED_MAX: Final = 300
TEXT_MAX: Final = 2000
URL_MAX: Final = 500
KEPT: Final = 30
"""So many reports of one violation are kept in full; of the others only the number."""
COUNTED_TO: Final = 1000
"""More would say nothing more, and each costs a write."""
UNMATCHED_A_DAY: Final = 50
"""So many reports that name nobody we know are kept of 24 hours."""
SOON: Final = timedelta(seconds=20)

PUBLIC: Final = Actor("public", "", "report")
_WORD: Final = re.compile(r"[A-Za-z0-9-]{2,40}")


@dataclass(frozen=True, slots=True)
class Said:
    """A report as it was written. `named` is a code, a link or a name; `address` is not kept."""

    named: str
    kind: str
    text: str
    url: str = ""
    email: str = ""
    address: str = ""


def check(said: Said) -> dict[str, str]:
    """What is wrong with a report, by field; the same whoever it names."""
    errors = {}
    if not said.named.strip():
        errors["named"] = "Say whom it is about: a code, a link or a name."
    if said.kind not in set(Kind):
        errors["kind"] = "Choose what it is about."
    if not said.text.strip():
        errors["text"] = "Say what happened."
    if said.email.strip() and parse_email(said.email) is None:
        errors["email"] = "Type a whole mail address, or leave this empty."
    longest = {"named": NAMED_MAX, "text": TEXT_MAX, "url": URL_MAX}
    for name, most in longest.items():
        if len(getattr(said, name)) > most:
            errors[name] = f"Keep this under {most} characters."
    return errors


def reporter_of(key: bytes, address: str) -> str:
    """By what a reporter is known: a keyed hash of the network, which cannot be turned back."""
    return hmac.digest(key, f"report:{network(address)}".encode(), "sha256").hex()[:32]


def reporter_key(secret_key: str) -> bytes:
    """The key of these hashes: of no use for anything else."""
    return sha256(f"reporters:{secret_key}".encode()).digest()


async def report(session: AsyncSession, said: Said, key: bytes) -> None:
    """Take in a report. Answers nothing, so that it tells nobody whom we know.

    All of one network count once for each violation. Raises `InvalidError`.
    """
    if errors := check(said):
        raise InvalidError("The report lacks something.", errors)
    reporter = reporter_of(key, said.address)
    about = await whom(session, said.named)
    if about is None:
        await _keep_unmatched(session, said, reporter)
        return
    finding = Finding(Kind(said.kind), mark="reports")
    last = await rows.latest_like(session, about.id, said.kind, REPORT, finding.mark)
    if last is not None and last.status == DISMISSED and last.decided_at:
        # Operators have said what they think of this: it takes somebody else to ask again.
        is_recent = last.decided_at > clock.now() - QUIET
        if is_recent and await rows.is_kept(session, f"{last.id}:{reporter}"):
            return
    # Asked for first: it holds the affiliate, so that two reporters take turns.
    violation = await flag(session, about.id, finding, REPORT, PUBLIC)
    if violation is None:
        return
    once = f"{violation.id}:{reporter}"
    if await rows.is_kept(session, once):
        return
    kept = await rows.count_reports(session, violation.id)
    if kept:
        if violation.times >= COUNTED_TO:
            return
        violation.times += 1
        session.add(violation)
        await effects.show_case_soon(session, violation.case_id, clock.now() + SOON)
    if kept < KEPT:
        session.add(_row(said, reporter, once, violation.id))
        await session.flush()


async def _keep_unmatched(session: AsyncSession, said: Said, reporter: str) -> None:
    """Keep a report that names nobody we know, for operators who may; the day's first is told."""
    now = clock.now()
    once = f"nobody:{now.date()}:{reporter}"
    if await rows.is_kept(session, once):
        return
    today = await rows.unmatched(session, now - timedelta(days=1), UNMATCHED_A_DAY)
    if len(today) >= UNMATCHED_A_DAY:
        return
    session.add(_row(said, reporter, once, None))
    await session.flush()
    if not today:
        await effects.tell_operators(
            session,
            "Somebody reported a partner whom nobody here is called like. "
            "See /affiliate violations reports.",
        )


def _row(said: Said, reporter: str, once: str, violation_id: UUID | None) -> Report:
    return Report(
        violation_id=violation_id,
        named=keepable(said.named).strip()[:NAMED_MAX],
        kind=said.kind,
        text=keepable(said.text).strip()[:TEXT_MAX],
        url=keepable(said.url).strip()[:URL_MAX],
        email=parse_email(said.email) or "",
        reporter=reporter,
        once=once,
    )


async def whom(session: AsyncSession, named: str) -> Affiliate | None:
    """The affiliate that a code, a link or a name stands for; None where it is not one alone."""
    text = keepable(named).strip()
    for word in _words_in(text):
        link = await links.by_ref(session, word.upper())
        code = None if link else await codes.by_code(session, word.upper())
        owner = link.affiliate_user_id if link else code.affiliate_user_id if code else None
        if owner is None:
            page = await landing.by_slug(session, word.lower())
            owner = page.affiliate_user_id if page else None
        if owner is not None:
            return await affiliates.get(session, owner)
    found = await affiliates.called(session, text)
    return found[0] if len(found) == 1 else None


def _words_in(text: str) -> list[str]:
    """What may be a code, a ref or the name of a page in what somebody typed, likeliest first."""
    if "/" not in text and "?" not in text:
        return [text] if _WORD.fullmatch(text) else []
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        query = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return []
    path = [unquote(piece) for piece in parts.path.split("/") if piece]
    given = [*query.get("ref", []), *query.get("code", [])]
    if len(path) >= 2 and path[-2] in {"r", "partner"}:  # noqa: PLR2004 - the word and its value
        given.insert(0, path[-1])
    return [word for word in given if _WORD.fullmatch(word)]
