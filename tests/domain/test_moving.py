"""A program moves from one database to another, and is the same there."""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select, update

import clock
from domain import audit, moving, moving_sheets, reconcile, sessions
from domain.errors import ConflictError, InvalidError
from storage import moving as rows
from storage import raw_sums, work
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.outbox import Effect, put
from storage.sessions import Session
from tests.builders import effects_asked_for, facts, join, settle
from tests.moving_builders import Shelf, exported, fill, imported
from tests.payout_builders import earn


@pytest.fixture
async def postgresql(migrated_postgresql_url: str) -> AsyncIterator[Database]:
    """An empty database on PostgreSQL, beside the one on SQLite."""
    database = Database(migrated_postgresql_url)
    yield database
    await database.close()


@pytest.fixture
async def target(shaped_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A second database on SQLite, empty."""
    file = shutil.copy(shaped_file, tmp_path / "target.db")
    database = Database(f"sqlite+aiosqlite:///{file}")
    yield database
    await database.close()


def lines(shelf: Shelf, table: str) -> list[dict[str, Any]]:
    """The rows of a table in an export."""
    return [json.loads(line) for line in shelf[f"tables/{table}.jsonl"].splitlines()]


def forge(shelf: Shelf, table: str, written: bytes) -> None:
    """Change a table's file, and the manifest so that it does not show."""
    manifest = json.loads(shelf["manifest.json"])
    found = manifest["tables"][table]
    found["bytes"], found["sha256"] = len(written), hashlib.sha256(written).hexdigest()
    shelf[f"tables/{table}.jsonl"] = written
    shelf["manifest.json"] = json.dumps(manifest).encode()


async def is_empty(db: Database) -> bool:
    """Whether nothing of a program is in a database."""
    async with db.transaction() as session:
        return await rows.occupy(session) is None


async def test_every_sort_of_row_comes_through_byte_by_byte(
    sqlite: Database, postgresql: Database, target: Database
) -> None:
    """SQLite to PostgreSQL and back: what is written is the same each time, in every file."""
    await join(sqlite, email="zoe@example.com")
    await fill(sqlite)
    first = await exported(sqlite)
    manifest = await imported(postgresql, first)
    assert [name for name, file in manifest.tables.items() if not file.rows] == []
    second = await exported(postgresql)
    assert [name for name in first if first[name] != second[name]] == []
    await imported(target, second)
    assert await exported(target) == second == first


async def test_money_sums_and_the_log_are_the_same_there(db: Database, target: Database) -> None:
    """Sales, balances, rollups and seals hold together as they did, to the cent."""
    affiliate = await join(db)
    await settle(db, facts(), facts(2, currency="jpy"))
    await earn(db, affiliate.id, 0, currency="eur")
    manifest = await imported(target, await exported(db))
    assert manifest.owed() == "€0.00 + ¥557 + $5.57"
    ledger = []
    for one in (db, target):
        async with one.read() as session:
            query = select(LedgerEntry).order_by(col(LedgerEntry.id))
            ledger.append([entry.model_dump() for entry in (await session.exec(query)).all()])
            assert await reconcile.disagreements(session) == []
            assert await raw_sums.differences(session) == 0
            assert await audit.first_broken_line(session) is None
    assert ledger[0] == ledger[1] != []
    # And it goes on from there: the next line of the log fits behind the last.
    await settle(target, facts(3))
    await join(target, "ANNA30", email="anna@example.com")
    async with target.read() as session:
        assert await audit.first_broken_line(session) is None


async def test_nobody_does_twice_what_the_other_server_does(db: Database, target: Database) -> None:
    """Work that was not done, or begun, waits where it came to; done and parked is as it was."""
    await join(db)
    ids = [effect.id for effect in await effects_asked_for(db)]
    assert len(ids) >= 3
    soon = clock.now().replace(year=2099)
    async with db.transaction() as session:
        await work.finish(session, Effect, ids[0])
        begun = update(Effect).where(col(Effect.id) == ids[1])
        await session.exec(begun.values(claimed_until=soon, attempts=2, last_error="Slack is out."))
        await put(session, "mail", due=soon, template="x", to="a@example.com")
    shelf = await exported(db)
    manifest = await imported(target, shelf)
    assert manifest.set_aside == {"outbox": len(ids)}
    async with target.read() as session:
        assert await work.count_open(session, Effect) == 0
    done, tried, *others = await effects_asked_for(target)
    assert done.handled_at is not None
    assert done.parked_at is None
    assert tried.claimed_until is None
    assert tried.attempts == 2
    assert (tried.last_error or "").startswith("Set aside when the program moved here")
    assert (tried.last_error or "").endswith("affiliate-desk replay moved. Slack is out.")
    assert all(effect.parked_at for effect in others)
    assert await exported(target) == shelf

    async with target.transaction() as session:
        assert await rows.take_up(session) == len(ids)
    _, tried, *others = await effects_asked_for(target)
    assert tried.parked_at is None
    assert tried.tried_before
    assert others[-1].next_attempt_at == soon
    async with target.transaction() as session:
        assert await rows.take_up(session) == 0


async def test_what_was_given_up_stays_given_up(db: Database, target: Database) -> None:
    """Only what the move set aside is taken up: not what an operator has to look at."""
    await join(db)
    async with db.transaction() as session:
        for effect in (await session.exec(select(Effect))).all():
            effect.parked_at, effect.last_error = clock.now(), "The channel is gone."
            session.add(effect)
    manifest = await imported(target, await exported(db))
    assert manifest.set_aside == {}
    async with target.transaction() as session:
        assert await rows.take_up(session) == 0
        assert await work.count_parked(session, Effect) > 0


async def test_an_export_opens_no_door(db: Database, target: Database) -> None:
    """Sessions and sign-in links stay behind, and the export says so."""
    await join(db)
    async with db.transaction() as session:
        token = await sessions.open_for(session, "jared@example.com", "Firefox", "link")
        await sessions.ask_for_link(session, "jared@example.com")
    shelf = await exported(db)
    assert {"tables/sessions.jsonl", "tables/sign_in_links.jsonl"} & shelf.keys() == set()
    assert "signs in again" in json.loads(shelf["manifest.json"])["left_out"]["sessions"]
    assert not any(token.encode() in file for file in shelf.values())
    await imported(target, shelf)
    async with target.read() as session:
        assert (await session.exec(select(Session))).all() == []


async def test_a_database_with_a_program_takes_no_other(db: Database) -> None:
    """Not even its own: and what is in there stays as it is."""
    await join(db)
    shelf = await exported(db)
    with pytest.raises(ConflictError, match="a program in this database already: audit_log"):
        await imported(db, shelf)
    assert await exported(db) == shelf


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "another amount": lambda file: file.replace(b'"amount":557', b'"amount":558'),
    "cut short": lambda file: file[:-20],
    "a row more": lambda file: file + b"{}\n",
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_changed_file_is_named_and_nothing_is_taken(
    target: Database, db: Database, how: str
) -> None:
    """Its checksum tells before a row is read."""
    await join(target)
    await settle(target, facts())
    shelf = await exported(target)
    before = shelf["tables/affiliate_ledger.jsonl"]
    shelf["tables/affiliate_ledger.jsonl"] = BROKEN[how](before)
    assert shelf["tables/affiliate_ledger.jsonl"] != before
    with pytest.raises(InvalidError, match=r"ledger\.jsonl is not as it was written"):
        await imported(db, shelf)
    assert await is_empty(db)


FORGED: dict[str, tuple[str, dict[str, Any], str]] = {
    "another column": ("affiliates", {"nickname": "J"}, "Line 1 of .*its columns are not"),
    "no number": ("affiliate_ledger", {"amount": "557"}, "Line 1 of .*amount: '557' is no int"),
    "no moment": ("affiliate_ledger", {"available_at": "soon"}, "Line 1 of .*available_at: "),
    "no zone": ("affiliate_ledger", {"available_at": "2026-11-01T12:00:00"}, "has no zone"),
    "another amount": ("affiliate_ledger", {"amount": 558}, "sums of affiliate_ledger are others"),
    "nobody's": (
        "affiliate_ledger",
        {"affiliate_user_id": "01900000-0000-7000-8000-000000000000"},
        "Line 1 of tables/affiliate_ledger.jsonl cannot be taken: .*FOREIGN KEY|foreign key",
    ),
    "nothing": ("affiliates", {"email": None}, "Line 1 of .*(NOT NULL|not-null)"),
    "another act": ("audit_log", {"actor": "Nobody"}, "audit log does not hold together"),
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_export_is_refused_by_its_line_or_its_books(
    target: Database, db: Database, how: str
) -> None:
    """Somebody made the checksums fit: what is told names the line, and nothing is taken."""
    table, change, told = FORGED[how]
    await join(target)
    await settle(target, facts())
    shelf = await exported(target)
    first, *others = lines(shelf, table)
    changed = [json.dumps(row) for row in (first | change, *others)]
    forge(shelf, table, "\n".join(changed).encode())
    with pytest.raises(InvalidError, match=told) as refused:
        await imported(db, shelf)
    assert "Nothing was imported." in str(refused.value)
    assert await is_empty(db)


HOSTILE: dict[str, tuple[str, bytes]] = {
    "too deep": ("affiliates", b"[" * 100_000),
    "too long": ("affiliates", b'{"email": "' + b"x" * 3_000 + b'"}'),
    "half a letter": ("affiliates", rb'{**, "display_name": "\ud800"}'),
    "beyond 64 bits": ("affiliate_ledger", b'{**, "amount": 1000000000000000000000}'),
    "beyond all digits": ("affiliate_ledger", b'{**, "amount": ' + b"9" * 5_000 + b"}"),
    "no number": ("affiliate_applications", b'{**, "extra": NaN}'),
    "a year of nobody": ("affiliates", b'{**, "created_at": "0001-01-01T00:00:00+23:59"}'),
}


@pytest.mark.parametrize("how", HOSTILE)
async def test_a_line_made_to_hurt_is_refused_by_its_number(
    target: Database, db: Database, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """`**` stands for the values that were there. Nothing but a sentence comes of it."""
    monkeypatch.setattr(moving, "LINE_MAX", 8_000 if how != "too long" else 2_000)
    table, written = HOSTILE[how]
    await join(target)
    await settle(target, facts())
    shelf = await exported(target)
    first, *others = shelf[f"tables/{table}.jsonl"].splitlines(keepends=True)
    line = written.replace(b"**", first.strip().removeprefix(b"{").removesuffix(b"}"))
    forge(shelf, table, line + b"\n" + b"".join(others))
    with pytest.raises(InvalidError, match=rf"Line 1 of tables/{table}\.jsonl"):
        await imported(db, shelf)
    assert await is_empty(db)


async def test_the_line_that_the_database_refuses_is_found_among_many(
    target: Database, db: Database
) -> None:
    """A batch of rows of which one does not fit."""
    affiliate = await join(target)
    async with target.transaction() as session:
        for number in range(30):
            session.add(
                LedgerEntry(
                    affiliate_user_id=affiliate.id,
                    amount=number,
                    currency="usd",
                    reason="commission",
                    source=f"test:{number}",
                    available_at=clock.now(),
                )
            )
    shelf = await exported(target)
    entries = lines(shelf, "affiliate_ledger")
    entries[20]["source"] = entries[3]["source"]
    forge(shelf, "affiliate_ledger", "\n".join(map(json.dumps, entries)).encode())
    with pytest.raises(InvalidError, match=r"Line 21 of .*(UNIQUE|unique)"):
        await imported(db, shelf)
    assert await is_empty(db)


async def test_text_that_postgresql_does_not_take_is_named(target: Database, db: Database) -> None:
    """SQLite keeps a NUL, PostgreSQL does not: by its line, not by a traceback."""
    affiliate = await join(target)
    async with target.transaction() as session:
        change = update(Affiliate).where(col(Affiliate.id) == affiliate.id)
        await session.exec(change.values(display_name="J\0"))
    shelf = await exported(target)
    if db.is_sqlite:
        await imported(db, shelf)
        assert await exported(db) == shelf
        return
    with pytest.raises(InvalidError, match=r"Line 1 of tables/affiliates\.jsonl"):
        await imported(db, shelf)
    assert await is_empty(db)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"revision": "0001"}, "has the shape 0001, this release reads"),
        ({"version": 2}, "written by a newer release"),
        ({"format": "something"}, "not that of an export"),
        ({"extra": 1}, "was changed or cut short: extra"),
        ({"tables": {}}, "was changed: it differs in affiliate_api_keys"),
    ],
)
async def test_another_releases_export_is_refused(
    db: Database, change: dict[str, Any], told: str
) -> None:
    """With what to do, where that is not plain."""
    shelf = await exported(db)
    manifest = json.loads(shelf["manifest.json"]) | change
    shelf["manifest.json"] = json.dumps(manifest).encode()
    with pytest.raises(InvalidError, match=told):
        await imported(db, shelf)


