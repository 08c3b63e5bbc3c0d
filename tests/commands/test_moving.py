"""`export` and `import` as an operator of the server uses them."""

import asyncio
import shutil
import signal
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_LZMA, ZipFile

import pytest
from sqlmodel import select, text

from storage import moving
from storage.audit import AuditLine
from storage.clicks import Click
from storage.db import Database
from storage.ids import new_id
from storage.sole_server import sole_server
from tests.builders import effects_asked_for, facts, join, settle
from tests.commands.test_commands import Shell, shell
from tests.tax_builders import seal, send
from tests.waiting import until

__all__ = ["shell"]

MAIN = Path(__file__).parents[2] / "main.py"


@pytest.fixture
def empty_url(shaped_file: Path, tmp_path: Path) -> str:
    """A second database on SQLite, empty."""
    return f"sqlite+aiosqlite:///{shutil.copy(shaped_file, tmp_path / 'empty.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def target_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind, beside the shell's own."""
    fixture = "empty_url" if request.param == "sqlite" else "migrated_postgresql_url"
    url: str = request.getfixturevalue(fixture)
    return url


def files(folder: Path) -> dict[str, bytes]:
    """Every file of an export, by its name in there."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


async def clicks(db: Database, count: int) -> None:
    """So many clicks of Jared's."""
    affiliate = await join(db)
    same: dict[str, Any] = {
        "affiliate_user_id": affiliate.id,
        "clicked_at": datetime(2026, 11, 1, tzinfo=UTC),
        "utm": {},
        "kind": "repeat",
        **dict.fromkeys(("ref", "source_tag", "landing_page", "country"), "x" * 20),
        **dict.fromkeys(("referrer_host", "device", "visitor", "network", "channel"), "y" * 20),
        **dict.fromkeys(("fetched_as", "paid", "keyword"), ""),
    }
    async with db.transaction() as session:
        connection = await session.connection()
        rows = [{"id": new_id(), **same} for _ in range(count)]
        await connection.execute(Click.__table__.insert(), rows)  # type: ignore[attr-defined]


def size(path: Path) -> int:
    """How long a file is, none if it is not there."""
    return path.stat().st_size if path.exists() else 0


async def is_empty(url: str) -> bool:
    """Whether nothing of a program is in a database."""
    db = Database(url)
    async with db.transaction() as session:
        taken = await moving.occupy(session)
    await db.close()
    return taken is None


async def test_a_program_goes_out_and_in_and_out_the_same(shell: Shell, target_url: str) -> None:
    """What is said of it is the same, and so is each file; only its owner reads them."""
    await join(shell.db)
    await settle(shell.db, facts())
    status, out, err = await shell.run("export", "first")
    assert status == 0, err
    assert "tables are in first. The ledger comes to $5.57." in out
    assert "pieces of work, nothing is lost: it will be set aside" in out
    folder = shell.folder / "first"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*.*")} == {0o600}

    status, out, err = await shell.run("import", "first", DATABASE_URL=target_url)
    assert status == 0, err
    assert "The ledger comes to $5.57, as it did there." in out
    assert "affiliate-desk replay moved" in out
    assert "Reading" in err
    status, out, err = await shell.run("audit", "verify", DATABASE_URL=target_url)
    assert (status, out) == (0, "The audit log is whole.\n")
    status, out, err = await shell.run("rollups", DATABASE_URL=target_url)
    assert "Every rollup is what its rows come to." in out
    status, _, err = await shell.run("export", "--output", "second", DATABASE_URL=target_url)
    assert status == 0, err
    assert files(shell.folder / "second") == files(folder)

    async with shell.db.read() as session:
        last = (await session.exec(select(AuditLine).order_by(AuditLine.number.desc()))).first()  # type: ignore[attr-defined]
    assert last is not None
    assert last.action == "program.exported"


async def test_a_zip_is_the_same_in_one_file(shell: Shell, empty_url: str) -> None:
    """It goes in as the folder does, and is the same bytes again."""
    await join(shell.db)
    await settle(shell.db, facts())
    assert (await shell.run("export", "all.zip"))[0] == 0
    first = shell.folder / "all.zip"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    status, _, err = await shell.run("import", "all.zip", DATABASE_URL=empty_url)
    assert status == 0, err
    assert (await shell.run("export", "again.zip", DATABASE_URL=empty_url))[0] == 0
    assert (shell.folder / "again.zip").read_bytes() == first.read_bytes()
    with ZipFile(first) as archive:
        assert archive.testzip() is None


async def test_what_was_set_aside_is_taken_up_when_told(shell: Shell, empty_url: str) -> None:
    """Nothing leaves by itself; then everything is back at work."""
    await join(shell.db)
    count = len(await effects_asked_for(shell.db))
    assert (await shell.run("export", "out"))[0] == 0
    await shell.run("import", "out", DATABASE_URL=empty_url)
    there = Database(empty_url)
    assert all(effect.parked_at for effect in await effects_asked_for(there))
    status, out, _ = await shell.run("replay", "moved", DATABASE_URL=empty_url)
    assert (status, out) == (0, f"Pieces of work that are back at work: {count}.\n")
    assert not any(effect.parked_at for effect in await effects_asked_for(there))
    await there.close()


