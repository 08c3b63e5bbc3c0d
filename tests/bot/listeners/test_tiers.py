"""Tiers managed in Slack: the card, the forms, and tiers given by hand."""

from typing import Any
from uuid import UUID

import pytest

from domain import tier_moves, tiers
from sandbox.slack.people import AFFILIATES, MARIA, SAM
from storage import audit
from storage.tiers import Tier
from tests.bot.conftest import Desk
from tests.builders import RITA, affiliate_now, join, mails_asked_for
from tests.tier_builders import BETA, CHAT, convert, make_tier


async def card(desk: Desk, part: str = "Tiers") -> str:
    """Type `/affiliate tiers`; the time stamp of the answer that holds `part`."""
    assert (await desk.ws.command(MARIA, "/affiliate", "tiers")).ok
    await desk.whispered(MARIA, part)
    return last(desk)


def last(desk: Desk) -> str:
    """The time stamp of the last answer to Maria."""
    return str(desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["ts"])


async def all_tiers(desk: Desk) -> list[Tier]:
    """The tiers as they are."""
    async with desk.db.read() as session:
        return [step.tier for step in await tiers.steps(session)]


async def opened(desk: Desk, what: str, part: str, ts: str = "") -> dict[str, Any]:
    """Press a button on the card and return the form that opens."""
    assert (await desk.ws.click(MARIA, AFFILIATES, ts or await card(desk), what)).ok
    return await desk.modal(MARIA, part)


async def without(desk: Desk, part: str) -> dict[str, Any]:
    """Wait until the form in front of Maria holds `part` no more, and return it."""

    def found() -> dict[str, Any] | None:
        view = desk.ws.top_view(MARIA)
        return view if view and part not in str(view) else None

    return await desk.ws.until(found)


async def test_the_first_tier_is_made_with_perks(desk_on_both: Desk) -> None:
    """Perks are added and removed in the form, and what was typed stays."""
    desk = desk_on_both
    view = await opened(desk, "Add tier", "Add tier", await card(desk, "There are no tiers yet"))
    typed: dict[Any, Any] = {"Name": "Gold", "Converted referrals": "10", "Rate in percent": "12.5"}
    for slot in range(2):
        await desk.ws.click_in(MARIA, view["id"], "tier.add_perk", values=typed)
        view = await desk.modal(MARIA, f"Perk {slot + 1}")
        typed |= {f"perk:{slot}:icon": "gift", f"perk:{slot}:title": f"Present {slot}"}
    await desk.ws.click_in(MARIA, view["id"], "tier.remove_perk", values=typed)
    view = await without(desk, "Perk 2")
    link = {"Payout minimum": "7.50", "perk:1:link": "https://chat.example.com"}

    assert (await desk.ws.submit(MARIA, view["id"], link)).ok

    told = await desk.whispered(MARIA, "Gold is added")
    assert "from 10 converted referrals · 12.5% · payouts from $7.50 · 0 affiliates" in told
    (gold,) = await all_tiers(desk)
    assert (gold.rate_bp, gold.min_payout_cents) == (1250, 750)
    assert gold.perks == [
        {
            "icon": "gift",
            "title": "Present 1",
            "description": "",
            "link": "https://chat.example.com",
        }
    ]
    async with desk.db.read() as session:
        (line,) = await audit.of_subject(session, f"tier:{gold.id}")
    assert (line.action, line.actor) == ("tier.created", "U0MARIA (@maria)")


@pytest.mark.parametrize(
    ("typed", "block", "part"),
    [
        ({"Name": "silver"}, "name", "There is a tier silver already"),
        ({"Converted referrals": "3"}, "referral_threshold", "Silver begins at 3 already"),
        ({"Rate in percent": "12,5"}, "rate_bp", "Use a percentage such as 25 or 12.5"),
        ({"Rate in percent": "101"}, "rate_bp", "at most 100 percent"),
        ({"Payout minimum": "ten"}, "min_payout_cents", "Use a plain number"),
        ({"perk:1:link": "http://chat.example.com"}, "perk:1:link", "begins with https://"),
        ({"perk:1:title": " "}, "perk:1:title", "Say in a few words"),
    ],
)
async def test_a_mistake_is_shown_beside_its_field(
    desk: Desk, typed: dict[str, str], block: str, part: str
) -> None:
    """In the form, with the perk that it is about; nothing is kept."""
    gold = await make_tier(desk.db, "Gold", 10, perks=(BETA, CHAT))
    view = await opened(desk, "Edit", "Edit tier")
    await make_tier(desk.db, "Silver", 3)

    sent = await desk.ws.submit(MARIA, view["id"], typed)

    assert part in sent.errors[block]
    assert tiers.version(next(t for t in await all_tiers(desk) if t.id == gold.id)) == (
        tiers.version(gold)
    )


async def test_a_tier_is_edited(desk: Desk) -> None:
    """The form shows what it is; emptied fields mean the program's own."""
    await make_tier(desk.db, "Gold", 10, 2500, minimum=1000, perks=(BETA, CHAT))
    view = await opened(desk, "Edit", "Edit tier")
    for part in ("Gold", "'25'", "10.00", "Beta access", "https://chat.example.com/affiliates"):
        assert part in str(view)
    await desk.ws.click_in(MARIA, view["id"], "Remove")
    view = await without(desk, "Try new features first")
    emptied = {"Rate in percent": "", "Payout minimum": "", "Converted referrals": "5"}

    assert (await desk.ws.submit(MARIA, view["id"], emptied)).ok

    told = await desk.whispered(MARIA, "Gold is saved.")
    assert "20% (the program's)" in told
    (gold,) = await all_tiers(desk)
    assert (gold.rate_bp, gold.min_payout_cents, gold.referral_threshold) == (None, None, 5)
    assert [perk["title"] for perk in gold.perks] == ["Private chat"]


