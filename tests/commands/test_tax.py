"""The command line for taxes: keys, one form, and the export of a year."""

import csv
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlmodel import select

from storage import migrate
from storage.affiliates import Affiliate
from storage.audit import AuditLine
from storage.payouts import Payout
from tests.builders import join
from tests.commands.test_commands import Shell, shell
from tests.tax_builders import SSN, seal, send

__all__ = ["shell"]

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
async def jared(shell: Shell) -> Affiliate:
    """Jared, with a form that the old key sealed, and 2,500 dollars paid in 2026."""
    await migrate.upgrade(shell.db)
    seal(shell.db, OLD)
    shell.environment["TAX_ENCRYPTION_KEYS"] = OLD
    affiliate = await join(shell.db)
    await send(shell.db, affiliate.id)
    async with shell.db.transaction() as session:
        session.add(
            Payout(
                affiliate_user_id=affiliate.id,
                amount_cents=250_000,
                currency="usd",
                status="paid",
                method="bank",
                paid_at=datetime(2026, 5, 1, tzinfo=UTC),
            )
        )
    return affiliate


async def log(shell: Shell, action: str) -> list[AuditLine]:
    """The lines of the log about an action."""
    async with shell.db.read() as session:
        query = select(AuditLine).where(AuditLine.action == action)
        return list((await session.exec(query)).all())


async def test_a_key_is_made_and_one_of_another_shape_is_refused(shell: Shell) -> None:
    """The error names the variable, and not what stood in it."""
    status, key, _ = await shell.run("tax", "new-key", TAX_ENCRYPTION_KEYS="broken")
    assert status == 0
    Fernet(key.strip())
    status, out, err = await shell.run("doctor", TAX_ENCRYPTION_KEYS="hunter2")
    assert status == 2
    assert "TAX_ENCRYPTION_KEYS" in err
    assert "hunter2" not in out + err


async def test_doctor_says_whether_tax_forms_are_on(shell: Shell, jared: Affiliate) -> None:
    """And that there are keys beside the first."""
    _, out, _ = await shell.run("doctor", TAX_ENCRYPTION_KEYS="")
    assert " off  Tax" in out
    _, out, _ = await shell.run("doctor", TAX_ENCRYPTION_KEYS=f"{NEW},{OLD}")
    assert "  ok  Tax       Forms are on" in out
    assert "1 more open: affiliate-desk tax rotate" in out


async def test_rotating_makes_the_old_key_needless(shell: Shell, jared: Affiliate) -> None:
    """In full, with a bar; a second time there is nothing to do."""
    both = f"{NEW},{OLD}"
    status, out, err = await shell.run("tax", "rotate", TAX_ENCRYPTION_KEYS=both)
    assert (status, "1 of 1 forms were sealed" in out, "Sealing" in err) == (0, True, True)
    status, out, _ = await shell.run("tax", "rotate", TAX_ENCRYPTION_KEYS=NEW)
    assert (status, "0 of 1 forms were sealed" in out) == (0, True)
    assert [line.detail["locked"] for line in await log(shell, "tax.rotated")] == [0, 0]


async def test_a_key_that_is_gone_is_said_and_nothing_breaks(
    shell: Shell, jared: Affiliate
) -> None:
    """By every command that needs it, with what to do."""
    status, out, _ = await shell.run("tax", "rotate", TAX_ENCRYPTION_KEYS=NEW)
    assert (status, "No key opens 1" in out) == (1, True)
    status, _, err = await shell.run(
        "tax", "show", "JARED30", "--why", "x", TAX_ENCRYPTION_KEYS=NEW
    )
    assert (status, "Put that key back" in err, "Traceback" in err) == (1, True, False)
    words = ("tax", "export", "--year", "2026", "--out", "years", "--with-tins")
    status, out, _ = await shell.run(*words, TAX_ENCRYPTION_KEYS=NEW)
    assert (status, "opens it: JARED30" in out) == (0, True)


async def test_showing_a_form_says_its_number_and_is_written_down(
    shell: Shell, jared: Affiliate
) -> None:
    """For whoever is on the server, and says what for."""
    status, out, _ = await shell.run("tax", "show", "JARED30", "--why", "Matching")
    assert (status, f"SSN: {SSN}" in out) == (0, True)
    (line,) = await log(shell, "tax.read")
    assert line.detail["why"] == "Matching"
    status, out, _ = await shell.run("tax", "show", "JARED30", "--why", " ")
    assert (status, SSN in out) == (1, False)


async def test_a_year_is_exported_for_its_owner_only(shell: Shell, jared: Affiliate) -> None:
    """A table and a copy for each recipient; whole numbers only where they are asked for."""
    words = ("tax", "export", "--year", "2026", "--out", "years")
    status, out, err = await shell.run(*words)
    assert status == 0, err
    assert "1 recipient of a 1099-NEC" in out
    folder = shell.folder / "years"
    names = {each.name for each in folder.iterdir()}
    assert names == {"1099-nec-2026.csv", "1099-nec-2026-aff_JARED30.pdf"}
    assert _numbers(folder) == ["SSN ***-**-4399"]
    await shell.run(*words, "--with-tins")
    assert _numbers(folder) == [SSN]
    for each in folder.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    assert (folder / "1099-nec-2026-aff_JARED30.pdf").read_bytes().startswith(b"%PDF-")
    status, _, err = await shell.run("tax", "export", "--year", "26", "--out", "years")
    assert (status, "A year looks like" in err) == (1, True)


def _numbers(folder: Path) -> list[str]:
    with (folder / "1099-nec-2026.csv").open(newline="", encoding="utf-8") as file:
        return [row["recipient_tin"] for row in csv.DictReader(file)]
