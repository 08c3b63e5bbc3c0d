import asyncio

import pytest

from storage.db import Database
from storage.locks import take_turn


async def test_turns_of_one_name_follow_each_other(db: Database) -> None:
    """The second comes in when the first has ended, and not before."""
    happened: list[str] = []
    inside = asyncio.Event()

    async def first() -> None:
        async with db.transaction() as session:
            await take_turn(session, "jared")
            inside.set()
            await asyncio.sleep(0.1)
            happened.append("first ends")

    async def second() -> None:
        await inside.wait()
        async with db.transaction() as session:
            await take_turn(session, "jared")
            happened.append("second begins")

    await asyncio.gather(first(), second())
    assert happened == ["first ends", "second begins"]


async def test_a_turn_can_be_taken_again_and_is_given_back_after_an_error(db: Database) -> None:
    """A use case inside another does not wait for itself; a failed one blocks nobody."""

    async def fail() -> None:
        async with db.transaction() as session:
            await take_turn(session, "jared")
            await take_turn(session, "jared")
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with asyncio.timeout(5), db.transaction() as session:
        await take_turn(session, "jared")