async def test_tax_forms_that_no_key_opens_are_told(shell: Shell, empty_url: str) -> None:
    """They come along sealed; without the keys of there nobody reads them."""
    (key,) = seal(shell.db)
    affiliate = await join(shell.db)
    await send(shell.db, affiliate.id)
    assert (await shell.run("export", "out"))[0] == 0
    status, out, _ = await shell.run("import", "out", DATABASE_URL=empty_url)
    assert status == 0
    assert "No key here opens 1 of the tax forms: set TAX_ENCRYPTION_KEYS" in out
    shown = ("tax", "show", "JARED30", "--why", "To see that it opens")
    status, out, err = await shell.run(*shown, DATABASE_URL=empty_url, TAX_ENCRYPTION_KEYS=key)
    assert status == 0, err
    assert "536-90-4399" in out


async def test_nothing_that_is_there_is_overwritten(shell: Shell, empty_url: str) -> None:
    """Neither files nor a program, nor what a server works on."""
    await join(shell.db)
    assert (await shell.run("export", "out"))[0] == 0
    before = files(shell.folder / "out")
    status, _, err = await shell.run("export", "out")
    assert (status, err.strip().splitlines()[-1]) == (
        1,
        "out is there already. Name one that is not.",
    )
    assert files(shell.folder / "out") == before
    status, _, err = await shell.run("import", "out")
    assert status == 1
    assert "There is a program in this database already" in err
    with sole_server(Path(empty_url.partition(":///")[2])):
        status, _, err = await shell.run("import", "out", DATABASE_URL=empty_url)
    assert status == 1
    assert "Another server is running on" in err
    assert await is_empty(empty_url)


async def test_half_an_export_is_said_to_be_one(shell: Shell, empty_url: str) -> None:
    """One that was broken off, a ZIP that was cut, a file of which a byte was lost."""
    await join(shell.db)
    assert (await shell.run("export", "out"))[0] == 0
    assert (await shell.run("export", "out.zip"))[0] == 0
    whole = (shell.folder / "out.zip").read_bytes()
    (shell.folder / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with ZipFile(shell.folder / "out.zip") as archive:
        inside = archive.getinfo("tables/affiliates.jsonl").header_offset + 90
    (shell.folder / "hurt.zip").write_bytes(whole[:inside] + b"\0\0\0\0" + whole[inside + 4 :])
    (shell.folder / "out" / "manifest.json").unlink()
    for name, told in (
        ("out", "manifest.json is missing in out. It is no whole export"),
        ("cut.zip", "cut.zip is no export, or only a part of one"),
        ("hurt.zip", "Nothing was imported."),
        ("none.zip", "none.zip cannot be read: No such file or directory."),
    ):
        status, _, err = await shell.run("import", name, DATABASE_URL=empty_url)
        assert status == 1, name
        assert told in err
        assert "Traceback" not in err
    assert await is_empty(empty_url)


async def test_a_zip_that_is_none_of_ours_is_refused(shell: Shell, empty_url: str) -> None:
    """Locked by a password, or packed in a way that export does not: a sentence."""
    await join(shell.db)
    assert (await shell.run("export", "out.zip"))[0] == 0
    with ZipFile(shell.folder / "out.zip") as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(shell.folder / "lzma.zip", "w", ZIP_LZMA) as archive:
        for name, content in inside.items():
            archive.writestr(name, content)
    locked = bytearray((shell.folder / "out.zip").read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := locked.find(mark, at + 1)) >= 0:
            locked[at + flags] |= 1
    (shell.folder / "locked.zip").write_bytes(locked)
    for name, told in (("lzma.zip", "is packed by another program"), ("locked.zip", "is locked")):
        status, _, err = await shell.run("import", name, DATABASE_URL=empty_url)
        assert (status, told in err, "Traceback" in err) == (1, True, False), err
    assert await is_empty(empty_url)


async def test_an_import_that_is_killed_leaves_nothing(shell: Shell, target_url: str) -> None:
    """SIGKILL in the middle of it: the database is empty, and the same import then works."""
    await clicks(shell.db, 30_000)
    assert (await shell.run("export", "out"))[0] == 0
    db = Database(target_url)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(MAIN),
        *("import", "out"),
        cwd=shell.folder,
        env=shell.environment | {"DATABASE_URL": target_url},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )

    async def is_half_way() -> bool:
        if db.is_sqlite:
            return size(Path(f"{db.url.database}-wal")) > 2_000_000
        query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO referral_cl%'"
        async with db.engine.connect() as connection:
            return bool((await connection.execute(text(query))).scalar_one())

    await until(is_half_way, 60)
    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL
    await db.close()
    assert await is_empty(target_url)
    status, out, err = await shell.run("import", "out", DATABASE_URL=target_url)
    assert status == 0, err
    assert "rows of" in out
