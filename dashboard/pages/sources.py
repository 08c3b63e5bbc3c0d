"""`/affiliate/dashboard/links/performance`: what each source of visitors brought."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from io import StringIO
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from aiohttp import web

import clock
from dashboard.context import CONTEXT, VISIT
from dashboard.pages.links import HERE as LINKS
from dashboard.rendering import render
from dashboard.standing import Member
from domain import checklists
from domain.money import money, number, percent
from domain.sources import (
    Bar,
    Dimension,
    Performance,
    Source,
    Span,
    ordered,
    performance,
    write_csv,
)
from storage import checklists as ticks

HERE: Final = f"{LINKS}/performance"
SHOWN: Final = 100
_SPANS: Final = {
    Span.WEEK: "7 days",
    Span.MONTH: "30 days",
    Span.QUARTER: "90 days",
    Span.ALL: "All time",
}
_DIMENSIONS: Final = {
    Dimension.TAG: "Source tag",
    Dimension.PAGE: "Landing page",
    Dimension.COUNTRY: "Country",
}
_NAMELESS: Final = {
    Dimension.TAG: "No tag",
    Dimension.PAGE: "Page not known",
    Dimension.COUNTRY: "Country not known",
}
_COLUMNS: Final = {
    "value": "",
    "clicks": "Clicks",
    "repeats": "Repeated",
    "bots": "Bots",
    "signups": "Sign-ups",
    "conversions": "Conversions",
    "rate": "Rate",
    "earnings": "Earnings",
    "epc": "EPC",
}
_STRIPS: Final = (
    ("clicks", "Clicks"),
    ("signups", "Sign-ups"),
    ("conversions", "Conversions"),
)
_UNKNOWN: Final = "\N{EN DASH}"
_BAR: Final = 10
_HEIGHT: Final = 100

Choice = TypeVar("Choice", bound=StrEnum)


async def show(request: web.Request, member: Member) -> web.Response:
    """Figures, chart and table for `?span=` and `?by=`, in the order of `?sort=` and `?order=`."""
    seen = await _seen(request, member)
    await _note(request, member)
    program = request[VISIT].program
    sort = request.query.get("sort", "")
    sort = sort if sort in _COLUMNS else "clicks"
    ascending = request.query.get("order", "asc" if sort == "value" else "desc") == "asc"
    currency = program.currency
    if seen.currencies and currency not in seen.currencies:
        currency = seen.currencies[0]
    found = ordered(seen.sources, sort, currency, ascending=ascending)
    asked = {"span": seen.span.value, "by": seen.dimension.value}
    view = {
        "spans": _choices(_SPANS, seen.span, "span", asked),
        "dimensions": _choices(_DIMENSIONS, seen.dimension, "by", asked),
        "dimension": seen.dimension.value,
        "heading": _DIMENSIONS[seen.dimension],
        "columns": [
            _column(name, words or _DIMENSIONS[seen.dimension], sort, asked, ascending=ascending)
            for name, words in _COLUMNS.items()
        ],
        "rows": [_row(source, seen.dimension, currency) for source in found[:SHOWN]],
        "more": len(found) - SHOWN if len(found) > SHOWN else 0,
        "total": _figures(seen.total, currency),
        "strips": [_strip(name, words, seen.course) for name, words in _STRIPS],
        "first": _day(seen.course[0].first),
        "last": _day(seen.course[-1].last),
        "course": [_course_row(bar) for bar in reversed(seen.course)],
        "csv": f"{HERE}.csv?{urlencode(asked)}",
        "tracked": bool(seen.sources),
    }
    return render(request, "performance.html", view)


async def _note(request: web.Request, member: Member) -> None:
    """A newcomer's list of things to do is ticked by the first look."""
    db = request.app[CONTEXT].db
    async with db.read() as session:
        noted = checklists.SOURCES in await ticks.ticked(session, member.affiliate.id)
    if not noted:
        async with db.transaction() as session:
            await checklists.saw_sources(session, member.affiliate.id)


