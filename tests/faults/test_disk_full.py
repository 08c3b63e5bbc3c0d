"""The disk of SQLite is full for a while: the server says so, loses nothing, and goes on after.

Full is a limit on how large a file of the server may become, which anybody may set, and where
one may mount it a small file system.
"""

import asyncio
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from itertools import count
from pathlib import Path

import aiohttp
import pytest

from sandbox.tally.form import NO_ANSWER
from tests.faults.conftest import LONG_S, Scene, Stage, status_of
from tests.faults.town import some_form
from tests.faults.verdict import judge
from tests.waiting import until

FULL_S = 3.0
_numbers = count()


def _limit(scene: Scene, size: int) -> None:
    """Let no file of the server's become larger than this, or as large as it likes for -1."""
    pid = scene.server.pid
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))


def _fill_by_limit(scene: Scene) -> Callable[[], None]:
    """Take away the room by a limit; returns what gives it back."""
    file = Path(scene.db.url.database or "")
    parts = (file, file.with_name(f"{file.name}-wal"))
    _limit(scene, min(part.stat().st_size for part in parts))
    return lambda: _limit(scene, -1)


def _fill_disk(scene: Scene) -> Callable[[], None]:
    """Take away the room by filling the disk."""
    filler = Path(scene.db.url.database or "").with_name("filler")
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    return filler.unlink


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A file system of a few megabytes."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)  # noqa: S603 - our own words
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here")
    yield
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 - as above


async def _live_through(scene: Scene, fill: Callable[[Scene], Callable[[], None]]) -> None:
    async with scene.town.awake():
        await scene.start()
        await asyncio.sleep(1)
        make_room = fill(scene)

        async def is_refused() -> bool:
            return await _apply(scene) == (503, "2")

        async def is_taken() -> bool:
            return await _apply(scene) == (200, None)

        await until(is_refused, LONG_S)
        assert await status_of(f"{scene.server.url}/healthz") == HTTPStatus.OK
        await asyncio.sleep(FULL_S)
        assert await is_refused()
        make_room()
        await until(is_taken, LONG_S)
        await scene.goes_on()
    await scene.outlive_claims()
    await scene.settle()
    await judge(scene.town, scene.weather)
    answers = {each["status"] for each in scene.stand_ins.tally.deliveries}
    assert answers <= {NO_ANSWER, HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}


async def _apply(scene: Scene) -> tuple[int, str | None]:
    """One more form, sent once; what is answered, and after how many seconds to come again."""
    form, town = scene.stand_ins.tally, scene.town
    email = f"patient{next(_numbers)}@example.com"
    body = form.payload(some_form(email, "PATIENT9"))
    headers = {"Tally-Signature": form.signature(body)}
    async with (
        aiohttp.ClientSession() as client,
        client.post(form.webhook_url, data=body, headers=headers) as answer,
    ):
        if answer.ok:
            town.forms.append(email)
        return answer.status, answer.headers.get("Retry-After")


async def test_a_limit_on_files_is_outlived(sqlite_scene: Scene) -> None:
    """503 and Retry-After while no row fits; all that was acknowledged is there afterwards."""
    await _live_through(sqlite_scene, _fill_by_limit)


async def test_a_full_file_system_is_outlived(
    stage: Stage, shaped_file: Path, tmp_path: Path
) -> None:
    """As above, where nobody on the machine can write any more."""
    disk = tmp_path / "disk"
    with _small_disk(disk):
        shutil.copy(shaped_file, disk / "desk.db")
        async with stage(f"sqlite+aiosqlite:///{disk}/desk.db") as scene:
            await _live_through(scene, _fill_disk)
