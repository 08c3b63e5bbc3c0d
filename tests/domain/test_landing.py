"""An affiliate's partner page: what may be on it, where it stands, who sees it, who hears of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import clock
from domain import affiliates as people
from domain import landing, landing_views
from domain.errors import ConflictError, DomainError, InvalidError, NotFoundError
from domain.landing import Photo, Wish
from domain.program import Program
from domain.statuses import Status
from storage import affiliates, audit, links
from storage import landing as rows
from storage.affiliates import Affiliate
from storage.db import Database
from storage.landing import LandingPage
from tests.builders import RITA, effects_asked_for, join, mails_asked_for
from tests.landing_builders import JARED, save

PHOTO = Photo("d1", b"webp")


async def public(db: Database, slug: str = "jared-bets") -> landing_views.Shown:
    """What a visitor gets."""
    async with db.read() as session:
        return await landing_views.public(session, slug, "PropMine")


async def cards(db: Database) -> list[str]:
    """The cards that were asked for, each once, in order."""
    asked = [e.payload["card"] for e in await effects_asked_for(db) if e.kind == "card.landing"]
    return list(dict.fromkeys(asked))


async def act(db: Database, step: str, *arguments: Any) -> None:
    """Take a page down, or put it back."""
    async with db.transaction() as session:
        await getattr(landing, step)(session, *arguments, RITA)


async def test_a_saved_page_is_seen_with_code_offer_and_disclosure(db: Database) -> None:
    """What was typed, and what the program owes its customers beside it."""
    jared = await join(db)
    await save(db, jared, headline="Props,  without\tguessing", bio="One.\r\n\r\nTwo\nthree.")

    shown = await public(db)

    assert (shown.page.name, shown.page.headline) == ("Jared Bets", "Props, without guessing")
    assert shown.paragraphs == ["One.", "Two\nthree."]
    assert (shown.code, shown.ref, shown.offer) == (
        "JARED30",
        "JARED30",
        "30% off your first payment",
    )
    assert "I am an affiliate of PropMine" in shown.disclosure


async def test_nobody_sees_what_is_not_published(db: Database) -> None:
    """A draft is a draft, and a page can be hidden again."""
    jared = await join(db)
    await save(db, jared, active=False)
    with pytest.raises(NotFoundError):
        await public(db)
    await save(db, jared, active=True)
    assert (await public(db)).page.name == "Jared Bets"
    await save(db, jared, active=False)
    with pytest.raises(NotFoundError):
        await public(db)


@pytest.mark.parametrize("status", [Status.PAUSED, Status.TERMINATED])
async def test_a_page_is_gone_with_its_affiliates_standing(db: Database, status: Status) -> None:
    """In the same words as a page that never was, so that nobody learns why."""
    jared = await join(db)
    await save(db, jared)
    async with db.transaction() as session:
        await people.change_status(session, jared.id, status, "We look into it.", RITA)
    with pytest.raises(NotFoundError) as gone:
        await public(db)
    with pytest.raises(NotFoundError) as never:
        await public(db, "nobody")
    assert str(gone.value) == str(never.value)


async def test_a_page_is_gone_with_a_suspended_link(db: Database) -> None:
    """Its button would lead nowhere."""
    jared = await join(db)
    await save(db, jared)
    async with db.transaction() as session:
        link = await links.of_affiliate(session, jared.id)
        assert link is not None
        link.suspended = True
        session.add(link)
    with pytest.raises(NotFoundError):
        await public(db)


@pytest.mark.parametrize(
    ("field", "typed", "part"),
    [
        ("name", " ", "Type the name"),
        ("name", "x" * 61, "under 60"),
        ("headline", "x" * 121, "under 120"),
        ("bio", "x" * 2001, "under 2000"),
        ("cta", "x" * 41, "under 40"),
        ("headline", "Guaranteed wins", "Leave out “guarantee”"),
        ("bio", "You can\N{RIGHT SINGLE QUOTATION MARK}t lose", "Leave out “can't lose”"),
        ("cta", "Risk-free trial", "Leave out “risk-free”"),
        ("color", "red; } body {", "six digits"),
        ("slug", "", "Type the end"),
        ("slug", "Jared Bets", "letters a to z"),
        ("slug", "../admin", "letters a to z"),
        ("slug", "-jared-", "letters a to z"),
        ("slug", "jä-red", "letters a to z"),
        ("slug", "jb", "3 to 40"),
        ("slug", "x" * 41, "3 to 40"),
        ("slug", "admin", "kept for the program"),
        ("slug", "API", "kept for the program"),
        ("slug", "theme-0e5a45", "kept for the program"),
    ],
)
async def test_what_cannot_be_used_is_said_at_its_field(
    db: Database, field: str, typed: str, part: str
) -> None:
    """A sentence about what to do; nothing is kept, nobody is told."""
    jared = await join(db)
    with pytest.raises(InvalidError) as refusal:
        await save(db, jared, **{field: typed})
    assert part in refusal.value.fields[field]
    assert set(refusal.value.fields) == {field}
    async with db.read() as session:
        assert await rows.of_affiliate(session, jared.id) is None
    assert await cards(db) == []


async def test_text_that_no_database_takes_is_kept_readable(db: Database) -> None:
    """NUL and halves of characters are replaced."""
    jared = await join(db)
    await save(db, jared, headline="a\x00b", bio="half \ud83c")
    shown = await public(db)
    assert (shown.page.headline, shown.page.bio) == ("a\ufffdb", "half \ufffd")


class TestAddresses:
    """The ends of the pages' addresses."""

    async def test_a_first_page_begins_at_the_affiliates_name(self, db: Database) -> None:
        """Or near to it, where that is somebody's already."""
        jared = await join(db)
        mia = await join(db, "MIA30", email="mia@example.com", display_name="Jared  Bets!")
        async with db.read() as session:
            assert (await landing.of_affiliate(session, jared)).slug == "jared-bets"
        await save(db, jared)
        async with db.read() as session:
            assert (await landing.of_affiliate(session, mia)).slug == "mia30"

    async def test_a_name_without_latin_letters_begins_at_the_code(self, db: Database) -> None:
        """There is always something to begin with."""
        jared = await join(db, display_name="Ярослав", legal_name="Ярослав")
        async with db.read() as session:
            assert (await landing.of_affiliate(session, jared)).slug == "jared30"

    async def test_one_that_is_taken_is_refused_with_one_that_is_free(self, db: Database) -> None:
        """The suggestion can be used as it stands."""
        await save(db, await join(db))
        mia = await join(db, "MIA30", email="mia@example.com", display_name="Mia")
        with pytest.raises(InvalidError) as refusal:
            await save(db, mia, slug="jared-bets")
        sentence = refusal.value.fields["slug"]
        assert sentence.startswith("jared-bets is taken already.")
        suggested = sentence.split(". ")[1].removesuffix(" is free.")
        assert (await save(db, mia, slug=suggested)).slug == suggested

    async def test_a_printed_address_leads_on_after_a_rename(self, db: Database) -> None:
        """Each former one does, nobody else gets it, and its owner can go back to it."""
        jared = await join(db)
        for slug in ("jared-bets", "jared-props", "jared-odds"):
            await save(db, jared, slug=slug)
        assert (await public(db, "jared-bets")).page.slug == "jared-odds"
        assert (await public(db, "Jared-PROPS")).page.slug == "jared-odds"
        mia = await join(db, "MIA30", email="mia@example.com")
        with pytest.raises(InvalidError):
            await save(db, mia, slug="jared-bets")
        assert (await save(db, jared, slug="jared-bets")).slug == "jared-bets"
        assert (await public(db, "jared-odds")).page.slug == "jared-bets"

    async def test_the_oldest_of_many_is_given_up(self, db: Database) -> None:
        """Nobody can keep every good name by renaming their page all day."""
        jared = await join(db)
        for number in range(landing.FORMER_SLUGS + 2):
            await save(db, jared, slug=f"jared-{number:02}")
        with pytest.raises(NotFoundError):
            await public(db, "jared-00")
        assert (await public(db, "jared-01")).page.slug == "jared-11"

    async def test_of_two_who_ask_at_once_one_gets_it(self, db: Database) -> None:
        """The other hears that it is taken."""
        pair = [
            await join(db),
            await join(db, "MIA30", email="mia@example.com"),
        ]
        tries = (save(db, one, slug="the-page") for one in pair)
        ends = await asyncio.gather(*tries, return_exceptions=True)
        assert sorted(type(end).__name__ for end in ends) == ["InvalidError", "LandingPage"]

    async def test_two_first_saves_of_one_affiliate_make_one_page(self, db: Database) -> None:
        """As with a double press."""
        jared = await join(db)
        await asyncio.gather(*(save(db, jared, slug=slug) for slug in ("jared-a", "jared-b")))
        async with db.read() as session:
            page = await rows.of_affiliate(session, jared.id)
        assert page is not None
        assert page.slug in {"jared-a", "jared-b"}


