"""The sandbox, as a person runs it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server import Server
from tests.standing import free_port


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[str]:
    """`affiliate-desk sandbox`, as `make run` starts it; its address."""
    port = free_port()
    server = Server(port, tmp_path, "sandbox", "--port", str(port), "--folder", str(tmp_path / "s"))
    await server.start()
    yield server.url
    assert await server.stop() == 0
