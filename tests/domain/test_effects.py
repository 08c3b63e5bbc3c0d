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


async def test_operators_are_told_in_words_what_was_to_be_done(db: Database) -> None:
    """Whose mail, and whose entry; what is not known any more leaves a gap, and no failure."""
    async with db.transaction() as session:
        await effects.send_mail(session, "application_approved", "mia@example.com")
        await effects.update_directory(session, "mia@example.com")
    said = [effects.in_words(row.kind, row.payload) for row in await effects_asked_for(db)]
    assert said == [
        "the mail “application approved” to mia@example.com",
        "the entry of mia@example.com in the user directory",
    ]
    assert effects.in_words(effects.MAIL, {}) == "the mail “…” to …"
    assert effects.in_words("of another release", {}) == "of another release"


def test_every_effect_has_words() -> None:
    """None is shown to operators by the name that only the code knows."""
    kinds = [
        value for name, value in vars(effects).items() if name.isupper() and isinstance(value, str)
    ]
    assert len(kinds) > 8
    assert [kind for kind in kinds if effects.in_words(kind, {}) == kind] == []
