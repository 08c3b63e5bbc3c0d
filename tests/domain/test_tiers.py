from dataclasses import replace
from uuid import UUID

import pytest

from domain import commissions, payout_barriers, program, tier_moves, tiers
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.perks import ICONS, PERKS_MAX, Perk
from domain.tiers import TIERS_MAX, Wish
from storage import audit
from storage.db import Database
from tests.builders import RITA, SAM, affiliate_now, join
from tests.tier_builders import BETA, CHAT, make_tier, tier_now

GOLD = Wish("Gold", 10, 2500, 1000, (BETA, CHAT))


async def ladder(db: Database) -> list[tuple[str, int, int]]:
    """The tiers in their order: name, place, members."""
    async with db.read() as session:
        found = await tiers.steps(session)
    return [(step.tier.name, step.tier.sort_order, step.members) for step in found]


async def give(db: Database, affiliate_id: UUID, tier_id: UUID | None) -> None:
    """Put somebody into a tier by hand."""
    async with db.transaction() as session:
        await tier_moves.give(session, affiliate_id, tier_id, RITA)


async def test_tiers_stand_by_their_thresholds_in_whatever_order_they_are_made(
    db: Database,
) -> None:
    """A tier made later, or moved by an edit, takes its place."""
    gold = await make_tier(db, "Gold", 50)
    await make_tier(db, "Bronze", 0)
    await make_tier(db, "Silver", 10)
    assert await ladder(db) == [("Bronze", 0, 0), ("Silver", 1, 0), ("Gold", 2, 0)]
    async with db.transaction() as session:
        await tiers.edit(session, gold.id, replace(GOLD, referral_threshold=5), RITA)
    assert [name for name, _, _ in await ladder(db)] == ["Bronze", "Gold", "Silver"]


async def test_all_of_a_tier_is_kept_and_written_down(db: Database) -> None:
    """Perks with their links, tidied; the log has who made and who changed what."""
    spaced = Perk("star", "  Beta \n access ", " Try  new features first ", "")
    async with db.transaction() as session:
        made = await tiers.create(session, replace(GOLD, perks=(spaced, CHAT)), RITA)
    kept = await tier_now(db, made.id)
    assert (kept.rate_bp, kept.min_payout_cents, kept.referral_threshold) == (2500, 1000, 10)
    assert kept.perks == [
        {"icon": "star", "title": "Beta access", "description": "Try new features first"},
        {
            "icon": "message-circle",
            "title": "Private chat",
            "description": "Talk to us",
            "link": "https://chat.example.com/affiliates",
        },
    ]
    async with db.transaction() as session:
        await tiers.edit(session, made.id, replace(GOLD, rate_bp=None), SAM)
    async with db.read() as session:
        lines = await audit.of_subject(session, f"tier:{made.id}")
    assert [line.action for line in lines] == ["tier.created", "tier.changed"]
    assert lines[1].detail == {"changes": {"rate_bp": [2500, None]}}


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (replace(GOLD, name="  "), "name"),
        (replace(GOLD, name="x" * 41), "name"),
        (replace(GOLD, name="sILVER"), "name"),
        (replace(GOLD, referral_threshold=-1), "referral_threshold"),
        (replace(GOLD, referral_threshold=1_000_001), "referral_threshold"),
        (replace(GOLD, referral_threshold=3), "referral_threshold"),
        (replace(GOLD, rate_bp=10_001), "rate_bp"),
        (replace(GOLD, rate_bp=-1), "rate_bp"),
        (replace(GOLD, min_payout_cents=2**31), "min_payout_cents"),
        (replace(GOLD, perks=(BETA,) * (PERKS_MAX + 1)), "perks"),
        (replace(GOLD, perks=(BETA, replace(CHAT, title=" "))), "perk:1:title"),
        (replace(GOLD, perks=(replace(BETA, title="x" * 61),)), "perk:0:title"),
        (replace(GOLD, perks=(replace(BETA, description="x" * 201),)), "perk:0:description"),
        (replace(GOLD, perks=(replace(BETA, icon="<svg>"),)), "perk:0:icon"),
    ],
)
async def test_what_cannot_be_a_tier_is_refused_by_field(
    db: Database, wish: Wish, field: str
) -> None:
    """Nothing is kept of it, when it is made and when it is changed."""
    await make_tier(db, "Silver", 3)
    other = await make_tier(db, "Other", 4)
    before = await ladder(db)
    with pytest.raises(InvalidError) as refused:
        async with db.transaction() as session:
            await tiers.create(session, wish, RITA)
    assert list(refused.value.fields) == [field]
    with pytest.raises(InvalidError) as refused:
        async with db.transaction() as session:
            await tiers.edit(session, other.id, wish, RITA)
    assert list(refused.value.fields) == [field]
    assert await ladder(db) == before


