"""What a server loads: nothing large that it may never need."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from storage import migrate
from storage.db import Database

_ROOT: Final = Path(__file__).parents[2]
_RARE: Final = {
    "PIL": "pictures that people upload",
    "alembic": "a database that is behind",
    "asyncpg": "PostgreSQL",
    "clerk_backend_api": "somebody who comes from Clerk",
    "cryptography": "tax forms and secrets of networks",
    "jwt": "somebody who comes from Clerk",
    "mako": "a database that is behind",
    "redis": "a server with REDIS_URL",
    "reportlab": "copies of tax forms",
}
"""Libraries, and what they are loaded for: tens of megabytes that most servers are spared."""

_START: Final = f"""
import asyncio, json, sys
import logs
from aiohttp import web
from commands.serve import Desk, Settings

async def start():
    runner = web.AppRunner(Desk(Settings(_env_file=None)).app())
    await runner.setup()
    print(json.dumps([name for name in {list(_RARE)!r} if name in sys.modules]))
    await runner.cleanup()

logs.configure()
asyncio.run(start())
"""


async def test_a_server_starts_without_what_it_may_never_need(tmp_path: Path) -> None:
    """Memory and seconds of each start, on a database that is in shape."""
    url = f"sqlite+aiosqlite:///{tmp_path}/desk.db"
    db = Database(url)
    await migrate.upgrade(db)
    await db.close()
    started = subprocess.run(  # noqa: ASYNC221, S603 - of ours, and nothing else runs in this test
        [sys.executable, "-c", _START],
        cwd=_ROOT,
        env={
            "DATABASE_URL": url,
            "SECRET_KEY": "a-secret-key-of-more-than-32-characters",
            "STRIPE_API_KEY": "sk_test_1",
            "STRIPE_WEBHOOK_SECRET": "whsec_1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr
    assert json.loads(started.stdout) == []


@pytest.mark.parametrize("name", sorted(_RARE))
def test_what_is_loaded_rarely_is_installed(name: str) -> None:
    """Else the test above would pass for a library that was only renamed."""
    assert subprocess.run([sys.executable, "-c", f"import {name}"], check=False).returncode == 0  # noqa: S603 - of the list
