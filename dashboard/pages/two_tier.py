"""`/affiliate/join/{ref}`, the recruit link, and the page on which affiliates find theirs."""

import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from aiohttp import web

import clock
from dashboard import cookies, qr
from dashboard.context import CONTEXT, VISIT
from dashboard.pages.errors import PageError
from dashboard.rendering import render, see_other
from dashboard.standing import Member
from domain import recruits
from domain.program import Program
from domain.recruits import SHOWN_MAX, Recruit
from domain.two_tier import BASES
from storage import links

HERE: Final = "/affiliate/dashboard/recruits"
TALLY_FIELD: Final = "recruiter"
"""The hidden field of a Tally form that takes the ref."""

_TYPES: Final[Mapping[str, tuple[str, Callable[[str], bytes]]]] = {
    "svg": ("image/svg+xml", qr.svg),
    "png": ("image/png", qr.png),
}


async def join(request: web.Request) -> web.Response:
    """Remember whose link was followed, and go on to the program's first page.

    The last link counts. Whether it is anybody's is seen when the application is read.
    """
    visit, ref = request[VISIT], request.match_info["ref"]
    if visit.program.two_tier_enabled and recruits.is_ref(ref):
        said = f"{ref}.{int(clock.now().timestamp())}"
        kept = timedelta(days=visit.program.recruit_window_days)
        value = f"{said}.{_seal(request, said)}"
        visit.new_cookies[cookies.RECRUITER] = (value, int(kept.total_seconds()))
    return see_other("/affiliate")


def recruiter_of(request: web.Request) -> str:
    """The ref of the recruit link that this visitor followed; empty where none counts any more."""
    context, program = request.app[CONTEXT], request[VISIT].program
    value = cookies.read(request, cookies.RECRUITER, secure=context.secure)
    said, _, seal = value.rpartition(".")
    if not program.two_tier_enabled or not hmac.compare_digest(seal, _seal(request, said)):
        return ""
    ref, _, moment = said.rpartition(".")
    age = clock.now() - datetime.fromtimestamp(int(moment), UTC)
    return ref if age <= timedelta(days=program.recruit_window_days) else ""


def _seal(request: web.Request, said: str) -> str:
    key = request.app[CONTEXT].secret_key
    return hmac.digest(key.encode(), b"recruiter" + said.encode(), "sha256").hex()


def tally_address(address: str, recruiter: str) -> str:
    """The address of a Tally form, which puts the recruiter into its hidden field."""
    if not address or not recruiter:
        return address
    parts = urlsplit(address)
    query = "&".join(filter(None, (parts.query, urlencode({TALLY_FIELD: recruiter}))))
    return urlunsplit(parts._replace(query=query))


async def show(request: web.Request, member: Member) -> web.Response:
    """The recruit link, and what each recruit brought."""
    program = request[VISIT].program
    async with request.app[CONTEXT].db.read() as session:
        seen = await recruits.recruiting(session, member.affiliate)
    view = {
        "enabled": program.two_tier_enabled,
        "link": _link(request, seen.ref),
        "rate_bp": program.second_tier_rate_bp,
        "of_what": BASES[program.second_tier_base],
        "days": program.recruit_window_days,
        "count": seen.count,
        "shown": SHOWN_MAX,
        "earned": _amounts(seen.earned, program),
        "recruits": [_recruit(one, program) for one in seen.recruits],
    }
    return render(request, "recruits.html", view)


async def draw(request: web.Request, member: Member) -> web.Response:
    """The recruit link as a QR code: to look at, or with `download=1` to keep."""
    if not request[VISIT].program.two_tier_enabled:
        raise PageError(HTTPStatus.NOT_FOUND)
    kind = request.match_info["kind"]
    async with request.app[CONTEXT].db.read() as session:
        own = await links.of_affiliate(session, member.affiliate.id)
    content_type, draw_it = _TYPES[kind]
    body = draw_it(_link(request, own.ref if own else member.affiliate.promo_code))
    headers = {}
    if request.query.get("download"):
        headers["Content-Disposition"] = f'attachment; filename="qr-recruit.{kind}"'
    return web.Response(body=body, content_type=content_type, headers=headers)


def _link(request: web.Request, ref: str) -> str:
    return f"{request.app[CONTEXT].settings.public_url}/affiliate/join/{quote(ref, safe='')}"


def _recruit(one: Recruit, program: Program) -> dict[str, Any]:
    return {
        "initials": one.initials,
        "joined": f"{one.joined_at:%b %Y}",
        "earned": _amounts(one.earned, program),
        "counts": one.counts,
    }


def _amounts(earned: Mapping[str, int], program: Program) -> list[tuple[int, str]]:
    """Never empty: nothing is said in the program's currency."""
    return [(cents, currency) for currency, cents in sorted(earned.items())] or [
        (0, program.currency)
    ]
