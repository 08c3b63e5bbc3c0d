"""Where a signed-in person stands towards the program."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiohttp import hdrs, web

from dashboard import compliance
from dashboard.context import CONTEXT, DIRECTORY, VISIT, Notice
from dashboard.rendering import see_other
from domain import affiliates
from domain.audit import Actor
from domain.statuses import Status
from integrations.errors import TransportError
from storage import affiliates as affiliate_rows
from storage import applications as application_rows
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.sessions import Session

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Member:
    """An affiliate, signed in by `session`. Most pages are for approved ones only."""

    affiliate: Affiliate
    session: Session

    @property
    def actor(self) -> Actor:
        """Who they are in the audit log: a number, since its lines are never changed."""
        return Actor(f"affiliate:{self.affiliate.id}", "", "dashboard")


MemberPage = Callable[[web.Request, Member], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a person. An affiliate's status goes before their application's.

    Of an affiliate, the application is not looked up.
    """

    affiliate: Affiliate | None = None
    application: Application | None = None

    @property
    def status(self) -> Status | None:
        """None for somebody who has not applied."""
        known = self.affiliate or self.application
        return Status(known.status) if known else None


async def find_standing(request: web.Request, owner: Session) -> Standing:
    """Look somebody up here; if they are unknown here, in the user directory.

    An affiliate who was let in before this program ran here is taken in by that. Where the
    directory does not answer, the page carries a notice.
    """
    standing = await known_here(request, owner)
    directory = request.app.get(DIRECTORY)
    if standing.status is not None or directory is None:
        return standing
    try:
        entry = await directory.entry_of(owner.email)
    except TransportError as error:
        _log.warning("clerk_unavailable", error=str(error), permanent=error.permanent)
        request[VISIT].notice = Notice(
            "warning",
            "We could not check whether you are an affiliate already. If you are, do not apply "
            "again: reload this page in a minute.",
        )
        return standing
    if entry is None:
        return standing
    actor = Actor(f"session:{owner.id}", "", "dashboard")
    async with request.app[CONTEXT].db.transaction() as session:
        adopted = await affiliates.adopt(session, entry, actor)
    # None also where another request of theirs was a moment faster.
    return Standing(affiliate=adopted) if adopted else await known_here(request, owner)


def approved_only(page: MemberPage) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler that opens a page to approved affiliates, and hands it who that is.

    Everybody else is led to where they can sign in, or see how they stand.
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        owner = request[VISIT].session
        if owner is None:
            return see_other("/affiliate/sign-in")
        standing = await find_standing(request, owner)
        if standing.affiliate is None or standing.status is not Status.APPROVED:
            return see_other("/affiliate")
        if request.method == hdrs.METH_GET:
            visit = request[VISIT]
            db = request.app[CONTEXT].db
            visit.banner = await compliance.banner(db, standing.affiliate, visit.program)
        return await page(request, Member(standing.affiliate, owner))

    return handle


def affiliates_only(page: MemberPage) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The same for a page that is also open to who is paused or was terminated."""

    async def handle(request: web.Request) -> web.StreamResponse:
        owner = request[VISIT].session
        if owner is None:
            return see_other("/affiliate/sign-in")
        standing = await find_standing(request, owner)
        if standing.affiliate is None:
            return see_other("/affiliate")
        return await page(request, Member(standing.affiliate, owner))

    return handle


async def known_here(request: web.Request, owner: Session) -> Standing:
    """Where somebody stands by what is stored here alone."""
    async with request.app[CONTEXT].db.read() as session:
        affiliate = await affiliate_rows.by_email_key(session, owner.email_key)
        if affiliate is not None:
            return Standing(affiliate)
        application = await application_rows.by_email_key(session, owner.email_key)
        if application is not None and application.affiliate_id is not None:
            affiliate = await affiliate_rows.get(session, application.affiliate_id)
    return Standing(affiliate, application)