async def test_of_two_edits_the_second_is_told(desk: Desk) -> None:
    """Both had the same form in front of them; nothing of the first is lost."""
    gold = await make_tier(desk.db, "Gold", 10)
    view = await opened(desk, "Edit", "Edit tier")
    async with desk.db.transaction() as session:
        await tiers.edit(session, gold.id, tiers.Wish("Gold", 10, 3000), RITA)
    await desk.ws.submit(MARIA, view["id"], {"Rate in percent": "10"})
    await desk.modal(MARIA, "Gold was changed by somebody else meanwhile")
    assert (await all_tiers(desk))[0].rate_bp == 3000


async def test_a_tier_in_use_is_deleted_with_a_place_for_its_affiliates(desk: Desk) -> None:
    """The form asks where they go; the answer says how many went."""
    affiliate = await join(desk.db)
    gold = await make_tier(desk.db, "Gold", 10)
    async with desk.db.transaction() as session:
        await tier_moves.give(session, affiliate.id, gold.id, RITA)
    view = await opened(desk, "Delete", "1 affiliate is in it")
    unsaid = await desk.ws.submit(MARIA, view["id"])
    assert unsaid.errors
    assert (await desk.ws.submit(MARIA, view["id"], {"They move to": "none"})).ok
    await desk.whispered(MARIA, "Gold is deleted. 1 affiliate was moved.")
    assert await all_tiers(desk) == []
    assert (await affiliate_now(desk.db, affiliate.id)).tier_id is None


async def test_an_empty_tier_that_filled_meanwhile_is_not_deleted(desk: Desk) -> None:
    """The form did not ask where its affiliates go, so it says to ask again."""
    affiliate = await join(desk.db)
    gold = await make_tier(desk.db, "Gold", 10)
    view = await opened(desk, "Delete", "Nobody is in it")
    async with desk.db.transaction() as session:
        await tier_moves.give(session, affiliate.id, gold.id, RITA)
    await desk.ws.submit(MARIA, view["id"])
    await desk.modal(MARIA, "1 affiliate is in Gold: say which tier")
    assert len(await all_tiers(desk)) == 1


async def test_buttons_of_a_tier_that_is_gone_say_so(desk: Desk) -> None:
    """Somebody else deleted it."""
    gold = await make_tier(desk.db, "Gold", 10)
    ts = await card(desk, "Gold")
    async with desk.db.transaction() as session:
        await tiers.remove(session, gold.id, RITA)
    for what in ("Edit", "Delete"):
        await desk.ws.click(MARIA, AFFILIATES, ts, what)
    assert "no such tier any more" in await desk.whispered(MARIA, "There is no such tier")


class TestGive:
    """A tier set by hand, from `/affiliate find`."""

    async def find(self, desk: Desk) -> str:
        """Find Jared; the time stamp of the answer."""
        await desk.ws.command(MARIA, "/affiliate", "find jared")
        await desk.whispered(MARIA, "Found for")
        return last(desk)

    async def tier_of(self, desk: Desk, affiliate_id: UUID) -> tuple[UUID | None, bool]:
        """Where somebody is, and whether by hand."""
        now = await affiliate_now(desk.db, affiliate_id)
        return now.tier_id, now.tier_pinned

    async def test_it_sticks_until_referrals_decide_again(self, desk_on_both: Desk) -> None:
        """Up with a mail; back to what the referrals say."""
        desk = desk_on_both
        affiliate = await join(desk.db)
        silver, gold = await make_tier(desk.db, "Silver", 1), await make_tier(desk.db, "Gold", 9)
        await convert(desk.db, 1)
        found = await self.find(desk)
        view = await opened(desk, "Tier", "Set tier", found)
        said = desk.ws.text_of(view)
        assert "Tier now: Silver, by referrals. 1 converted referral." in said
        assert (await desk.ws.submit(MARIA, view["id"], {"tier": str(gold.id)})).ok
        await desk.whispered(MARIA, "JARED30 is in the tier Gold, until you let referrals decide.")
        assert await self.tier_of(desk, affiliate.id) == (gold.id, True)
        assert [mail for mail, _ in await mails_asked_for(desk.db)].count("tier_reached") == 2

        view = await opened(desk, "Tier", "Set tier", found)
        assert "Tier now: Gold, set by hand." in desk.ws.text_of(view)
        assert (await desk.ws.submit(MARIA, view["id"], {"tier": "referrals"})).ok
        await desk.whispered(MARIA, "JARED30 is in the tier Silver, by their referrals.")
        assert await self.tier_of(desk, affiliate.id) == (silver.id, False)

    async def test_without_tiers_it_says_how_to_make_one(self, desk: Desk) -> None:
        """Instead of an empty menu."""
        await join(desk.db)
        await desk.ws.click(MARIA, AFFILIATES, await self.find(desk), "Tier")
        await desk.whispered(MARIA, "Make the first: /affiliate tiers")


async def test_strangers_see_and_change_nothing(desk: Desk) -> None:
    """Only reviewers manage tiers."""
    await make_tier(desk.db, "Gold", 10)
    await desk.ws.command(SAM, "/affiliate", "tiers")
    assert "Gold" not in await desk.whispered(SAM, "Only reviewers")
