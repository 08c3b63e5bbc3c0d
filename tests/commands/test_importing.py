"""`import` on the command line, against the stand-ins."""

import csv
import re
import stat
from pathlib import Path

from domain import affiliates
from storage import affiliates as rows
from storage import audit
from storage.db import Database
from tests.builders import effects_asked_for
from tests.commands.test_commands import Shell, shell
from tests.imports.bringing import COMMISSIONS, rewardful

__all__ = ["shell"]


async def count(db: Database) -> int:
    """How many affiliates there are."""
    async with db.read() as session:
        return len(await rows.page(session))


async def test_import_is_dry_until_applied(shell: Shell) -> None:
    """The program is found out, the report says everything, and nothing is changed."""
    paths = [str(path) for path in rewardful(shell.folder)]
    status, out, err = await shell.run("import", *paths)
    assert (status, err) == (0, "")
    assert "From Rewardful:" in out
    assert "Nothing was changed. Add --apply to apply this." in out
    assert await count(shell.db) == 0
    status, out, err = await shell.run("import", *paths, "--apply", "--as-of", "2026-11-10T09:00")
    assert (status, err) == (0, "")
    assert "Brought over from Rewardful: 2 affiliates, 3 links, 3 customers, 4 commissions." in out
    assert "before 2026-11-10 09:00 UTC" in out
    assert await count(shell.db) == 2
    assert await effects_asked_for(shell.db) == []
    async with shell.db.read() as session:
        lines = [line async for line in audit.chain(session)]
    assert [line.action for line in lines] == [
        "affiliate.imported",
        "affiliate.imported",
        "import.applied",
    ]
    assert set(lines[-1].detail["files"]) == {"affiliates.csv", "referrals.csv", "commissions.csv"}


async def test_odd_rows_keep_everything_from_happening(shell: Shell) -> None:
    """Unless it is said that they may be left out; each row's fate is in a file."""
    files = rewardful(shell.folder, commissions=COMMISSIONS.replace("$30.00", "=1+1"))
    paths = [str(path) for path in files]
    status, out, _ = await shell.run("import", *paths, "--apply", "--report", "fates.csv")
    assert status == 1
    assert "commissions.csv line 2, row: “=1+1” is no amount." in out
    assert "Nothing was changed, because of the odd rows." in out
    assert await count(shell.db) == 0
    with (shell.folder / "fates.csv").open(encoding="utf-8", newline="") as file:
        fates = list(csv.DictReader(file))
    assert [row["line"] for row in fates if row["fate"] == "odd"] == ["2"]
    assert {row["fate"] for row in fates} == {"new", "left out", "named twice", "odd"}
    status, out, _ = await shell.run("import", *paths, "--apply", "--skip-odd")
    assert status == 0
    assert "€8.25 owed are in the ledger." in out


async def test_what_files_say_does_nothing_to_the_terminal(shell: Shell) -> None:
    """Neither colours nor titles nor lines of its own, nor text that runs backwards."""
    evil = "\x1b]0;owned\x07\x1b[2J\u202eno\u2028mail"
    names = shell.folder / "who.csv"
    names.write_text("id,email,state,token,\x1b[31mred\n1,x,active,x,x\n")
    files = [*rewardful(shell.folder, commissions=COMMISSIONS.replace("$30.00", evil)), names]
    for given in (files[:3], [files[3]], [files[3], "--from", "rewardful"]):
        _, out, err = await shell.run("import", *map(str, given))
        for letter in "\x1b\x07\u202e\u2028":
            assert letter not in out + err, given
    assert "is no amount" in (await shell.run("import", *map(str, files[:3])))[1]


async def test_what_happens_to_each_row_is_for_its_owners_eyes(shell: Shell) -> None:
    """Addresses of affiliates and customers stand in it; in the tracker, too."""
    paths = [str(path) for path in rewardful(shell.folder)]
    await shell.run("import", *paths, "--report", "fates.csv")
    await shell.run("export", "tracker", "--output", "tracker.csv")
    for name in ("fates.csv", "tracker.csv"):
        assert stat.S_IMODE((shell.folder / name).stat().st_mode) == 0o600


async def test_import_refuses_what_it_does_not_know(shell: Shell) -> None:
    """A sentence, and the exit status of a failure."""
    file = shell.folder / "some.csv"
    for content, said in (("", "is empty"), ("colour\nred\n", "No program that is known")):
        file.write_text(content)
        status, _, err = await shell.run("import", "some.csv")
        assert status == 1
        assert said in err
    assert (await shell.run("import"))[0] == 1
    assert (await shell.run("import", "some.csv", "--as-of", "soon"))[0] == 2


async def test_import_asks_clerk(shell: Shell) -> None:
    """Every user is looked at, page by page."""
    instance = shell.stand_ins.clerk
    for number in range(501):
        instance.add_user(f"user{number}@example.com")
    last = instance.add_user("mia@example.com")
    affiliate = {"status": "approved", "promoCode": "MIA30"}
    instance.merge_metadata(
        last["id"], {"private_metadata": {"propmine": {"affiliate": affiliate}}}
    )
    status, out, err = await shell.run("import", "--from", "clerk", "--apply")
    assert (status, err) == (0, "")
    assert re.search(r"50\d users, private_metadata.propmine", out)
    async with shell.db.read() as session:
        mia = await affiliates.look_up(session, "MIA30")
    assert mia.email == "mia@example.com"


async def test_the_mail_arrives(shell: Shell, tmp_path: Path) -> None:
    """It says where the program is now, and what is owed."""
    paths = [str(path) for path in rewardful(tmp_path)]
    status, out, _ = await shell.run("import", *paths, "--apply", "--notify", "mail")
    assert status == 0
    assert "mail: mails 2 affiliates who were not told yet." in out
    (first, second) = [effect.payload for effect in await effects_asked_for(shell.db)]
    assert {first["to"], second["to"]} == {"adam@example.com", "Bea@example.com"}
    status, out, _ = await shell.run("import", *paths, "--apply", "--notify", "mail")
    assert "mail: mails 0 affiliates" in out
    assert len(await effects_asked_for(shell.db)) == 2
