"""Copies of a SQLite file: of one moment, whoever writes; and back, whole or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage import sqlite_backups
from storage.db import Database

ROW = "INSERT INTO job_runs (job, period, ran_at) VALUES (?, ?, '2026-11-01 12:00:00.000000')"


def fill(file: Path, job: str, count: int) -> None:
    """So many rows of a table."""
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        connection.executemany(ROW, [(f"{job}{'x' * 500}", str(day)) for day in range(count)])


def count(file: Path, job: str) -> int:
    """How many of them there are."""
    query = "SELECT count(*) FROM job_runs WHERE job LIKE ?"
    with closing(sqlite3.connect(file)) as connection:
        found: int = connection.execute(query, (f"{job}%",)).fetchone()[0]
    return found


def list_of(folder: Path) -> list[Path]:
    """What is in a folder."""
    return list(folder.iterdir())


@pytest.fixture(autouse=True)
def _in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there is a meanwhile."""
    monkeypatch.setattr(sqlite_backups, "_PAGES", 50)


async def test_a_copy_is_of_the_moment_in_which_it_began(sqlite: Database, tmp_path: Path) -> None:
    """All that was there, nothing of what came while it was made, and it never began anew."""
    file, copy = Path(sqlite.url.database or ""), tmp_path / "copy.db"
    fill(file, "before", 2_000)
    done: list[int] = []

    def write_meanwhile(pages: int, _of: int) -> None:
        fill(file, f"meanwhile {len(done)}", 40)
        done.append(pages)

    await sqlite_backups.write(sqlite, copy, write_meanwhile)
    assert len(done) > 10
    assert done == sorted(done)
    assert count(file, "meanwhile") == 40 * len(done)
    assert (count(copy, "before"), count(copy, "meanwhile")) == (2_000, 0)
    assert tmp_path / "copy.db-wal" not in list_of(tmp_path)


async def test_a_restore_that_breaks_off_changes_nothing(sqlite: Database, tmp_path: Path) -> None:
    """The file is what it was, and the next attempt works."""
    file, copy = Path(sqlite.url.database or ""), tmp_path / "copy.db"
    fill(file, "before", 2_000)
    await sqlite_backups.write(sqlite, copy, lambda _done, _of: None)
    fill(file, "after", 1_000)

    def fail_half_way(done: int, of: int) -> None:
        if done > of // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sqlite_backups._read(file, copy, fail_half_way)  # noqa: SLF001 - in this thread, as a signal
    assert (count(file, "before"), count(file, "after")) == (2_000, 1_000)
    await sqlite_backups.read(sqlite, copy, lambda _done, _of: None)
    assert (count(file, "before"), count(file, "after")) == (2_000, 0)
