"""Starting a server where something is in the way: a sentence each, and no harm."""

import asyncio
import gzip
import os
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from settings import Settings
from tests.postgres import PostgresServer
from tests.server import Server
from tests.standing import free_port, serving

_MAIN = Path(__file__).parents[2] / "main.py"
_KEY = "a-secret-key-of-more-than-32-characters"


async def _run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run `affiliate-desk` to its end: its exit status and everything that it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_MAIN),
        *arguments,
        cwd=folder,
        env=os.environ | {"SECRET_KEY": _KEY, "PORT": str(free_port())} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_a_second_server_on_a_sqlite_file_is_refused(tmp_path: Path) -> None:
    """It would run the first one's effects again; short commands go on working beside it."""
    url, port = f"sqlite+aiosqlite:///{tmp_path}/desk.db", free_port()
    settings = Settings(_env_file=None, port=port, database_url=url, secret_key=SecretStr(_KEY))
    first = Server(port, tmp_path, "serve", settings=settings)
    await first.start()
    status, said = await _run(tmp_path, "serve", DATABASE_URL=url)
    assert status == 1
    assert said.startswith(f"Another server is running on {tmp_path}/desk.db.")
    status, said = await _run(tmp_path, "export", "tracker", DATABASE_URL=url)
    assert (status, said.startswith("affiliate_id,")) == (0, True)

    await first.kill()
    await first.start()
    assert await first.stop() == 0


async def test_a_running_sandbox_is_not_deleted_under_its_feet(tmp_path: Path) -> None:
    """`--fresh` in a second terminal, and later when the first one has ended."""
    folder, port = tmp_path / "sandbox", free_port()
    first = Server(port, tmp_path, "sandbox", "--port", str(port), "--folder", str(folder))
    await first.start()
    again = ("sandbox", "--port", str(free_port()), "--folder", str(folder), "--fresh")
    status, said = await _run(tmp_path, *again)
    assert (status, f"Another server is running on {folder}." in said) == (1, True)
    assert (folder / "affiliate-desk.db").exists()
    assert await first.stop() == 0


async def test_fresh_deletes_nothing_but_a_sandbox(tmp_path: Path) -> None:
    """Somebody names a folder of their own by mistake."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "beach.jpg").write_text("sun")
    status, said = await _run(tmp_path, "sandbox", "--folder", str(folder), "--fresh")
    assert (status, "holds no sandbox" in said) == (1, True)
    assert (folder / "beach.jpg").read_text() == "sun"


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """Both servers say which, and do not claim to be there."""
    port = free_port()
    async with serving(web.Application(), port):
        status, said = await _run(tmp_path, "serve", PORT=str(port))
        assert (status, "Traceback" in said) == (1, False)
        assert f"Cannot listen on 127.0.0.1:{port}: Address already in use." in said
        status, said = await _run(tmp_path, "sandbox", "--port", str(port))
        assert (status, f"127.0.0.1:{port}: Address already in use" in said) == (1, True)
        assert "Affiliate Desk is at" not in said


async def test_a_host_or_port_that_is_none_is_refused(tmp_path: Path) -> None:
    """Typed wrongly."""
    status, said = await _run(tmp_path, "serve", HOST="not a host")
    assert (status, "HOST is not a host, which is no address" in said) == (1, True)
    for port in ("99999", "0", "http"):
        status, said = await _run(tmp_path, "sandbox", "--port", port)
        assert (status, "a port is a number from 1 to 65535" in said) == (2, True)


@pytest.mark.parametrize("command", ["serve", "migrate", "export"])
async def test_a_database_that_is_away_is_said_in_words(tmp_path: Path, command: str) -> None:
    """Its address is shown without the password."""
    arguments = (command, "tracker") if command == "export" else (command,)
    url = f"postgresql+asyncpg://desk:hush@127.0.0.1:{free_port()}/desk"
    status, said = await _run(tmp_path, *arguments, DATABASE_URL=url)
    assert (status, "Traceback" in said, "hush" in said) == (1, False, False)
    assert "does not answer" in said
    assert "postgresql+asyncpg://desk:***@127.0.0.1" in said


@pytest.fixture
def dropped(postgres: PostgresServer) -> str:
    """The address of a database that is not there any more."""
    with postgres.database() as url:
        return url


async def test_a_database_that_does_not_exist_is_said_in_words(
    tmp_path: Path, dropped: str
) -> None:
    """The server is there, and the name on it is wrong."""
    status, said = await _run(tmp_path, "migrate", DATABASE_URL=dropped)
    assert (status, "Traceback" in said) == (1, False)
    assert "does not exist" in said


async def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    """A file stands where the database's folder would be."""
    (tmp_path / "var").write_text("")
    url = f"sqlite+aiosqlite:///{tmp_path}/var/desk/desk.db"
    status, said = await _run(tmp_path, "serve", DATABASE_URL=url)
    assert (status, said) == (
        1,
        f"The folder {tmp_path}/var/desk cannot be made: Not a directory.\n",
    )


async def test_a_database_address_of_another_kind_is_refused(tmp_path: Path) -> None:
    """It says which ones there are."""
    status, said = await _run(tmp_path, "doctor", DATABASE_URL="postgresql://host/name")
    assert (status, "Traceback" in said) == (2, False)
    assert "DATABASE_URL" in said
    assert "postgresql+asyncpg://" in said


async def test_an_export_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    """The folder is not there."""
    file = tmp_path / "away" / "tracker.csv"
    status, said = await _run(tmp_path, "export", "tracker", "--output", str(file))
    assert (status, said) == (1, f"{file} cannot be written: No such file or directory.\n")


async def test_a_packed_body_is_refused(tmp_path: Path) -> None:
    """Whether or not it can be unpacked: an answer in words, never a fault of ours."""
    port = free_port()
    server = Server(port, tmp_path, "sandbox", "--port", str(port), "--folder", str(tmp_path / "s"))
    await server.start()
    async with aiohttp.ClientSession(headers={"Content-Encoding": "gzip"}) as client:
        for path in ("/webhooks/tally", "/webhooks/stripe", "/slack/events", "/affiliate/sign-in"):
            for body in (b"no gzip at all", gzip.compress(b"{}")):
                answer = await client.post(f"{server.url}{path}", data=body)
                assert answer.status == 415
                assert "without a Content-Encoding" in await answer.text()
    assert await server.stop() == 0


@pytest.mark.parametrize("name", ["ADMIN_API_TOKEN", "PRODUCT_API_TOKEN"])
async def test_a_token_that_could_be_guessed_is_warned_of(tmp_path: Path, name: str) -> None:
    """Whoever holds it may do everything that it opens, and nothing slows down a guesser."""
    port = free_port()
    async with serving(web.Application(), port):
        _, said = await _run(tmp_path, "serve", PORT=str(port), **{name: "short-and-guessable"})
    assert "this token could be guessed" in said
    assert name in said
    assert "short-and-guessable" not in said
