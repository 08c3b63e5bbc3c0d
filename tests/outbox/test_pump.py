"""What the pump does with an effect that it does not know."""

from sqlmodel import update

import clock
from storage.outbox import Effect
from tests.outbox.conftest import Outside


async def test_an_effect_of_a_newer_release_is_left_for_its_servers(outside: Outside) -> None:
    """While servers are replaced, one of before may get hold of what it has never heard of."""
    effect = Effect(kind="made_later", payload={})
    async with outside.db.transaction() as session:
        session.add(effect)

    async def given_back() -> bool:
        (found,) = await outside.effects("made_later")
        return found.attempts == 1 and found.claimed_until is None

    await outside.pump_until(given_back)
    (found,) = await outside.effects("made_later")
    assert (found.parked_at, found.handled_at) == (None, None)
    assert found.last_error == "Nothing here knows how to carry out made_later."
    assert 1 < (found.next_attempt_at - clock.now()).total_seconds() <= 5

    async with outside.db.transaction() as session:
        await session.exec(
            update(Effect).values(attempts=19, next_attempt_at=clock.now(), claimed_until=None)
        )

    async def parked() -> bool:
        return (await outside.effects("made_later"))[0].parked_at is not None

    await outside.pump_until(parked)  # nobody knew it for hours: somebody has to look
