"""`token`: tokens for operators' programs: made, listed, revoked."""

import argparse
from datetime import datetime

from commands.arguments import Commands, day, on_database
from dashboard.api.operators import barred
from desk import Desk
from domain import operator_tokens
from domain.audit import Actor
from domain.errors import InvalidError
from domain.operator_tokens import SHOWN_MAX
from settings import Settings
from storage import operator_tokens as rows
from storage.db import Database
from storage.operator_tokens import OperatorToken


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("token", help="let an operator's program use the admin API")
    deeds = found.add_subparsers(dest="deed", required=True, metavar="DEED")
    new = deeds.add_parser("create", help="make a token; it is shown once")
    new.add_argument("--name", required=True, help="what the program is called, as CRM")
    new.add_argument("--operator", required=True, help="for whom it acts: their member ID in Slack")
    new.add_argument("--operator-name", default="", help="what they are called there, as @maria")
    new.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=operator_tokens.scopes(),
        metavar="SCOPE",
        help="what it may do, several times if need be: " + ", ".join(operator_tokens.scopes()),
    )
    new.add_argument("--until", type=day, help="a date on which it ends, as 2027-01-01")
    new.set_defaults(run=on_database(_create))
    every = deeds.add_parser("list", help="who has which, and when they were last used")
    every.set_defaults(run=on_database(_list))
    end = deeds.add_parser("revoke", help="end a token at once")
    end.add_argument("token", help="its beginning or its id, as the list shows them")
    end.set_defaults(run=on_database(_revoke))


async def _create(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    operator = Actor(arguments.operator, arguments.operator_name, "slack")
    made = await create(
        desk.db,
        desk.settings,
        actor,
        name=arguments.name,
        operator=operator,
        scopes=arguments.scope,
        expires_at=arguments.until,
    )
    print(made)
    return 0


async def _list(desk: Desk, _arguments: argparse.Namespace, _actor: Actor) -> int:
    print(await listed(desk.db))
    return 0


async def _revoke(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    print(await revoke(desk.db, arguments.token, actor))
    return 0


async def create(
    db: Database,
    settings: Settings,
    by: Actor,
    *,
    name: str,
    operator: Actor,
    scopes: list[str],
    expires_at: datetime | None = None,
) -> str:
    """Make a token for an operator, and say it this once. Raises `InvalidError`."""
    _require_known(settings, operator.id, scopes)
    async with db.transaction() as session:
        token, text = await operator_tokens.create(
            session, name, operator, scopes, by, expires_at=expires_at
        )
    until = f" until {token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at else ""
    return (
        f"{text}\n\nThis is shown once: put it where your program keeps its secrets. It acts for "
        f"{operator_tokens.operator_of(token)} and may do {', '.join(token.scopes)}{until}.\n"
        f"To end it: affiliate-desk token revoke {token.prefix}"
    )


async def listed(db: Database) -> str:
    """The tokens, those that work first."""
    async with db.read() as session:
        found = await rows.newest(session, SHOWN_MAX)
    if not found:
        return "There is no token yet. affiliate-desk token create makes one."
    return "\n".join(_line(token) for token in found)


async def revoke(db: Database, name: str, by: Actor) -> str:
    """End a token, by its id or its beginning. Raises `NotFoundError`, `ConflictError`."""
    async with db.transaction() as session:
        found = await operator_tokens.look_up(session, name)
        token = await operator_tokens.revoke(session, found.id, by)
    return f"“{token.name}” ({token.prefix}…) opens nothing any more."


def _require_known(settings: Settings, operator: str, scopes: list[str]) -> None:
    """Raise `InvalidError` for what this operator may not do in Slack either."""
    for scope in operator_tokens.each_of(scopes):
        if why := barred(settings, operator, scope):
            raise InvalidError(why)


def _line(token: OperatorToken) -> str:
    used = f"last used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
    state = used
    if token.revoked_at is not None:
        state = f"revoked {token.revoked_at:%Y-%m-%d} by {token.revoked_by}"
    elif not operator_tokens.works(token):
        state = f"ran out {token.expires_at:%Y-%m-%d}"
    who = operator_tokens.operator_of(token)
    return f"{token.prefix}…  {token.name}  for {who}  {' '.join(token.scopes)}  {state}"
