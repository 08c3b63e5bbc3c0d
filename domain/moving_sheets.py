"""What an export holds for people: the main nouns as CSV, with amounts as they are written."""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import IO, Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import tracker
from domain.money import digits
from domain.spreadsheets import inert
from storage import moving_sheets as sheets

AFFILIATES: Final = "affiliates"


def names() -> list[str]:
    """The spreadsheets of an export."""
    return [AFFILIATES, *sheets.SHEETS]


def tables() -> list[str]:
    """The tables whose rows they show."""
    return ["affiliates", *sheets.tables()]


async def write(
    session: AsyncSession, name: str, file: IO[bytes], step: Callable[[int], None]
) -> None:
    """Write a spreadsheet into a file, which stays open; `step` is told of rows that are done."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    if name == AFFILIATES:
        step(await tracker.write_csv(session, text))
    else:
        heads = sheets.headings(name)
        table = csv.writer(text)
        table.writerow(heads)
        amounts = sheets.amounts(name)
        async for rows in sheets.parts(session, name):
            for row in rows:
                pairs = zip(row.values(), amounts, strict=True)
                table.writerow(
                    digits(value, row["currency"]) if is_amount else _cell(value)
                    for value, is_amount in pairs
                )
            step(len(rows))
    text.flush()
    text.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return inert(value) if isinstance(value, str) else value
