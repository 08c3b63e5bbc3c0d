from outbox.services import Services
from scheduled.scheduler import ERRANDS, run_errand
from settings import Settings
from storage import referrals
from storage.db import Database
from tests.builders import join
from tests.tier_builders import convert

(NIGHTLY,) = (errand for errand in ERRANDS if errand.name == "conversions")


async def test_the_night_counts_anew(db: Database) -> None:
    """A referral that is kept wrong is put right, as after an update of one process of two."""
    affiliate = await join(db)
    await convert(db, 1)
    async with db.transaction() as session:
        referral = await referrals.of_customer(session, "cus_c1")
        assert referral is not None
        referral.counted = False
        session.add(referral)
    async with db.read() as session:
        assert await referrals.converted(session) == {}
    await run_errand(Services(db, Settings(_env_file=None)), NIGHTLY)
    async with db.read() as session:
        assert await referrals.converted(session) == {affiliate.id: 1}
