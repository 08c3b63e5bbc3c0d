"""The sandbox, as a person runs it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.forked import ForkedServer
from tests.standing import free_port


@pytest.fixture
async def sandbox(shaped_file: Path, tmp_path: Path) -> AsyncIterator[str]:
    """`affiliate-desk sandbox`, as `make run` starts it again; its address."""
    port = free_port()
    folder = tmp_path / "s"
    folder.mkdir()
    shutil.copy(shaped_file, folder / "affiliate-desk.db")
    server = ForkedServer(port, tmp_path, "sandbox", "--port", str(port), "--folder", str(folder))
    await server.start()
    yield server.url
    assert await server.stop() == 0
