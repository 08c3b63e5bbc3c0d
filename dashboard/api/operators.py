"""Who may use the admin API: programs of operators, each by a token with scopes.

A token acts for one operator and may do no more than they: whoever approves a payout in Slack and
by a token is one person. ADMIN_API_TOKEN may do everything, and is one person, too.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from dashboard.api.access import API, OPERATOR, REALM, is_admin, refusal
from dashboard.api.contract import Who, operation_of
from dashboard.api.problems import ProblemError
from dashboard.bearer import bearer
from dashboard.context import CONTEXT
from domain import operator_tokens
from domain.audit import Actor
from domain.operator_tokens import ALL, FINANCE, START, allows
from settings import Settings
from storage.operator_tokens import OperatorToken


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asks. `key` tells tokens apart; `actor` is for the audit log and the cards."""

    key: str
    actor: Actor
    scopes: tuple[str, ...]


_ADMIN: Final = Operator("admin", API, (ALL,))
_KNOWN: Final = web.RequestKey("operator", Operator)
_OF_ALL: Final[dict[str, Who[Operator]]] = {}


@web.middleware
async def operators_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody in without a token; what it may do is for each operation to say.

    What does not say it is for ADMIN_API_TOKEN alone.
    """
    found = await operator_of(request)
    declares = operation_of(request.match_info.handler) is not None
    if found is not _ADMIN and not declares and request.match_info.http_exception is None:
        raise ProblemError(HTTPStatus.FORBIDDEN, "This is for the holder of ADMIN_API_TOKEN.")
    return await handler(request)


def operator(scope: str) -> Who[Operator]:
    """Operators' programs whose token has a scope, such as `applications:write`.

    One `Who` for each scope, the same whenever it is asked for.
    """
    if scope not in operator_tokens.scopes():
        raise ValueError(f"There is no scope {scope}: see NOUNS in domain/operator_tokens.py")

    async def admit(request: web.Request) -> Operator:
        found = await operator_of(request)
        _require(request.app[CONTEXT].settings, found, scope)
        return found

    problems = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    return _OF_ALL.setdefault(scope, Who(admit, (OPERATOR,), (scope,), problems))


def carries_token(request: web.Request) -> bool:
    """Whether a request comes from an operator's program, whether its token works or not."""
    return is_admin(request) or bearer(request).startswith(START)


async def operator_of(request: web.Request) -> Operator:
    """Whose token a request carries, whatever it may do.

    Raises `ProblemError` 401, and 404 where there is no admin token and none came.
    """
    found: Operator | None = request.get(_KNOWN)
    if found is not None:
        return found
    text = bearer(request)
    if is_admin(request):
        found = _ADMIN
    elif text.startswith(START):
        found = await _by_token(request, text)
    else:
        raise refusal(request)
    request[_KNOWN] = found
    return found


def barred(settings: Settings, operator_id: str, scope: str) -> str:
    """Why an operator may not do what a scope is for; empty if they may.

    Where the settings name reviewers and finance, programs are bound by that as people are.
    Where members of the channel review, somebody who left keeps their tokens until one revokes
    them: the lists are asked for each call, the channel is not.
    """
    if scope.partition(":")[0] in FINANCE and settings.slack_finance:
        group, name = settings.slack_finance, "SLACK_FINANCE"
    else:
        group, name = settings.slack_reviewers, "SLACK_REVIEWERS"
    if not group or operator_id in group:
        return ""
    return f"{operator_id} is not in {name}, so that no token of theirs may do {scope}."


async def _by_token(request: web.Request, text: str) -> Operator:
    context = request.app[CONTEXT]
    async with context.db.read() as session:
        token = await operator_tokens.holder(session, text)
    if token is None:
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "This token opens nothing: it was revoked, has run out, or was never made.",
            challenge=f'{REALM}, error="invalid_token"',
        )
    if operator_tokens.was_used_long_ago(token):
        async with context.db.transaction() as session:
            await operator_tokens.note_use(session, token.id)
    return _operator(token)


def _operator(token: OperatorToken) -> Operator:
    return Operator(str(token.id), operator_tokens.actor_of(token), tuple(token.scopes))


def _require(settings: Settings, found: Operator, scope: str) -> None:
    """Raise `ProblemError` 403 for a token without the scope, or one whose operator may not."""
    why = ""
    if not allows(found.scopes, scope):
        why = f"This token may not do {scope}. It has {', '.join(found.scopes)}."
    elif found is not _ADMIN:
        why = barred(settings, found.actor.id, scope)
    if why:
        challenge = f'{REALM}, error="insufficient_scope", scope="{scope}"'
        raise ProblemError(HTTPStatus.FORBIDDEN, why, challenge=challenge)
