"""The command line as an operator of the server uses it, against the stand-ins."""

import csv
import io
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import col, update

from sandbox.faults import HANG_UP
from sandbox.stand_ins import StandIns
from settings import Settings
from storage import work
from storage.audit import AuditLine
from storage.db import Database
from tests import forked
from tests.builders import apply, effects_asked_for, join
from tests.server import as_environment
from tests.standing import free_port, standing_in

EMAIL = "jared@example.com"


@dataclass
class Shell:
    """A shell with the environment of a connected server."""

    environment: dict[str, str]
    folder: Path
    stand_ins: StandIns
    db: Database

    async def run(self, *arguments: str, **changes: str) -> tuple[int, str, str]:
        """Run `affiliate-desk` with arguments: its exit status, output and errors."""
        return await forked.run(
            *arguments, environment=self.environment | changes, folder=self.folder
        )


@pytest.fixture
async def shell(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Shell]:
    """A shell, on SQLite."""
    async with standing_in(free_port()) as stand_ins:
        settings = Settings(_env_file=None, database_url=sqlite_url, **stand_ins.settings())
        db = Database(sqlite_url)
        environment = os.environ | dict(as_environment(settings))
        yield Shell(environment, tmp_path, stand_ins, db)
        await db.close()


async def test_doctor_says_that_all_is_well(shell: Shell) -> None:
    """Every part answers, and is named."""
    status, out, err = await shell.run("doctor")
    assert status == 0, out + err
    for part in ("Database", "Product", "Slack", "Stripe", "Tally", "Clerk", "Mail"):
        assert f"  ok  {part}" in out


async def test_doctor_says_what_is_wrong_and_what_is_off(shell: Shell) -> None:
    """A wrong key, a service that is down, and one that is not connected: three words."""
    shell.stand_ins.mail.traffic.fail_next(HANG_UP, times=5)
    status, out, _ = await shell.run(
        "doctor", SLACK_BOT_TOKEN="xoxb-wrong", CLERK_SECRET_KEY="", CLERK_JWT_KEY=""
    )
    assert status == 1
    assert "FAIL  Slack     Slack refused auth.test: invalid_auth." in out
    assert " off  Clerk     Set CLERK_SECRET_KEY." in out
    assert "FAIL  Mail" in out


async def test_doctor_names_the_scopes_that_are_missing(shell: Shell) -> None:
    """An app that was installed before the manifest grew."""
    manifest = shell.stand_ins.slack.manifest
    object.__setattr__(manifest, "scopes", manifest.scopes - {"groups:history"})
    status, out, _ = await shell.run("doctor")
    assert status == 1
    assert "lacks the scopes groups:history" in out


async def test_a_half_set_integration_is_refused_by_name(shell: Shell) -> None:
    """The server does not start half connected."""
    status, _, err = await shell.run("serve", STRIPE_WEBHOOK_SECRET="")
    assert status == 2
    assert "STRIPE_WEBHOOK_SECRET" in err
    assert "sk_test_sandbox" not in err


async def test_serve_wants_a_real_secret_key(shell: Shell) -> None:
    """It says how to make one."""
    status, _, err = await shell.run("serve", SECRET_KEY="short")
    assert status == 1
    assert "secrets.token_urlsafe" in err


async def test_migrate_can_be_repeated(shell: Shell) -> None:
    """On a database in shape it changes nothing."""
    assert (await shell.run("migrate"))[:2] == (0, "The database is in shape.\n")


async def test_clerk_metadata_is_dry_until_applied(shell: Shell) -> None:
    """It shows the exact change first; `live` counts as approved."""
    await join(shell.db)
    arguments = ("clerk-metadata", "--email", EMAIL, "--status", "live")
    status, out, err = await shell.run(*arguments)
    assert status == 0, err
    assert 'status: null -> "approved"' in out
    assert 'promoCode: null -> "JARED30"' in out
    assert "Nothing was changed" in out
    (user,) = shell.stand_ins.clerk.find(EMAIL)
    assert user["private_metadata"] == {}

    _, out, _ = await shell.run(*arguments, "--apply")
    assert "Applied." in out
    (user,) = shell.stand_ins.clerk.find(EMAIL)
    assert user["private_metadata"]["propmine"]["affiliate"]["status"] == "approved"
    _, out, _ = await shell.run(*arguments)
    assert "no change" in out


