"""A tax number that was typed is found nowhere: not in the database, a log, a mail or Slack."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import inspect, text

import logs
from domain import tax_secrets, tax_years, taxes
from storage.affiliates import Affiliate
from storage.db import Database
from tests.dashboard.desk import Browser, make_settings
from tests.dashboard.desk import Desk as Dashboard
from tests.dashboard.pages.test_tax import HERE, W9_HERE, sent
from tests.domain.test_tax_years import paid
from tests.outbox.conftest import Outside, outside
from tests.tax_builders import FINANCE, SSN, seal, send_back

__all__ = ["outside"]

NEEDLES = tuple(each.encode() for each in (SSN, SSN.replace("-", ""), SSN.replace("-", " ")))


def found_in(content: bytes) -> bool:
    """Whether the number is in there, with dashes or without."""
    return any(needle in content for needle in NEEDLES)


async def everything_in(db: Database) -> bytes:
    """Every value of every table, whatever the kind of the database; and SQLite's own files."""
    kept = bytearray()
    async with db.engine.connect() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        for table in tables:
            rows = await connection.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608 - ours
            kept += repr(rows.all()).encode()
    if db.is_sqlite:
        folder = Path(db.url.database or "").parent
        kept += b"".join(each.read_bytes() for each in folder.glob("desk.db*"))
    return bytes(kept)


@pytest.fixture
async def mia(outside: Outside, tmp_path: Path) -> AsyncIterator[tuple[Affiliate, Browser]]:
    """An affiliate at a dashboard with tax forms on; all that is logged goes into a file."""
    seal(outside.db)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(level=logging.DEBUG)
    to_file = logging.FileHandler(tmp_path / "log.txt")
    to_file.setFormatter(logging.getLogger().handlers[0].formatter)
    logging.getLogger().addHandler(to_file)
    try:
        async with Dashboard(outside.db, make_settings()).running() as desk:
            affiliate = await desk.approve()
            async with desk.browser() as browser:
                yield affiliate, await desk.signed_in(browser, affiliate.email)
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
        to_file.close()


async def test_a_tax_number_is_found_nowhere(
    outside: Outside, mia: tuple[Affiliate, Browser], tmp_path: Path
) -> None:
    """Typed with a mistake beside it, then sent, sent back, sent again, verified, exported."""
    affiliate, browser = mia
    page = await browser.get(W9_HERE)
    wrong = await browser.post(HERE, sent(page, address_zip="9"))
    shown = [wrong.html]
    await browser.post(HERE, sent(page))
    async with outside.db.read() as session:
        first = (await taxes.standing(session, affiliate.id)).form
    assert first is not None
    await outside.settle()
    await send_back(outside.db, first)
    page = await browser.get(W9_HERE)
    await browser.post(HERE, sent(page))
    async with outside.db.transaction() as session:
        form = (await taxes.standing(session, affiliate.id)).form
        assert form is not None
        await taxes.verify(session, form.id, FINANCE)
        secrets = await tax_secrets.read(session, form, FINANCE, "Matching the number")
    assert found_in(secrets.tax_id.encode()), "it is there, and is the one that is looked for"
    await paid(outside.db, affiliate, 250_000)
    async with outside.db.transaction() as session:
        made = await tax_years.export(session, 2026, FINANCE)
    await outside.settle()
    shown += [(await browser.get(HERE)).html, str(made.lines), made.summary()]

    letters = outside.stand_ins.mail.letters_to(affiliate.email)
    slack = outside.stand_ins.slack
    cards = [slack.text_of(each) for each in slack.messages(slack_channel(outside))]
    assert [each for each in letters if "W-9" in each["subject"]]
    assert [each for each in cards if "SSN ***-**-4399" in each]
    logged = (tmp_path / "log.txt").read_bytes()
    everywhere = {
        "the database": await everything_in(outside.db),
        "a log": logged,
        "a mail": repr(letters).encode(),
        "Slack": repr((cards, slack.messages(slack_channel(outside)))).encode(),
        "a page": "".join(shown).encode(),
    }
    assert [where for where, content in everywhere.items() if found_in(content)] == []
    assert b"4399" in everywhere["the database"], "its last four are what is kept to be shown"


def slack_channel(outside: Outside) -> str:
    """The operators' channel."""
    return outside.services.settings.slack_channel


async def test_a_broken_database_does_not_give_it_away(
    outside: Outside, mia: tuple[Affiliate, Browser], tmp_path: Path
) -> None:
    """An error that nobody foresaw, at the moment at which the form is kept, is logged without."""
    _, browser = mia
    page = await browser.get(W9_HERE)
    async with outside.db.engine.begin() as connection:
        await connection.execute(text("DROP TABLE affiliate_tax_withholding"))
        await connection.execute(
            text("ALTER TABLE affiliate_tax_info RENAME COLUMN signed_as TO gone")
        )
    answer = await browser.post(HERE, sent(page))
    assert answer.status == 500
    logged = (tmp_path / "log.txt").read_bytes()
    assert b"Traceback" in logged
    assert not found_in(logged)
    assert not found_in(answer.html.encode())
