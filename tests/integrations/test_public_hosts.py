"""Looking up hosts that strangers named, beside the look-ups that everything else needs."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.errors import TransportError
from integrations.public_hosts import look_up
from integrations.public_post import PublicPost


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody answers for the names of `.example`, until the test is over."""
    over, really = threading.Event(), socket.getaddrinfo

    def ask(host: str, *args: Any, **more: Any) -> Any:
        if host.endswith(".example"):
            over.wait(30)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return really(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    yield
    over.set()


@pytest.mark.usefixtures("silence")
async def test_names_that_nobody_answers_for_hold_up_no_name_of_ours() -> None:
    """Slack, Stripe and the mail service are looked up in threads that strangers cannot fill."""
    waiting = [asyncio.create_task(look_up(f"slow{n}.example", 443)) for n in range(100)]
    await asyncio.sleep(0.1)
    async with asyncio.timeout(3):
        assert await asyncio.get_running_loop().getaddrinfo("localhost", 443)
        assert await asyncio.to_thread(lambda: True)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.usefixtures("silence")
async def test_a_name_is_waited_for_no_longer_than_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It counts as an attempt that failed."""
    monkeypatch.setattr("integrations.public_post.SECONDS", 0.2)
    with pytest.raises(TransportError, match="no answer within") as caught:
        await PublicPost("test").send("https://slow.example/")
    assert not caught.value.permanent


async def test_every_address_of_a_name_is_found_once() -> None:
    """However many kinds of socket it is told for."""
    found = await look_up("127.0.0.1", 443)
    assert found == ["127.0.0.1"]
