from datetime import timedelta

import clock
from domain import effects
from outbox.services import Services
from scheduled.scheduler import ERRANDS, run_errand
from settings import Settings
from storage import audit
from storage.db import Database
from tests.builders import affiliate_now, effects_asked_for, join, mails_asked_for
from tests.tier_builders import convert, make_tier

(NIGHTLY,) = (errand for errand in ERRANDS if errand.name == "tiers")


async def run(db: Database, *, day: int = 0) -> None:
    """The night of some day."""
    with clock.travel(clock.now() + timedelta(days=day)):
        await run_errand(Services(db, Settings(_env_file=None)), NIGHTLY)


async def notices(db: Database) -> list[str]:
    """What operators are told."""
    return [
        one.payload["text"] for one in await effects_asked_for(db) if one.kind == effects.NOTICE
    ]


async def test_a_new_tier_takes_in_who_has_reached_it(db: Database) -> None:
    """At night, announced once; a second night changes nothing."""
    affiliate = await join(db)
    await convert(db, 1)
    gold = await make_tier(db, "Gold", 1)
    await make_tier(db, "Platinum", 2)
    for day in range(2):
        await run(db, day=day)
    assert (await affiliate_now(db, affiliate.id)).tier_id == gold.id
    mails = [mail for mail, _ in await mails_asked_for(db)]
    assert mails.count("tier_reached") == 1
    assert len([text for text in await notices(db) if "reached the tier Gold" in text]) == 1


async def test_many_moves_are_one_notice(db: Database) -> None:
    """The channel is not flooded; each affiliate has their mail and their line in the log."""
    people = []
    for number in range(7):
        code = f"JARED{number}"
        people.append(await join(db, code, email=f"a{number}@example.com"))
        await convert(db, number, code)
    await make_tier(db, "Gold", 1)
    await run(db)
    told = [text for text in await notices(db) if "moved up" in text]
    assert told == ["7 affiliates moved up: 7 to Gold."]
    mails = [mail for mail, _ in await mails_asked_for(db)]
    assert mails.count("tier_reached") == 7
    async with db.read() as session:
        for one in people:
            lines = await audit.of_subject(session, f"affiliate:{one.id}")
            assert lines[-1].action == "affiliate.tier_reached"
