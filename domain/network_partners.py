"""Recruits from networks: partners there who are invited here, and keep their id when they join."""

import base64
import binascii
import csv
import hmac
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects
from domain.audit import Actor, record
from domain.emails import email_key, parse_email
from domain.errors import ConflictError, InvalidError
from domain.texts import keepable
from storage import affiliates
from storage import network_partners as rows
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.locks import take_turn
from storage.network_partners import NetworkPartner
from storage.networks import Network

ID_MAX: Final = 100
NAME_MAX: Final = 200
AT_ONCE: Final = 500
"""Partners who are invited in one go: each gets a mail."""
AGAIN: Final = timedelta(days=7)
"""How long after an invitation the same partner may be sent another."""

_ID_BYTES: Final = 16
_NAMED: Final = 10
"""Lines that are named when something is wrong with them: a form has little room."""
_HEADER: Final = frozenset({"email", "e-mail", "mail"})


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom to invite: their address, their id at the network, and what they are called."""

    email: str
    partner_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of invitations: mailed, in the program already, and invited before."""

    mailed: int
    joined: int
    known: int

    def __str__(self) -> str:
        return (
            f"{self.mailed} invited by mail, {self.joined} in the program already and linked, "
            f"{self.known} known from before and left alone."
        )


def read(text: str) -> list[Invitation]:
    """Invitations from CSV: address, id at the network, name; one a line, with or without a header.

    Commas, semicolons and tabs part them. Raises `InvalidError` naming every line that is wrong.
    """
    found = list[tuple[str, Invitation]]()
    for line, cells in _lines(text):
        if cells[3:]:
            _refuse([f"Line {line}: There are more than three columns."])
        given = Invitation(*(keepable(cell).strip() for cell in (*cells, "", "", "")[:3]))
        found.append((f"Line {line}", given))
    _check(found)
    return [given for _, given in found]


def check(wanted: list[Invitation]) -> None:
    """Raise `InvalidError` naming everybody who cannot be invited."""
    _check([(f"Partner {number}", given) for number, given in enumerate(wanted, 1)])


def _check(found: list[tuple[str, Invitation]]) -> None:
    wrong, seen = list[str](), dict[str, str]()
    for place, given in found:
        problem = _problem(given)
        for name in (f"mail {given.email.lower()}", f"id {given.partner_id}"):
            if not problem and name in seen:
                problem = f"{seen[name]} has the same {name.partition(' ')[0]}."
            seen.setdefault(name, place)
        if problem:
            wrong.append(f"{place}: {problem}")
    if len(found) > AT_ONCE:
        wrong.append(f"These are {len(found)} partners. Invite at most {AT_ONCE} at once.")
    if not found:
        wrong.append("Nobody is named. Write one partner a line: address, id, name.")
    if wrong:
        _refuse(wrong)


def _refuse(wrong: list[str]) -> None:
    said = " ".join(wrong[:_NAMED])
    raise InvalidError(said, {"partners": said})


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    text = text.removeprefix("\ufeff")
    first = text.strip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            while cells and not cells[-1].strip():
                cells.pop()
            is_header = reader.line_num == 1 and cells and cells[0].strip().lower() in _HEADER
            if cells and not is_header:
                yield reader.line_num, cells
    except csv.Error as error:
        sentence = f"Line {reader.line_num} cannot be read: {error}."
        raise InvalidError(sentence, {"partners": sentence}) from None


def _problem(given: Invitation) -> str:
    if parse_email(given.email) is None:
        return f"“{given.email[:80]}” is no mail address."
    if not given.partner_id or len(given.partner_id) > ID_MAX:
        return f"Give their id at the network, of at most {ID_MAX} characters."
    return "" if len(given.name) <= NAME_MAX else "The name is too long."


async def invite(
    session: AsyncSession, network: Network, wanted: list[Invitation], actor: Actor
) -> Invited:
    """Invite partners of a network by mail, each once; who is in the program is only linked.

    Raises `ConflictError` where an id or an address is known with another one: nobody is invited
    then.
    """
    await take_turn(session, f"network_partners:{network.id}")
    mailed = joined = known = 0
    for each in wanted:
        key = email_key(each.email)
        there = await rows.known(session, network.id, each.partner_id, key)
        if any(row.email_key != key or row.partner_id != each.partner_id for row in there):
            raise ConflictError(
                f"{each.email} or {each.partner_id} is known at {network.name} with another id or "
                "address. Nobody was invited."
            )
        if there and (there[0].joined_at or clock.now() - there[0].invited_at < AGAIN):
            known += 1
            continue
        partner = there[0] if there else _new(network, each, key)
        partner.invited_at, partner.invited_by = clock.now(), actor.name or actor.id
        affiliate = await affiliates.by_email_key(session, key)
        if affiliate is not None:
            partner.affiliate_user_id, partner.joined_at = affiliate.id, clock.now()
            joined += 1
        session.add(partner)
        await session.flush()
        if affiliate is None:
            await effects.send_mail(
                session, "network_invitation", partner.email, partner=str(partner.id)
            )
            mailed += 1
    told = Invited(mailed, joined, known)
    counts = {"mailed": mailed, "linked": joined, "known": known}
    await record(session, actor, "network.invited", f"network:{network.slug}", **counts)
    return told


def _new(network: Network, given: Invitation, key: str) -> NetworkPartner:
    return NetworkPartner(
        network_id=network.id,
        partner_id=given.partner_id,
        name=given.name,
        email=given.email,
        email_key=key,
        invited_at=clock.now(),
    )


def token(secret_key: str, partner_id: UUID) -> str:
    """What stands in the link of an invitation: whose it is, and our seal over it."""
    return base64.urlsafe_b64encode(partner_id.bytes + _seal(secret_key, partner_id)).decode()


def read_token(secret_key: str, text: str) -> UUID | None:
    """Whose invitation a link is; None for one that we did not make."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        partner_id = UUID(bytes=raw[:_ID_BYTES])
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    return (
        partner_id if hmac.compare_digest(raw[_ID_BYTES:], _seal(secret_key, partner_id)) else None
    )


def _seal(secret_key: str, partner_id: UUID) -> bytes:
    return hmac.digest(secret_key.encode(), b"network-invitation" + partner_id.bytes, "sha256")


async def applied(session: AsyncSession, partner_id: UUID, application: Application) -> None:
    """Somebody applied by the link of an invitation, maybe with another address."""
    partner = await rows.get(session, partner_id, lock=True)
    if partner is not None and partner.affiliate_user_id is None:
        partner.application_id = application.id
        session.add(partner)


async def joined(session: AsyncSession, application: Application, affiliate: Affiliate) -> None:
    """Somebody is in the program: what they are at networks is theirs from now on."""
    for partner in await rows.waiting_for(session, application.id, affiliate.email_key):
        partner.affiliate_user_id, partner.joined_at = affiliate.id, clock.now()
        session.add(partner)
    await session.flush()
