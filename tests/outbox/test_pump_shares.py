"""Whom effects wait for: one service that is silent keeps none of the others waiting."""

from domain import effects
from outbox.pump import Pump, service_of
from outbox.runners import RUNNERS
from tests.builders import apply
from tests.outbox.conftest import Outside
from tests.waiting import until

OUR_OWN = {effects.INTAKE_REPORT, effects.CONTEST_MAILS, effects.FRAUD_SCORE}


def test_each_effect_has_a_service_or_waits_for_nobody() -> None:
    """A new effect at a service has to be named, or that service's silence would hold it up."""
    assert {kind for kind in RUNNERS if not service_of(kind)} == OUR_OWN


async def test_silence_in_slack_keeps_no_mail_waiting(outside: Outside) -> None:
    """Thirty notices hang, and the mail that was asked for after them is there before any ends."""
    outside.stand_ins.slack.fail_next("*", hang=60, times=100)
    async with outside.db.transaction() as session:
        for number in range(30):
            await effects.tell_operators(session, f"Notice {number}.")
    await apply(outside.db)
    pump = Pump(outside.services)
    await pump.start()

    async def is_there() -> bool:
        return bool(outside.stand_ins.mail.letters_to("jared@example.com"))

    await until(is_there)
    told = [one for one in await outside.effects(effects.NOTICE) if one.attempts]
    assert 0 < len(told) <= 4
    assert [one for one in told if one.last_error or one.handled_at] == []
    await pump.stop(grace=0)
