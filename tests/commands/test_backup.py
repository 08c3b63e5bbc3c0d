"""`backup` and `restore` as an operator of the server uses them, on either kind of database."""

import asyncio
import re
import sqlite3
import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlmodel import delete, insert, select, text

import clock
from commands.backup import backup
from commands.restore import restore
from domain.audit import Actor
from domain.errors import ConflictError, InvalidError
from storage import migrate, migrating, revisions, schema
from storage.audit import AuditLine
from storage.db import Database
from storage.errors import DatabaseError
from storage.schema import OldestCode
from storage.sole_server import sole_server
from tests.builders import effects_asked_for, facts, join, settle
from tests.postgres import PostgresServer
from tests.tax_builders import seal, send

OPERATOR = Actor("root", "", "cli")
UPDATE_VERSION = text("UPDATE alembic_version SET version_num = :revision")
LEDGER = text("SELECT sum(amount), count(*) FROM affiliate_ledger")


@pytest.fixture
def empty_url(migrated_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A second database of the same kind, without a table."""
    if migrated_url.startswith("sqlite"):
        return f"sqlite+aiosqlite:///{tmp_path}/elsewhere/desk.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    """The same, open."""
    database = Database(empty_url)
    yield database
    await database.close()


@pytest.fixture(autouse=True)
def _programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs can be found, as where it is installed."""
    postgres: PostgresServer = request.getfixturevalue("postgres")
    monkeypatch.setenv("PATH", str(postgres.programs), prepend=":")


def named(db: Database, name: str = "backup") -> str:
    """What a backup of this kind of database is called."""
    return f"{name}{'.db' if db.is_sqlite else '.dump'}"


def inside(folder: Path, begin: str = "") -> list[str]:
    """The names of a folder's files that begin so."""
    return sorted(file.name for file in folder.glob(f"{begin}*"))


async def ledger(db: Database) -> tuple[int | None, int]:
    """What the ledger comes to, and its entries."""
    async with db.engine.connect() as connection:
        total, count = (await connection.execute(LEDGER)).one()
    return total, count


async def last_line(db: Database) -> AuditLine:
    """The newest line of the audit log."""
    async with db.read() as session:
        query = select(AuditLine).order_by(AuditLine.number.desc())  # type: ignore[attr-defined]
        found = (await session.exec(query)).first()
    assert found is not None
    return found


async def test_a_backup_is_restored_elsewhere(
    db: Database, empty: Database, tmp_path: Path
) -> None:
    """All of it, in one file for its owner's eyes; both are told and noted."""
    await join(db)
    await settle(db, facts())
    path = tmp_path / named(db)
    told = await backup(db, path, OPERATOR)
    assert re.match(rf"The database is in {path} \(\d\.\d MB\), whole and checked\.", told)
    assert "SECRET_KEY" in told
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert inside(tmp_path, path.name) == [path.name]
    line = await last_line(db)
    assert (line.action, line.actor) == ("program.backed_up", "root")

    told, is_well = await restore(empty, path, OPERATOR, replace=False)
    assert is_well
    assert "The ledger agrees with the books, and the audit log is whole." in told
    assert await ledger(empty) == await ledger(db)
    assert await effects_asked_for(empty) == await effects_asked_for(db)
    assert await migrate.is_current(empty)
    line = await last_line(empty)
    assert (line.action, line.detail["replaced"]) == ("program.restored", False)


async def test_rows_are_replaced_only_when_told(
    db: Database, empty: Database, tmp_path: Path
) -> None:
    """Without a word nothing happens to them; with it only the backup is there."""
    path = tmp_path / named(db)
    await join(db)
    await backup(db, path, OPERATOR)
    await settle(db, facts())
    before = await ledger(db)
    with pytest.raises(ConflictError, match="There is a program in this database already"):
        await restore(db, path, OPERATOR, replace=False)
    assert await ledger(db) == before
    await restore(db, path, OPERATOR, replace=True)
    assert await ledger(db) == (None, 0)
    assert (await last_line(db)).detail["replaced"] is True
    await settle(db, facts())
    assert await ledger(db) == before


async def test_what_is_no_whole_backup_changes_nothing(
    db: Database, empty: Database, tmp_path: Path
) -> None:
    """Cut short, damaged, of something else, of the other kind, or not there: a sentence."""
    await join(db)
    await settle(db, facts())
    path, before = tmp_path / named(db), await ledger(db)
    await backup(db, path, OPERATOR)
    whole = path.read_bytes()
    hurt = bytearray(whole)
    middle = len(whole) // 2
    hurt[middle : middle + 8_000] = b"\x07" * 8_000
    other = b"PGDMP\1\2" if db.is_sqlite else b"SQLite format 3\0"
    for name, content, said in (
        ("cut", whole[:middle], "is no whole backup"),
        ("hurt", bytes(hurt), "is no whole backup"),
        ("letter", b"Dear operator", "is no backup: affiliate-desk backup writes one"),
        ("other", other + whole, "To change from one to the other: affiliate-desk export"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises((InvalidError, DatabaseError), match=said):
            await restore(db, tmp_path / name, OPERATOR, replace=True)
    with pytest.raises(InvalidError, match=r"nowhere cannot be read: No such file"):
        await restore(db, tmp_path / "nowhere", OPERATOR, replace=True)
    assert await ledger(db) == before


async def test_another_program_s_database_is_no_backup(sqlite: Database, tmp_path: Path) -> None:
    """It is whole, and nothing of ours."""
    with sqlite3.connect(tmp_path / "songs.db") as songs:
        songs.execute("CREATE TABLE songs (name TEXT)")
    songs.close()
    with pytest.raises(DatabaseError, match="it holds no affiliate program"):
        await restore(sqlite, tmp_path / "songs.db", OPERATOR, replace=True)


async def test_an_older_backup_is_brought_to_the_present_shape(
    db: Database, empty: Database, tmp_path: Path
) -> None:
    """One of before an upgrade fits the release after it, also where that has more tables."""
    before, now = revisions.revisions()[-5], revisions.revisions()[-1]
    async with empty.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(migrating.config(sync), before))
    path = tmp_path / named(db)
    await backup(empty, path, OPERATOR)
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(schema.revision_of) == before
    await join(db)
    await restore(db, path, OPERATOR, replace=True)
    async with db.engine.connect() as connection:
        assert await connection.run_sync(schema.revision_of) == now
    await join(db)


async def test_a_backup_of_a_newer_release_is_refused(
    db: Database, empty: Database, tmp_path: Path
) -> None:
    """Unless that release says that this one can work with it."""
    newer, near = tmp_path / named(db, "newer"), tmp_path / named(db, "near")
    await migrate.upgrade(empty)
    await say_of_itself(empty, "9999", "9998")
    await backup(empty, newer, OPERATOR)
    with pytest.raises(DatabaseError, match="is of a newer release: it has seen migration 9999"):
        await restore(db, newer, OPERATOR, replace=True)
    assert await migrate.is_current(db)

    await say_of_itself(empty, "9999", revisions.revisions()[-1])
    await backup(empty, near, OPERATOR)
    assert (await restore(db, near, OPERATOR, replace=True))[1]
    await join(db)


async def say_of_itself(db: Database, revision: str, oldest_code: str) -> None:
    """Have a database say what it was migrated to, and the oldest code that it takes."""
    async with db.engine.begin() as connection:
        await connection.execute(UPDATE_VERSION, {"revision": revision})
        await connection.execute(delete(OldestCode))
        await connection.execute(insert(OldestCode).values(revision=oldest_code))


async def test_nobody_else_may_be_on_the_database(db: Database, tmp_path: Path) -> None:
    """Neither a server on the file, nor anybody who is connected."""
    path = tmp_path / named(db)
    await backup(db, path, OPERATOR)
    other = Database(db.url.render_as_string(hide_password=False))
    if db.is_sqlite:
        with (
            sole_server(Path(db.url.database or "")),
            pytest.raises(DatabaseError, match="Stop it"),
        ):
            await restore(db, path, OPERATOR, replace=True)
    else:
        async with other.engine.connect():
            with pytest.raises(DatabaseError, match="Somebody else is connected"):
                await restore(db, path, OPERATOR, replace=True)
    await other.close()
    assert (await restore(db, path, OPERATOR, replace=True))[1]


async def test_books_that_do_not_agree_are_told(
    db: Database, empty: Database, tmp_path: Path
) -> None:
    """Whoever changed the database before the backup has left a trace that the restore finds."""
    await join(db)
    await settle(db, facts())
    async with db.transaction() as session:
        found = (await session.exec(select(AuditLine))).first()
        assert found is not None
        found.actor = "nobody"
        await session.exec(text("UPDATE affiliate_ledger SET amount = amount + 1"))  # type: ignore[call-overload]
    path = tmp_path / named(db)
    await backup(db, path, OPERATOR)
    told, is_well = await restore(empty, path, OPERATOR, replace=False)
    assert not is_well
    assert "The ledger does not agree: " in told
    assert "line 1 does not fit" in told


async def test_tax_forms_that_no_key_opens_are_told(
    db: Database, empty: Database, tmp_path: Path
) -> None:
    """The keys are in the environment, and so in no backup."""
    seal(db)
    affiliate = await join(db)
    await send(db, affiliate.id)
    path = tmp_path / named(db)
    await backup(db, path, OPERATOR)
    told, is_well = await restore(empty, path, OPERATOR, replace=False)
    assert is_well
    assert "No key here opens 1 of the tax forms: set TAX_ENCRYPTION_KEYS" in told


async def test_a_folder_keeps_the_newest(db: Database, tmp_path: Path) -> None:
    """Older ones go once a new one is whole, broken-off ones with them, and no file of others."""
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "affiliate-desk-2020.db").touch()
    (folder / "affiliate-desk-20200101T000000Z.db.part").touch()
    (folder / "notes.txt").touch()
    for day in range(4):
        clock.run_ahead(timedelta(days=day))
        told = await backup(db, folder, OPERATOR, keep=2)
    clock.run_ahead(timedelta(0))
    assert "1 older ones were deleted" in told
    left = inside(folder)
    ours = [name for name in left if re.fullmatch(r"affiliate-desk-\d{8}T\d{6}Z\.(db|dump)", name)]
    assert len(ours) == 2
    assert sorted(set(left) - set(ours)) == ["affiliate-desk-2020.db", "notes.txt"]


async def test_nothing_is_overwritten_and_no_half_is_left(db: Database, tmp_path: Path) -> None:
    """A name that is taken, one that is being written, a folder that is none, a full disk."""
    path = tmp_path / named(db)
    path.write_text("mine")
    with pytest.raises(InvalidError, match="is there already"):
        await backup(db, path, OPERATOR)
    assert path.read_text() == "mine"
    (tmp_path / "second.part").touch()
    with pytest.raises(InvalidError, match="another backup is being written"):
        await backup(db, tmp_path / "second", OPERATOR)
    with pytest.raises(InvalidError, match="--keep is for a folder"):
        await backup(db, tmp_path / "third", OPERATOR, keep=2)
    with pytest.raises(InvalidError, match="cannot be written: No such file or directory"):
        await backup(db, tmp_path / "nowhere" / "fourth", OPERATOR)
    assert [name for name in inside(tmp_path) if "th" in name] == []


async def test_a_database_without_anything_is_no_backup(database_url: str, tmp_path: Path) -> None:
    """A wrong DATABASE_URL is noticed on the day of the backup, not of the restore."""
    db = Database(database_url)
    with pytest.raises(InvalidError, match="There is nothing in this database yet"):
        await backup(db, tmp_path / "backup", OPERATOR)
    await db.close()
    assert inside(tmp_path, "backup") == []


async def test_programs_that_are_missing_or_of_another_version_are_told(
    migrated_postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to install, by name; and no half of a backup is left."""
    db = Database(migrated_postgresql_url)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DatabaseError, match=r"pg_dump is not there\. .*postgresql-client-\d+"):
        await backup(db, tmp_path / "backup", OPERATOR)
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    program.chmod(0o755)
    with pytest.raises(DatabaseError, match="pg_dump is of PostgreSQL 9, and the server is of"):
        await backup(db, tmp_path / "backup", OPERATOR)
    await db.close()
    assert inside(tmp_path, "backup") == []


async def test_a_password_is_in_no_list_of_processes(
    migrated_postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may list processes of this machine does not see it."""
    seen: list[str] = []
    start = asyncio.create_subprocess_exec

    async def watched(*command: str, **given: object) -> asyncio.subprocess.Process:
        seen.append(" ".join(command))
        return await start(*command, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    url = migrated_postgresql_url.replace("//postgres@", "//postgres:open-sesame@")
    db = Database(url)
    await backup(db, tmp_path / "backup", OPERATOR)
    await db.close()
    assert len(seen) >= 3
    assert "sesame" not in " ".join(seen)


async def test_a_restore_that_breaks_off_changes_nothing(
    migrated_postgresql_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres: PostgresServer,
) -> None:
    """What was dropped and half put back is as it was, and what went wrong is said."""
    db = Database(migrated_postgresql_url)
    await join(db)
    await backup(db, tmp_path / "backup", OPERATOR)
    await settle(db, facts())
    before = await ledger(db)
    for name in ("psql", "pg_restore"):
        real, program = postgres.programs / name, tmp_path / name
        half = f'case "$*" in *--verbose*) {real} "$@" | head -c 150000; exit 7;; esac\n'
        program.write_text(f'#!/bin/sh\n{half}exec {real} "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(DatabaseError, match="pg_restore failed: status 7"):
        await restore(db, tmp_path / "backup", OPERATOR, replace=True)
    assert await ledger(db) == before

    (tmp_path / "pg_restore").unlink()
    (tmp_path / "psql").unlink()
    assert (await restore(db, tmp_path / "backup", OPERATOR, replace=True))[1]
    assert await ledger(db) == (None, 0)
    await db.close()
