"""PostgreSQL's own programs: found in the version of the server, and told where that is."""

import asyncio
import os
import re
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import text

from storage.db import Database
from storage.errors import DatabaseError
from storage.revisions import NAME

_FOLDERS: Final = ("/usr/lib/postgresql/{}/bin", "/usr/pgsql-{}/bin")
"""Where Debian and Red Hat keep several versions beside each other."""
_LONGEST_LINE: Final = 2**24
_WRONG: Final = re.compile(r"error|fatal|panic", re.IGNORECASE)
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs that fit a server, and the environment in which they reach its database."""

    folder: str
    environment: dict[str, str]

    async def run(
        self,
        *command: str,
        say: Callable[[str], None] = lambda _line: None,
        given: IO[bytes] | None = None,
        out: int | IO[bytes] = asyncio.subprocess.DEVNULL,
    ) -> bytes:
        """Run a program to its end; returns its output if `out` is a pipe.

        `say` hears each line of what it says meanwhile. It reads what is `given`, which is closed
        here, so that whoever writes to it notices when the program ends. Raises `DatabaseError`
        with the program's words.
        """
        with given or nullcontext(asyncio.subprocess.DEVNULL) as source:
            process = await asyncio.create_subprocess_exec(
                str(Path(self.folder) / command[0]),
                *command[1:],
                env=self.environment,
                stdin=source,
                stdout=out,
                stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
            )
        try:
            output, wrong = await asyncio.gather(_all(process.stdout), _lines(process.stderr, say))
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
        if status:
            raise DatabaseError(f"{command[0]} failed: {' '.join(wrong) or f'status {status}'}")
        return output


async def _all(stream: asyncio.StreamReader | None) -> bytes:
    return await stream.read() if stream else b""


async def _lines(stream: asyncio.StreamReader | None, say: Callable[[str], None]) -> list[str]:
    """Say each line; returns the first ones that tell of something wrong."""
    wrong: list[str] = []
    while stream and (line := await stream.readline()):
        said = line.decode(errors="replace").strip()
        say(said)
        if _WRONG.search(said) and len(wrong) < _SHOWN:
            wrong.append(said)
    return wrong


async def tools(db: Database, *names: str) -> Tools:
    """The programs that this server needs. Raises `DatabaseError` if one is not there."""
    async with db.engine.connect() as connection:
        number: str = (await connection.execute(text("SHOW server_version_num"))).scalar_one()
    major = int(number) // 10_000
    folders = [*(each.format(major) for each in _FOLDERS), os.environ.get("PATH", os.defpath)]
    found = shutil.which(names[0], path=os.pathsep.join(folders))
    if found is None:
        raise DatabaseError(f"{names[0]} is not there. {_advice(major)}")
    made = Tools(str(Path(found).parent), _environment(db))
    for name in names:
        await _require_version(made, name, major)
    return made


async def _require_version(made: Tools, name: str, major: int) -> None:
    try:
        said = await made.run(name, "--version", out=asyncio.subprocess.PIPE)
    except OSError as error:
        raise DatabaseError(f"{name} cannot be run: {error.strerror}. {_advice(major)}") from error
    version = re.search(rb"\(PostgreSQL\) (\d+)", said)
    if version is None or int(version[1]) != major:
        have = version[1].decode() if version else "an unknown version"
        raise DatabaseError(
            f"{name} is of PostgreSQL {have}, and the server is of {major}. {_advice(major)}"
        )


def _advice(major: int) -> str:
    return (
        f"Install the client programs of PostgreSQL {major} (postgresql-client-{major} on Debian, "
        "from apt.postgresql.org if need be), or put their folder first in PATH."
    )


def _environment(db: Database) -> dict[str, str]:
    """Where the database is, told so that no list of processes shows its password."""
    options = db.driver_options()
    given = {
        "PGHOST": options.get("host"),
        "PGPORT": options.get("port"),
        "PGUSER": options.get("user"),
        "PGPASSWORD": options.get("password"),
        "PGDATABASE": options.get("database"),
        "PGSSLMODE": options.get("ssl"),
        "PGAPPNAME": NAME,
        "LC_ALL": "C",
    }
    told = {name: _as_text(value) for name, value in given.items() if value is not None}
    return os.environ | told


def _as_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)