async def test_clerk_metadata_explains_what_it_cannot_do(shell: Shell) -> None:
    """An unknown status and an unknown person, in words."""
    status, _, err = await shell.run("clerk-metadata", "--email", EMAIL, "--status", "great")
    assert (status, "great is no status" in err) == (1, True)
    status, _, err = await shell.run(
        "clerk-metadata", "--email", "nobody@example.net", "--status", "pending"
    )
    assert (status, "no user" in err) == (1, True)


async def test_replay_puts_parked_work_back_and_says_what_else_it_found(shell: Shell) -> None:
    """Parked, not parked and unknown are three answers."""
    await apply(shell.db)
    effect = (await effects_asked_for(shell.db))[0]
    async with shell.db.transaction() as session:
        await work.park(session, effect, error="code taken")
    status, out, _ = await shell.run("replay", str(effect.id))
    assert (status, out) == (0, f"{effect.kind} is back at work.\n")
    status, _, err = await shell.run("replay", str(effect.id))
    assert (status, "nothing to replay" in err) == (1, True)
    status, _, err = await shell.run("replay", "evt_unknown")
    assert (status, "no event or effect" in err) == (1, True)


async def test_export_writes_the_tracker(shell: Shell) -> None:
    """A row per affiliate with the columns of the private tracker."""
    await join(shell.db)
    status, out, _ = await shell.run("export", "tracker")
    assert status == 0
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["email"], row["promo_code"], row["status"]) == (EMAIL, "JARED30", "approved")
    assert {"legal_name", "stripe_promotion_code_id", "tax_status", "unpaid_balance"} <= set(row)
    file = shell.folder / "tracker.csv"
    await shell.run("export", "tracker", "--output", str(file))
    assert file.read_text().splitlines() == out.splitlines()


async def test_audit_verify_finds_a_changed_line(shell: Shell) -> None:
    """Whole as it was written, and the number of the line that was touched."""
    await join(shell.db)
    assert (await shell.run("audit", "verify"))[:2] == (0, "The audit log is whole.\n")
    async with shell.db.transaction() as session:
        await session.exec(
            update(AuditLine).where(col(AuditLine.number) == 2).values(actor="nobody")
        )
    status, _, err = await shell.run("audit", "verify")
    assert (status, "line 2" in err) == (1, True)


async def test_reconcile_repairs_what_was_missed_and_says_what(shell: Shell) -> None:
    """Two runs: the first finds the sale, the second no difference; both count."""
    await join(shell.db)
    shell.stand_ins.stripe.queue.clear()
    bought = await shell.stand_ins.stripe.buy(
        email="zoe@example.net", customer_metadata={"referralCode": "JARED30"}
    )
    status, out, err = await shell.run("reconcile", "--since", "2026-01-01")
    assert status == 0, err
    assert f"{bought['id']} was missing; its commission is $5.57. Repaired." in out
    assert "Reconciling" in err
    status, out, _ = await shell.run("reconcile")
    assert (status, "1 invoice, no differences." in out) == (0, True)


async def test_reconcile_says_why_it_can_not(shell: Shell) -> None:
    """A date that is none, a Stripe that is away, and one that is not connected."""
    status, _, err = await shell.run("reconcile", "--since", "yesterday")
    assert (status, "a date looks like" in err) == (2, True)
    shell.stand_ins.stripe.fail_next("/v1/invoices", status=503, times=5)
    status, _, err = await shell.run("reconcile")
    assert (status, "Stripe answered 503" in err) == (1, True)
    status, _, err = await shell.run("reconcile", STRIPE_API_KEY="", STRIPE_WEBHOOK_SECRET="")
    assert (status, "STRIPE_API_KEY" in err) == (1, True)