class TestPhotos:
    """The photo beside the page."""

    async def test_it_stays_until_it_is_changed_or_removed(self, db: Database) -> None:
        """Saving words does not lose it."""
        jared = await join(db)
        page = await save(db, jared, photo=PHOTO)
        await save(db, jared, headline="New words")
        assert await self.kept(db, page) == ("d1", "d1", b"webp")
        await save(db, jared, photo=replace(PHOTO, digest="d2", content=b"other"))
        assert await self.kept(db, page) == ("d2", "d2", b"other")
        await save(db, jared, drop_photo=True)
        assert await self.kept(db, page) == ("", "", b"")

    async def kept(self, db: Database, page: LandingPage) -> tuple[str, str, bytes]:
        """What the page says of its photo, and the photo."""
        async with db.read() as session:
            found, photo = await rows.get(session, page.id), await rows.photo(session, page.id)
        assert found is not None
        return found.photo, photo.digest if photo else "", photo.content if photo else b""


class TestOperators:
    """What operators hear of, and what they can do."""

    async def test_they_hear_of_the_first_publication(self, db: Database) -> None:
        """And of nothing before it."""
        jared = await join(db)
        await save(db, jared, active=False)
        assert await cards(db) == []
        page = await save(db, jared)
        assert await cards(db) == [str(page.card)]

    async def test_a_change_soon_after_is_shown_on_the_same_card(self, db: Database) -> None:
        """Whoever polishes their page does not fill the channel."""
        jared = await join(db)
        first = await save(db, jared)
        second = await save(db, jared, bio="More about me.")
        assert first.card == second.card
        assert len(await cards(db)) == 1

    async def test_a_change_later_on_gets_a_card_of_its_own(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The old one is brought up to date as well; a color is nothing to read."""
        jared = await join(db)
        first = await save(db, jared)
        later = clock.now() + landing.NEWS_AFTER + timedelta(seconds=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        assert (await save(db, jared, color="#aa0000")).card == first.card
        second = await save(db, jared, photo=PHOTO)
        assert second.card != first.card
        assert await cards(db) == [str(first.card), str(second.card)]

    async def test_what_was_changed_while_hidden_is_told_on_publication(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Hiding, rewriting and publishing again goes past nobody."""
        jared = await join(db)
        first = await save(db, jared)
        later = clock.now() + landing.NEWS_AFTER + timedelta(seconds=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        hidden = await save(db, jared, active=False, headline="Something else")
        assert hidden.card == first.card
        assert (await save(db, jared, headline="Something else")).card != first.card

    async def test_a_page_is_taken_down_and_put_back(self, db: Database) -> None:
        """With a reason that is mailed; the affiliate can mend it, but not put it back."""
        jared = await join(db)
        page = await save(db, jared)
        await act(db, "take_down", page.id, "  The headline promises too much. ")
        with pytest.raises(NotFoundError):
            await public(db)
        mended = await save(db, jared, headline="An honest one")
        assert mended.taken_down_reason == "The headline promises too much."
        with pytest.raises(NotFoundError):
            await public(db)
        await act(db, "put_back", page.id)
        assert (await public(db)).page.headline == "An honest one"
        assert [mail for mail, _ in await mails_asked_for(db)][-2:] == [
            "landing_taken_down",
            "landing_put_back",
        ]
        async with db.read() as session:
            lines = await audit.of_subject(session, f"landing:{page.id}")
        assert [line.action.removeprefix("landing.") for line in lines] == [
            "published",
            "taken_down",
            "changed",
            "put_back",
        ]

    async def test_a_second_decision_comes_too_late(self, db: Database) -> None:
        """Whoever presses second is told, and nobody is mailed twice."""
        page = await save(db, await join(db))
        with pytest.raises(ConflictError):
            await act(db, "put_back", page.id)
        await act(db, "take_down", page.id, "No.")
        with pytest.raises(ConflictError, match="@rita"):
            await act(db, "take_down", page.id, "No.")

    async def test_of_two_who_take_it_down_at_once_one_does(self, db: Database) -> None:
        """One mail leaves."""
        page = await save(db, await join(db))
        ends = await asyncio.gather(
            *(act(db, "take_down", page.id, "No.") for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["ConflictError", "NoneType"]
        mails = [mail for mail, _ in await mails_asked_for(db)]
        assert mails.count("landing_taken_down") == 1

    async def test_a_reason_is_needed(self, db: Database) -> None:
        """It is mailed."""
        page = await save(db, await join(db))
        with pytest.raises(InvalidError):
            await act(db, "take_down", page.id, " ")


async def test_a_page_of_nobody_is_refused(db: Database) -> None:
    """A made-up id is a sentence and no crash."""
    with pytest.raises(DomainError):
        await act(db, "take_down", UUID(int=1), "No.")
    async with db.transaction() as session:
        with pytest.raises(NotFoundError):
            await landing.save(session, UUID(int=1), Wish("a-page", "A"), Program(), JARED)


async def test_the_owner_is_found_with_the_page(db: Database) -> None:
    """What the card is made of."""
    jared: Affiliate = await join(db)
    page = await save(db, jared)
    async with db.read() as session:
        view = await landing.view(session, page.id)
        owner = await affiliates.get(session, jared.id)
    assert (view.page.slug, view.affiliate) == ("jared-bets", owner)