@pytest.mark.parametrize(
    "written",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"9" * 5_000, b" " * 2**21 + b"{}"],
)
async def test_a_manifest_that_is_none_is_said_so(db: Database, written: bytes) -> None:
    """Whatever lies there under that name."""
    with pytest.raises(InvalidError, match=r"manifest\.json"):
        moving.manifest_of(Shelf({"manifest.json": written}))


async def test_spreadsheets_are_for_people(db: Database) -> None:
    """Whose, how much in whole units, and no formula."""
    await join(db, display_name="=1+1", legal_name="@x")
    await settle(db, facts())
    shelf = await exported(db)

    def sheet(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(shelf[f"csv/{name}.csv"].decode())))

    (entry,) = sheet("ledger")
    assert (entry["affiliate"], entry["amount"], entry["currency"]) == ("JARED30", "5.57", "usd")
    (sale,) = sheet("sales")
    assert (sale["collected"], sale["fee"], sale["paid_at"]) == (
        "29.00",
        "1.14",
        "2026-11-01T12:00:00Z",
    )
    (commission,) = sheet("commissions")
    assert (commission["invoice_id"], commission["amount"]) == ("in_1", "5.57")
    (application,) = sheet("applications")
    assert application["display_name"] == "'=1+1"
    assert sheet("affiliates")[0]["promo_code"] == "JARED30"
    assert {name for name in shelf if name.startswith("csv/")} == {
        f"csv/{name}.csv" for name in moving_sheets.names()
    }
