"""docs/for-developers.md and examples/, as somebody would try them: command after command."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from examples.product_backend import AffiliateDesk, RefusedError
from sandbox.product import TOKEN
from storage.db import Database
from tests.builders import join
from tests.dashboard.api.v1.conftest import key_of
from tests.server import Server
from tests.standing import free_port
from tests.waiting import until

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/for-developers.md").read_text()
BLOCKS = re.findall(r"```(sh|json)\n(.*?)```", PAGE, re.DOTALL)
ADMIN = {"Authorization": "Bearer sandbox-admin-token-that-is-public"}
PRODUCT = "sandbox-product-token-that-is-public"


@dataclass
class Place:
    """A folder with a sandbox at work, and what a shell there knows."""

    folder: Path
    url: str
    environment: dict[str, str]

    async def run(self, command: str) -> tuple[int, str, str]:
        """Have a shell run it: its status, what it said, and what it complained of."""
        process = await asyncio.create_subprocess_exec(
            "bash",
            *("-euo", "pipefail", "-c", command),
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complained = await process.communicate()
        return process.returncode or 0, said.decode(), complained.decode()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """The sandbox, with Jane in the program, and a code that Stripe has."""
    port = free_port()
    server = Server(port, tmp_path, "sandbox", "--port", str(port), "--folder", str(tmp_path / "s"))
    await server.start()
    db = Database(f"sqlite+aiosqlite:///{tmp_path}/s/affiliate-desk.db")
    jane = await join(db, "JANE", email="jane@example.com")
    key = await key_of(db, jane)
    await db.close()
    async with aiohttp.ClientSession(server.url, headers=ADMIN) as admin:
        codes = "/api/admin/discount-codes"
        made = await admin.post(codes, json={"code": "LAUNCH20", "discount_value": 20})
        assert made.status == 201

        async def is_at_stripe() -> bool:
            async with admin.get(f"{codes}/LAUNCH20") as answer:
                return bool((await answer.json())["stripe_promotion_code_id"])

        await until(is_at_stripe, 30)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    known = {"DESK": server.url, "PRODUCT_API_TOKEN": PRODUCT, "AFFILIATE_KEY": key}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    yield Place(tmp_path, server.url, dict(os.environ) | known | {"PATH": path})
    await server.stop()


def shape(value: Any) -> Any:
    """What a value looks like: the names in it, and of what kind each is."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value)


async def test_every_command_of_the_page_does_what_it_says(place: Place) -> None:
    """Each in its turn; what stands below it is what comes, but for ids and moments."""
    said, ran, compared = "", 0, 0
    for kind, text in BLOCKS:
        if kind == "sh" and not text.startswith("export "):
            status, said, complained = await place.run(text)
            assert status == 0, f"{text}\n{said}\n{complained}"
            ran += 1
        elif kind == "json":
            assert shape(json.loads(said)) == shape(json.loads(text)), said
            compared += 1
    assert (ran, compared) == (9, 5)
    referrals = json.loads((place.folder / "commissions.json").read_text())
    assert referrals == {"data": [], "next_cursor": None}
    again = BLOCKS[-1][1].replace("-o commissions.json", "-o again.json -w '%{http_code}'")
    assert (await place.run(again))[1] == "304"


def test_settings_named_on_the_page_are_those_of_the_sandbox() -> None:
    """Whoever copies them gets in."""
    (exported,) = [text for kind, text in BLOCKS if kind == "sh" and "PRODUCT_API_TOKEN=" in text]
    assert f"PRODUCT_API_TOKEN={PRODUCT}\n" in exported
    assert "DESK=http://127.0.0.1:8080\n" in exported
    assert TOKEN == PRODUCT


async def test_the_example_says_what_was_refused_and_repeats_what_was_not_answered(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slip by its field, a code by the sentence for the customer; a wrong token, too."""
    desk = AffiliateDesk(place.url, PRODUCT)

    def refused(work: Any, *given: Any) -> tuple[str, str]:
        with pytest.raises(RefusedError) as caught:
            work(*given)
        return caught.value.reason, str(caught.value)

    told = await asyncio.to_thread(refused, desk.sign_up, "user_1", {"colour": "red"})
    assert told == ("", "colour: There is no such field.")
    reason, sentence = await asyncio.to_thread(
        refused, desk.checkout, ["NOSUCH"], "monthly", "ann@example.com"
    )
    assert reason
    assert "NOSUCH" in sentence
    stranger = AffiliateDesk(place.url, "wrong")
    _, sentence = await asyncio.to_thread(refused, stranger.sign_up, "user_1", {})
    assert "token" in sentence
    # It repeats what was not answered with the same key, and gives up in the end.
    waited: list[float] = []
    monkeypatch.setattr("examples.product_backend.time.sleep", waited.append)
    first = await asyncio.to_thread(desk.sign_up, "user_7", {"ref": "JANE"})
    again = await asyncio.to_thread(desk.sign_up, "user_7", {"ref": "JANE"})
    assert first == again
    assert first["outcome"] == "credited"
    nobody = AffiliateDesk(f"http://127.0.0.1:{free_port()}", PRODUCT)
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(nobody.sign_up, "user_7", {"ref": "JANE"})
    assert waited == [2.0, 4.0, 8.0]
