"""Tokens for operators' programs, made and ended on the server."""

import pytest

from storage import audit
from tests.commands.test_commands import Shell, shell

__all__ = ["shell"]

FOR_MARIA = ("--operator", "U0MARIA", "--operator-name", "@maria")


@pytest.fixture
def making() -> tuple[str, ...]:
    """What makes a token that reads codes."""
    return ("token", "create", "--name", "CRM", *FOR_MARIA, "--scope", "codes:read")


async def test_a_token_is_made_listed_and_revoked(shell: Shell, making: tuple[str, ...]) -> None:
    """Its text is said once; afterwards its beginning names it."""
    assert (await shell.run("token", "list"))[1].startswith("There is no token yet.")
    status, out, err = await shell.run(*making)
    assert status == 0, err
    text = out.split()[0]
    assert text.startswith("adop_")
    assert "It acts for @maria and may do codes:read." in out
    status, out, _ = await shell.run("token", "list")
    assert text not in out
    assert "CRM  for @maria  codes:read  never used" in out
    prefix = out.split("…")[0]
    assert text.startswith(prefix)
    status, out, _ = await shell.run("token", "revoke", prefix)
    assert (status, out) == (0, f"“CRM” ({prefix}…) opens nothing any more.\n")
    assert "revoked" in (await shell.run("token", "list"))[1]
    status, _, err = await shell.run("token", "revoke", prefix)
    assert status == 1
    assert "already" in err
    async with shell.db.read() as session:
        actions = [line.action async for line in audit.chain(session)]
    assert actions == ["token.created", "token.revoked"]


async def test_a_token_is_for_somebody_who_may(shell: Shell, making: tuple[str, ...]) -> None:
    """Where reviewers and finance are named, nobody else gets one."""
    status, _, err = await shell.run(*making, SLACK_REVIEWERS="U0JONAS")
    assert status == 1
    assert "U0MARIA is not in SLACK_REVIEWERS" in err
    status, _, err = await shell.run(
        *making, "--scope", "payouts:write", SLACK_REVIEWERS="U0MARIA", SLACK_FINANCE="U0AMARA"
    )
    assert status == 1
    assert "U0MARIA is not in SLACK_FINANCE" in err
    assert (await shell.run("token", "list"))[1].startswith("There is no token yet.")
    status, out, _ = await shell.run(
        *making, "--until", "2200-01-01", SLACK_REVIEWERS="U0MARIA", SLACK_FINANCE="U0AMARA"
    )
    assert status == 0
    assert "until 2200-01-01 00:00 UTC" in out


async def test_what_is_asked_wrongly_is_refused(shell: Shell, making: tuple[str, ...]) -> None:
    """A scope that there is not, a day that is over, a name that nobody has."""
    status, _, err = await shell.run(*making, "--scope", "codes:erase")
    assert status == 2
    assert "applications:write" in err
    status, _, err = await shell.run(*making, "--until", "2020-01-01")
    assert (status, err) == (1, "This moment is over.\n")
    status, _, err = await shell.run("token", "revoke", "adop_nobodys")
    assert (status, err) == (1, "There is no token of this id or beginning.\n")
