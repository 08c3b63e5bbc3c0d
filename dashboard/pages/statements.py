"""`/affiliate/dashboard/earnings/statement`: a month of the ledger, to read, print or download."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

from aiohttp import web

import clock
from dashboard.context import CONTEXT
from dashboard.pages.earnings import HERE
from dashboard.rendering import render
from dashboard.standing import Member
from domain.money import money
from domain.statements import Account, Line, Month, masked, statement, write_csv


async def show(request: web.Request, member: Member) -> web.Response:
    """The statement of `?month=`, by default of this one."""
    now = Month.of(clock.now())
    month = _month(request)
    async with request.app[CONTEXT].db.read() as session:
        accounts = await statement(session, member.affiliate.id, month)
    first = Month.of(member.affiliate.created_at)
    view = {
        "month": month.words,
        "so_far": month == now,
        "accounts": [_account(account) for account in accounts],
        "before": _link(month.before()) if month.start > first.start else None,
        "after": _link(month.after()) if month.start < now.start else None,
        "csv": f"{HERE}/statement.csv?month={month}",
        "name": member.affiliate.legal_name or member.affiliate.display_name,
        "reference": member.affiliate.reference,
    }
    return render(request, "statement.html", view)


async def download(request: web.Request, member: Member) -> web.Response:
    """The same as CSV, for a spreadsheet."""
    month = _month(request)
    async with request.app[CONTEXT].db.read() as session:
        accounts = await statement(session, member.affiliate.id, month)
    table = StringIO()
    write_csv(accounts, month, table)
    return web.Response(
        text=table.getvalue(),
        content_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="statement-{month}.csv"'},
    )


def _month(request: web.Request) -> Month:
    name = request.query.get("month")
    return Month.named(name) if name else Month.of(clock.now())


def _link(month: Month) -> dict[str, str]:
    return {"words": month.words, "href": f"{HERE}/statement?month={month}"}


def _account(account: Account) -> dict[str, Any]:
    return {
        "currency": account.currency,
        "opening": account.opening,
        "closing": account.closing,
        "rows": [_row(line) for line in account.lines],
    }


def _row(line: Line) -> list[str]:
    what = [line.words]
    if line.sale is not None and line.commission is not None:
        what += [masked(line.sale.customer_id), f"cycle {line.commission.cycle}"]
    return [
        ", ".join(what),
        _day(line.entry.created_at),
        _day(line.entry.available_at),
        money(line.entry.amount, line.entry.currency),
        money(line.balance, line.entry.currency),
    ]


def _day(moment: datetime) -> str:
    """A day in UTC as the statement's month is, which no browser moves to another zone's."""
    return moment.astimezone(UTC).date().isoformat()
