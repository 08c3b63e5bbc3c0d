"""Rows that have had their time leave for files: in small batches, each once, whatever is killed.

A batch is written and synced first. Then one transaction deletes its rows and notes how far the
file counts; what a kill left behind that is written over by the next.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import clock
from domain.errors import ConflictError
from integrations import archive_files
from integrations.archive_files import ArchiveBusyError
from outbox.services import Services
from storage import archive
from storage.archive import ArchiveFile
from storage.db import Database

AT_ONCE: Final = 2000
"""Rows of a transaction: less than a tenth of a second, for which nobody else can write."""
PAUSE_S: Final = 0.05
"""Between two of them, in which everybody else gets in."""
WHAT: Final = (archive.CLICKS, archive.EVENTS, archive.EFFECTS)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other process archives into this folder. Raises `ConflictError`."""
    try:
        with archive_files.alone(folder):
            yield
    except ArchiveBusyError:
        raise ConflictError(f"Another process archives into {folder} right now.") from None


async def put_away(services: Services, folder: Path, what: str, before: datetime) -> int:
    """Move every row of before a moment that may go; how many did. Begin it within `alone`."""
    gone = 0
    while some := await _put_some_away(services.db, folder, what, before):
        gone += some
        await asyncio.sleep(PAUSE_S)
    return gone


async def _put_some_away(db: Database, folder: Path, what: str, before: datetime) -> int:
    async with db.read() as session:
        batch = await archive.oldest(session, what, before, AT_ONCE)
        if batch is None:
            return 0
        noted = await archive.last_file(session, what, batch.month)
    if noted is None or archive_files.size_of(folder / noted.name) < noted.size:
        # Another server has it, or it was lost: nothing is added to what cannot be read again.
        number = noted.number + 1 if noted else 1
        noted = ArchiveFile(
            what=what,
            month=batch.month,
            number=number,
            first_at=batch.first_at,
            last_at=batch.last_at,
        )
    data = b"".join(batch.lines)
    size = await asyncio.to_thread(archive_files.add, folder / noted.name, noted.size, data)
    async with db.transaction() as session:
        file = await archive.get(session, what, batch.month, noted.number, lock=True)
        if (file.size if file else 0) != noted.size:
            raise ConflictError(f"{noted.name} was added to by another server meanwhile.")
        if await archive.forget(session, what, batch.ids) != len(batch.ids):
            raise ConflictError(f"Another server archived {what} at the same time.")
        file = file or noted
        file.first_at = min(file.first_at, batch.first_at)
        file.last_at = max(file.last_at, batch.last_at)
        file.size, file.rows, file.changed_at = size, file.rows + len(batch.ids), clock.now()
        session.add(file)
    return len(batch.ids)