async def download(request: web.Request, member: Member) -> web.Response:
    """Every source as CSV, for a spreadsheet."""
    seen = await _seen(request, member)
    table = StringIO()
    write_csv(seen, table)
    name = f"performance-by-{seen.dimension}-{seen.span}-{clock.now().date()}.csv"
    return web.Response(
        text=table.getvalue(),
        content_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _seen(request: web.Request, member: Member) -> Performance:
    span = _chosen(Span, request.query.get("span", ""), Span.MONTH)
    dimension = _chosen(Dimension, request.query.get("by", ""), Dimension.TAG)
    async with request.app[CONTEXT].db.read() as session:
        return await performance(session, member.affiliate.id, dimension, span)


def _chosen(kind: type[Choice], text: str, otherwise: Choice) -> Choice:
    return kind(text) if text in list(kind) else otherwise


def _choices(
    words: Mapping[Choice, str], chosen: Choice, name: str, asked: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "words": text,
            "href": f"{HERE}?{urlencode({**asked, name: value.value})}",
            "current": value is chosen,
        }
        for value, text in words.items()
    ]


def _column(
    name: str, words: str, sort: str, asked: Mapping[str, str], *, ascending: bool
) -> dict[str, Any]:
    """A heading that sorts: a second press turns the order around."""
    here = name == sort
    first = "asc" if name == "value" else "desc"
    order = ("desc" if ascending else "asc") if here else first
    return {
        "words": words,
        "href": f"{HERE}?{urlencode({**asked, 'sort': name, 'order': order})}#sources",
        "sorted": ("ascending" if ascending else "descending") if here else None,
    }


def _row(source: Source, dimension: Dimension, currency: str) -> dict[str, Any]:
    return {
        "value": source.value,
        "name": source.value or _NAMELESS[dimension],
        "cells": list(_figures(source, currency).values()),
    }


def _figures(source: Source, currency: str) -> dict[str, str]:
    """Every figure in words, in the order of the columns."""
    counts, rate = source.counts, source.rate_bp
    earnings = source.earnings or {currency: 0}
    return {
        "clicks": number(counts.clicks),
        "repeats": number(counts.repeats),
        "bots": number(counts.bots),
        "signups": number(counts.signups),
        "conversions": number(counts.conversions),
        "rate": _UNKNOWN if rate is None else percent(rate),
        "earnings": _amounts(earnings),
        "epc": _amounts(source.per_click or {currency: 0}) if counts.clicks else _UNKNOWN,
    }


def _amounts(amounts: Mapping[str, int]) -> str:
    return " + ".join(money(amount, unit) for unit, amount in amounts.items())


def _strip(name: str, words: str, course: Sequence[Bar]) -> dict[str, Any]:
    """A row of bars, each as high as its part of the highest one."""
    counts: list[int] = [getattr(bar.counts, name) for bar in course]
    highest = max(counts)
    best = course[counts.index(highest)]
    said = f"{words}: {number(sum(counts))}"
    if highest:
        said += f", most on {_days(best)}: {number(highest)}"
    return {
        "name": name,
        "words": words,
        "said": said,
        "highest": highest,
        "width": _BAR * len(course),
        "bars": [
            {
                "x": _BAR * place,
                "y": _HEIGHT - height,
                "height": height,
                "words": f"{_days(bar)}: {number(count)}",
            }
            for place, (bar, count) in enumerate(zip(course, counts, strict=True))
            # What is there at all can be seen, however small it is beside the highest.
            if (height := max(count * _HEIGHT // max(highest, 1), 2 if count else 0))
        ],
    }


def _course_row(bar: Bar) -> list[str]:
    counts = bar.counts
    return [_days(bar), *(number(getattr(counts, name)) for name, _ in _STRIPS)]


def _days(bar: Bar) -> str:
    """One day, or the first and the last of several; in UTC, as all of them are counted."""
    if bar.first == bar.last:
        return _day(bar.first)
    return f"{_day(bar.first)} \N{EN DASH} {_day(bar.last)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
