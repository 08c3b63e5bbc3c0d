"""Everything that is kept about an affiliate, as a ZIP of JSON and CSV, in constant memory."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.privacy import sections
from domain.program import load
from domain.spreadsheets import inert
from storage import landing, personal
from storage.affiliates import Affiliate

_ABOUT: Final = """What is kept about {email} at {product}, as of {now:%Y-%m-%d %H:%M} UTC.

Each file is there twice: as JSON for programs, and as CSV for spreadsheets. Amounts are in the
smallest unit of their currency, rates in hundredths of a percent, moments in UTC.

Left out is what tells something of others: who your customers and visitors are, who reported
something, which operator decided; what fraud was suspected by; and your tax number, of which the
last four digits are given.

What is kept, why, and for how long:
"""


@dataclass(frozen=True, slots=True)
class Done:
    """How much went into the archive."""

    files: int
    rows: int


def file_name(affiliate: Affiliate) -> str:
    """What the archive is called."""
    return f"personal-data-{affiliate.promo_code.lower()}-{clock.now():%Y-%m-%d}.zip"


async def write(session: AsyncSession, affiliate: Affiliate, product: str, file: IO[bytes]) -> Done:
    """Write the archive into a file; a few hundred rows are in memory at a time."""
    rows = 0
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr(_entry("README.txt"), await _about(session, affiliate, product))
        for part in personal.PARTS:
            for kind, writer in (("json", _Json), ("csv", _Csv)):
                with archive.open(_entry(f"{part.name}.{kind}"), "w", force_zip64=True) as entry:
                    text = io.TextIOWrapper(entry, encoding="utf-8", newline="")
                    made = writer(text, part.columns)
                    async for row in personal.rows_of(session, part, affiliate):
                        made.write({name: _plain(value) for name, value in row.items()})
                        rows += kind == "json"
                    made.close()
                    text.flush()
                    text.detach()
        page = await landing.of_affiliate(session, affiliate.id)
        photo = await landing.photo(session, page.id) if page else None
        if photo is not None:
            archive.writestr(_entry("partner_page_photo.webp"), photo.content)
        return Done(len(archive.namelist()), rows)


class _Json:
    """A list of objects, one a line."""

    def __init__(self, file: IO[str], _columns: list[str]) -> None:
        self._file, self._mark = file, "[\n"

    def write(self, row: Mapping[str, Any]) -> None:
        self._file.write(self._mark + json.dumps(row, ensure_ascii=False))
        self._mark = ",\n"

    def close(self) -> None:
        self._file.write("[]\n" if self._mark == "[\n" else "\n]\n")


class _Csv:
    """A table with its heads; lists and objects as JSON in their cell."""

    def __init__(self, file: IO[str], columns: list[str]) -> None:
        self._table = csv.DictWriter(file, columns)
        self._table.writeheader()

    def write(self, row: Mapping[str, Any]) -> None:
        self._table.writerow({name: _cell(value) for name, value in row.items()})

    def close(self) -> None:
        """A table needs no end."""


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, clock.now().timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    return entry


def _plain(value: Any) -> Any:
    """A value as JSON knows it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return (
        value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else str(value)
    )


def _cell(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        return inert(json.dumps(value, ensure_ascii=False))
    return inert(value) if isinstance(value, str) else value


async def _about(session: AsyncSession, affiliate: Affiliate, product: str) -> str:
    lines = [_ABOUT.format(email=affiliate.email, product=product, now=clock.now())]
    for title, kept in sections(await load(session))[:1]:
        lines.append(title)
        lines += [f"- {what} {why} {until}" for what, why, until in kept]
    return "\n".join(lines) + "\n"
