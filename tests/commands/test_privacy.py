"""The command line for privacy: everything about somebody as a file, and their erasure."""

import stat
from pathlib import Path
from zipfile import ZipFile

from domain import erasure
from storage import migrate
from tests.builders import affiliate_now, join
from tests.commands.test_commands import Shell, shell
from tests.payout_builders import earn

__all__ = ["shell"]

EMAIL = "jared@example.com"


async def test_an_export_is_for_its_owner_alone(shell: Shell, tmp_path: Path) -> None:
    """In any letter case of the address; never over a file that is there; not for nobody."""
    await migrate.upgrade(shell.db)
    await join(shell.db)
    output = tmp_path / "jared.zip"
    command = ("privacy", "export", "--email", "Jared@Example.com", "--output", str(output))
    status, out, err = await shell.run(*command)
    assert status == 0, err
    assert "rows in" in out
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    with ZipFile(output) as archive:
        assert EMAIL in archive.read("account.json").decode()
    status, _, err = await shell.run(*command)
    assert status == 1
    assert "cannot be written" in err
    status, _, err = await shell.run("privacy", "erase", "--email", "x@example.com", "--yes")
    assert (status, err) == (1, "There is no affiliate of this address.\n")


async def test_erasing_is_said_twice_and_money_comes_first(shell: Shell) -> None:
    """Without --yes nothing happens, and with money owed nothing without --waive."""
    await migrate.upgrade(shell.db)
    jared = await join(shell.db)
    await earn(shell.db, jared.id, 5000)
    command = ("privacy", "erase", "--email", EMAIL)
    for more, told in (((), "--yes"), (("--yes",), "$50.00 are owed")):
        status, _, err = await shell.run(*command, *more)
        assert status == 1
        assert told in err
    assert not erasure.is_erased(await affiliate_now(shell.db, jared.id))
    status, out, err = await shell.run(*command, "--yes", "--waive")
    assert status == 0, err
    assert out.startswith("JARED30 was erased.")
    assert erasure.is_erased(await affiliate_now(shell.db, jared.id))