@pytest.mark.parametrize(
    "link",
    [
        "http://chat.example.com",
        "javascript:alert(1)",
        "//chat.example.com",
        "https://",
        "https://nohost",
        "https://me:secret@chat.example.com",
        "https://chat.example.com/a b",
        "https://chat.example.com\\@evil.example",
        "https://chat.example.com:99999/",
        "https://[broken/",
        "https://chat.example.com/" + "x" * 500,
        'https://chat.example.com/"onclick=',
    ],
)
async def test_a_perk_leads_to_plain_https_only(db: Database, link: str) -> None:
    """Anything else is refused beside its field."""
    with pytest.raises(InvalidError) as refused:
        async with db.transaction() as session:
            await tiers.create(session, replace(GOLD, perks=(replace(CHAT, link=link),)), RITA)
    assert list(refused.value.fields) == ["perk:0:link"]


async def test_text_that_no_database_takes_is_kept_without_it(db: Database) -> None:
    """NUL and half of an emoji, in every field that can be typed."""
    odd = Wish("Go\0ld", 1, perks=(Perk("key", "a\0", "b\ud83d"),))
    async with db.transaction() as session:
        made = await tiers.create(session, odd, RITA)
    kept = await tier_now(db, made.id)
    assert "\0" not in kept.name + str(kept.perks)


async def test_there_are_not_more_than_fit_on_a_card(db: Database) -> None:
    """The one too many is refused in words."""
    for number in range(TIERS_MAX):
        await make_tier(db, f"T{number}", number)
    with pytest.raises(ConflictError, match="12 tiers already"):
        await make_tier(db, "T12", 12)


async def test_an_edit_over_somebody_elses_is_refused(db: Database) -> None:
    """Who had the older tier before them loses nothing of the other's."""
    gold = await make_tier(db, "Gold", 10)
    seen = tiers.version(gold)
    async with db.transaction() as session:
        await tiers.edit(session, gold.id, replace(GOLD, rate_bp=3000), SAM, seen=seen)
    with pytest.raises(ConflictError, match="changed by somebody else"):
        async with db.transaction() as session:
            await tiers.edit(session, gold.id, GOLD, RITA, seen=seen)
    assert (await tier_now(db, gold.id)).rate_bp == 3000


class TestRemove:
    """A tier that goes."""

    async def test_is_refused_while_somebody_is_in_it(self, db: Database) -> None:
        """Until it is said where they go."""
        affiliate, gold = await join(db), await make_tier(db)
        await give(db, affiliate.id, gold.id)
        with pytest.raises(ConflictError, match="1 affiliate is in Gold: say which tier"):
            async with db.transaction() as session:
                await tiers.remove(session, gold.id, RITA)
        assert await ladder(db) == [("Gold", 0, 1)]

    async def test_moves_who_is_in_it(self, db: Database) -> None:
        """To the tier that was said; who was put there by hand stays so."""
        affiliate = await join(db)
        gold, silver = await make_tier(db), await make_tier(db, "Silver", 1, 2200, minimum=700)
        await give(db, affiliate.id, gold.id)
        async with db.transaction() as session:
            _, moved = await tiers.remove(session, gold.id, RITA, move_to=silver.id)
        assert moved == 1
        assert await ladder(db) == [("Silver", 0, 1)]
        now = await affiliate_now(db, affiliate.id)
        assert now.tier_pinned
        async with db.read() as session:
            settings = await program.load(session)
            assert await commissions.rate_of(session, now, settings) == 2200
            assert await payout_barriers.minimum_of(session, now, settings) == 700
            lines = await audit.of_subject(session, f"tier:{gold.id}")
        assert (lines[-1].action, lines[-1].detail["moved"]) == ("tier.deleted", 1)

    async def test_to_no_tier_gives_the_programs_terms_again(self, db: Database) -> None:
        """And referrals move them again."""
        affiliate, gold = await join(db), await make_tier(db)
        await give(db, affiliate.id, gold.id)
        async with db.transaction() as session:
            await tiers.remove(session, gold.id, RITA, to_none=True)
        now = await affiliate_now(db, affiliate.id)
        assert (now.tier_id, now.tier_pinned) == (None, False)

    async def test_an_empty_one_just_goes(self, db: Database) -> None:
        """And is gone for whoever comes second; nobody moves to where there is nothing."""
        gold, silver = await make_tier(db), await make_tier(db, "Silver", 1)
        async with db.transaction() as session:
            await tiers.remove(session, gold.id, RITA)
        for goes, move_to in ((gold.id, None), (silver.id, gold.id)):
            with pytest.raises(NotFoundError):
                async with db.transaction() as session:
                    await tiers.remove(session, goes, RITA, move_to=move_to)
        with pytest.raises(InvalidError, match="another tier"):
            async with db.transaction() as session:
                await tiers.remove(session, silver.id, RITA, move_to=silver.id)
        assert await ladder(db) == [("Silver", 0, 0)]


def test_every_icon_says_what_it_shows() -> None:
    """Operators choose by these words."""
    assert all(ICONS.values())
    assert len(set(ICONS.values())) == len(ICONS)
