"""What the domain asks of the outside."""

import pytest

from domain import effects
from storage.db import Database
from storage.ids import new_id
from tests.builders import effects_asked_for


async def test_updates_of_one_thing_keep_their_order_and_mails_do_not_wait(db: Database) -> None:
    """Two updates of a card share a lane; two cards, and two mails, do not."""
    one, two = new_id(), new_id()
    async with db.transaction() as session:
        for application in (one, one, two):
            await effects.show_application(session, application)
        for code in (one, two):
            await effects.update_promotion_code(session, code)
        await effects.update_directory(session, "mia@example.com")
        await effects.report_intake(session)
        await effects.send_mail(session, "sign_in", "mia@example.com", link="1")
        await effects.tell_operators(session, "Hello")
    lanes = [(effect.kind, effect.lane) for effect in await effects_asked_for(db)]
    assert lanes == [
        ("card.application", f"card:{one}"),
        ("card.application", f"card:{one}"),
        ("card.application", f"card:{two}"),
        ("promotion_code", f"code:{one}"),
        ("promotion_code", f"code:{two}"),
        ("directory.person", "directory:mia@example.com"),
        ("report.intake", "report.intake"),
        ("mail", ""),
        ("card.notice", ""),
    ]


async def test_an_effect_is_asked_for_with_its_act_or_not_at_all(db: Database) -> None:
    """An act that was undone sends no mail."""

    async def fail() -> None:
        async with db.transaction() as session:
            await effects.send_mail(session, "sign_in", "mia@example.com", link="1")
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert await effects_asked_for(db) == []
