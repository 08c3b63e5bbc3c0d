"""Rows that leave for files: each once, nobody in them, and nothing lost by a kill."""

import argparse
import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import func, select

import clock
from commands import archive as command
from desk import Desk
from domain.audit import SYSTEM
from domain.clicks import Touch, row, visitor_key
from domain.errors import ConflictError
from integrations import archive_files
from outbox.services import Services
from scheduled import archive as archiving
from scheduled.retention import forget
from storage import archive, raw_sums
from storage.clicks import INSERT, Click
from storage.db import Database
from storage.group_commit import GroupCommit
from storage.ids import first_id
from storage.inbox import InboxEvent
from storage.outbox import Effect
from tests.builders import join
from tests.dashboard.desk import make_settings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD = 450
"""Days: older than anything is kept by default."""


@pytest.fixture(autouse=True)
def _small_and_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of three, and today."""
    monkeypatch.setattr(archiving, "AT_ONCE", 3)
    monkeypatch.setattr(archiving, "PAUSE_S", 0)
    monkeypatch.setattr(clock, "now", lambda: NOW)


async def _live(db: Database, clicks: int = 10) -> None:
    """Clicks, events and effects of long ago, and one each of today."""
    affiliate = await join(db)
    commit = GroupCommit(db)
    commit.start()
    for number in range(clicks + 1):
        at = NOW if number == clicks else NOW - timedelta(days=OLD) + timedelta(hours=number * 20)
        address, agent = f"203.0.{number}.7", "Firefox jane@example.com"
        touch = Touch(affiliate.id, "JARED30", "redirect", address, agent, at)
        touch = replace(touch, utm={"term": "jane"}, referrer_host="a.example", keyword="jane")
        await commit.insert(INSERT, row(visitor_key("secret"), touch))
    await commit.close()
    async with db.transaction() as session:
        for number, days in enumerate((OLD, OLD - 1, 1)):
            at = NOW - timedelta(days=days)
            done: dict[str, Any] = {"id": first_id(at), "kind": "seen", "handled_at": at}
            session.add(
                InboxEvent(
                    **done,
                    source="stripe",
                    external_id=f"evt_{number}",
                    payload=b"jane@example.com",
                    received_at=at,
                )
            )
            mail = {"to": "jane@example.com"}
            session.add(Effect(**done, lane="mail:jane@example.com", payload=mail, asked_at=at))
        at = NOW - timedelta(days=OLD)
        session.add(Effect(id=first_id(at - timedelta(1)), kind="waits", asked_at=at, parked_at=at))


def _services(db: Database, folder: Path) -> Services:
    return Services(db, make_settings(archive_dir=folder))


async def _counts(db: Database) -> tuple[int, ...]:
    async with db.read() as session:
        return tuple(
            [
                (await session.exec(select(func.count()).select_from(table))).one()
                for table in (Click, InboxEvent, Effect)
            ]
        )


async def _archived(db: Database, folder: Path, what: str) -> list[dict[str, Any]]:
    async with db.read() as session:
        files = await archive.files(session, what)
    lines = [json.loads(one) for f in files for one in archive_files.lines(folder / f.name, f.size)]
    assert sum(file.rows for file in files) == len(lines)
    return lines


async def test_what_is_old_leaves_for_files_and_sums_stay(db: Database, tmp_path: Path) -> None:
    """What is of today stays, and what waits for an operator; a second night adds nothing."""
    await _live(db)
    async with db.read() as session:
        clicks = {str(one.id): one for one in (await session.exec(select(Click))).all()}
    before = await _counts(db)
    await forget(_services(db, tmp_path / "old"))
    assert await _counts(db) == (1, 1, before[2] - 2)
    found = await _archived(db, tmp_path / "old", "clicks")
    assert len({one["id"] for one in found}) == len(found) == 10
    for one in found:
        was = clicks[one["id"]]
        assert datetime.fromisoformat(one["clicked_at"]) == was.clicked_at
        assert (one["affiliate_user_id"], one["ref"]) == (str(was.affiliate_user_id), "JARED30")
    assert len(await _archived(db, tmp_path / "old", "events")) == 2
    assert len(await _archived(db, tmp_path / "old", "effects")) == 2
    async with db.read() as session:
        assert await raw_sums.differences(session) == 0
    await forget(_services(db, tmp_path / "old"))
    assert await _archived(db, tmp_path / "old", "clicks") == found


async def test_nobody_is_in_an_archive(db: Database, tmp_path: Path) -> None:
    """Neither who clicked nor who was written to: an erasure has nothing to look for in it."""
    await _live(db)
    async with db.read() as session:
        some = (await session.exec(select(Click).order_by(Click.clicked_at))).first()  # type: ignore[arg-type]
    await forget(_services(db, tmp_path))
    files, whole = _written(tmp_path)
    assert len(files) >= 3
    assert some
    for word in ("jane", "203.0", "Firefox", "evt_", "a.example", some.visitor, some.network):
        assert word
        assert word not in whole
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def _written(folder: Path) -> tuple[list[Path], str]:
    """Every file, and all that is in them."""
    files = list(folder.glob("*/*.gz"))
    return files, "".join(gzip.decompress(file.read_bytes()).decode() for file in files)


class _KilledError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("where", ["within the file", "behind the file", "within the transaction"])
async def test_a_kill_loses_nothing_and_doubles_nothing(
    db: Database, tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch once, killed wherever: the next night goes on, with each row in one line."""
    await _live(db)
    add, gone, calls = archive_files.add, archive.forget, iter(range(1000))

    def broken_add(file: Path, at: int, data: bytes) -> int:
        size = add(file, at, data)
        if where == "within the file" and next(calls) % 2:
            with file.open("r+b") as opened:
                opened.truncate(at + (size - at) // 2)
            raise _KilledError
        if where == "behind the file" and next(calls) % 2:
            raise _KilledError
        return size

    async def broken_forget(*args: Any) -> int:
        count = await gone(*args)
        if where == "within the transaction" and next(calls) % 2:
            raise _KilledError
        return count

    monkeypatch.setattr(archive_files, "add", broken_add)
    monkeypatch.setattr(archive, "forget", broken_forget)
    nights = 0
    while True:
        nights += 1
        try:
            await forget(_services(db, tmp_path))
            break
        except _KilledError:
            found = await _archived(db, tmp_path, "clicks")
            assert len(found) + (await _counts(db))[0] == 11
    assert nights > 2
    found = await _archived(db, tmp_path, "clicks")
    assert len({one["id"] for one in found}) == len(found) == 10


async def test_nothing_is_deleted_that_could_not_be_written(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves the rows; whatever else is forgotten is forgotten, and it is told."""
    await _live(db)
    before = await _counts(db)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(archive_files, "add", full)
        with pytest.raises(OSError, match="No space"):
            await forget(_services(db, tmp_path))
    assert await _counts(db) == before
    await forget(_services(db, tmp_path))
    assert (await _counts(db))[0] == 1


async def test_a_file_that_is_not_at_hand_is_not_gone_on_with(db: Database, tmp_path: Path) -> None:
    """Another server's, or a lost one: another number is begun, and both count."""
    await _live(db, clicks=3)
    await forget(_services(db, tmp_path / "one"))
    async with db.transaction() as session:
        at = NOW - timedelta(days=OLD)
        late: dict[str, Any] = {"handled_at": NOW, "received_at": at, "payload": b""}
        session.add(
            InboxEvent(id=first_id(at), source="clerk", external_id="late", kind="x", **late)
        )
    await forget(_services(db, tmp_path / "other"))
    async with db.read() as session:
        names = [(file.name, file.rows) for file in await archive.files(session, "events")]
    assert names == [("events/2025-08.jsonl.gz", 2), ("events/2025-08.2.jsonl.gz", 1)]
    assert (tmp_path / "other" / names[1][0]).exists()


async def test_two_processes_do_not_write_at_once(db: Database, tmp_path: Path) -> None:
    """The second is told so, and deletes nothing."""
    await _live(db)
    with archiving.alone(tmp_path), pytest.raises(ConflictError, match="Another process"):
        await forget(_services(db, tmp_path))
    assert (await _counts(db))[0] == 11


async def test_operators_list_and_read_it(
    db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By day; a file that was touched is told, and ends in failure."""
    await _live(db)
    url = db.url.render_as_string(hide_password=False)
    desk = Desk(make_settings(database_url=url, archive_dir=tmp_path))
    nothing = argparse.Namespace()
    assert await command._run(desk, nothing, SYSTEM) == 0  # noqa: SLF001 - as the parser does
    assert "clicks: 10 rows of before 2025-10-16 moved." in capsys.readouterr().out
    assert await command._list(desk, nothing, SYSTEM) == 0  # noqa: SLF001
    assert (
        "clicks/2025-08.jsonl.gz  10 rows  2025-08-27 to 2025-09-"
        in (listed := capsys.readouterr().out)
        or "clicks/2025-09.jsonl.gz" in listed
    )
    since = datetime(2025, 8, 28, tzinfo=UTC)
    span = {"since": since, "until": since + timedelta(days=1)}
    assert await command._read(desk, argparse.Namespace(what="clicks", **span), SYSTEM) == 0  # noqa: SLF001
    read = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert read
    assert {one["clicked_at"][:10] for one in read} == {"2025-08-28"}
    file = tmp_path / "clicks" / "2025-08.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-20])
    assert await command._list(desk, nothing, SYSTEM) == 1  # noqa: SLF001
    assert "shorter" in capsys.readouterr().out
    await desk.close()
