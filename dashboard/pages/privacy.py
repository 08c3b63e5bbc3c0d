"""`/affiliate/dashboard/settings/data`: all that is kept about an affiliate, and its erasure.

Open to who is paused or was terminated, too: they have the same rights.
"""

import asyncio
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO, Any, Final

from aiohttp import web

from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.limits import EXPORTS_PER_AFFILIATE
from dashboard.rendering import render, see_other
from dashboard.standing import Member
from domain import erasure, privacy_exports
from domain.audit import record
from domain.errors import ConflictError, InvalidError
from domain.money import money
from storage import erasures

HERE: Final = "/affiliate/dashboard/settings/data"
_PART: Final = 256 * 1024
_SAID: Final = {
    "asked": "We have your request, and answer by mail.",
    "withdrawn": "Taken back. Nothing was erased.",
}


async def show(request: web.Request, member: Member) -> web.Response:
    """What they can do, and what became of what they asked for."""
    if said := _SAID.get(request.query.get("done", "")):
        request[VISIT].notice = Notice("success", said)
    return await _page(request, member, FormView())


async def export(request: web.Request, member: Member) -> web.StreamResponse:
    """Send everything as a file.

    It is written to the disk first: a slow line would keep the database's snapshot open.
    """
    context, affiliate = request.app[CONTEXT], member.affiliate
    await request.app[CONTEXT].limits.spend(EXPORTS_PER_AFFILIATE, str(affiliate.id))
    async with context.db.transaction() as session:
        await record(session, member.actor, "privacy.exported", f"affiliate:{affiliate.id}")
    with TemporaryFile() as file:
        async with context.db.read() as session:
            await privacy_exports.write(session, affiliate, context.settings.product_name, file)
        return await _send(request, file, privacy_exports.file_name(affiliate))


async def ask(request: web.Request, member: Member) -> web.Response:
    """Take the request, or say what is in its way."""
    sent = request[FORM]
    waives = sent.getall("waives", [])
    form = FormView({"typed": sent.get("typed", ""), "waives": waives})
    try:
        erasure.require_typed(form.values["typed"])
        async with request.app[CONTEXT].db.transaction() as session:
            await erasure.ask(session, member.affiliate.id, member.actor, waives=bool(waives))
    except InvalidError as error:
        form.errors = error.fields
    except ConflictError as error:
        form.errors = {"waives": str(error)}
    if form.errors:
        return await _page(request, member, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return see_other(f"{HERE}?done=asked")


async def withdraw(request: web.Request, member: Member) -> web.Response:
    """Take the request back."""
    async with request.app[CONTEXT].db.transaction() as session:
        await erasure.withdraw(session, member.affiliate.id, member.actor)
    return see_other(f"{HERE}?done=withdrawn")


async def _send(request: web.Request, file: IO[bytes], name: str) -> web.StreamResponse:
    size = file.tell()
    file.seek(0)
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(size),
        "Cache-Control": "no-store",
    }
    answer = web.StreamResponse(headers=headers)
    await answer.prepare(request)
    while part := await asyncio.to_thread(file.read, _PART):
        await answer.write(part)
    await answer.write_eof()
    return answer


async def _page(
    request: web.Request, member: Member, form: FormView, *, status: int = HTTPStatus.OK
) -> web.Response:
    affiliate = member.affiliate
    async with request.app[CONTEXT].db.read() as session:
        latest = await erasures.latest_of(session, affiliate.id)
        in_the_way = await erasure.obstacles(session, affiliate, waives=True)
        owed = await erasure.owed_to(session, affiliate)
    view: dict[str, Any] = {
        "form": form,
        "waiting": latest if latest and not latest.decision else None,
        "refused": latest.reason if latest and latest.decision == erasures.KEPT else "",
        "open_payout": " ".join(in_the_way),
        "owed": ", ".join(money(amount, currency) for currency, amount in owed.items()),
        "tax_years": request[VISIT].program.tax_retention_years,
        "word": erasure.TYPED,
    }
    return render(request, "privacy_own.html", view, status=status)
