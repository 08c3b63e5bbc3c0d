"""Tiers on cards and in forms: whatever they are made of, Slack takes them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.tiers import tiers_card
from bot.errands import Errand
from bot.modals import tiers as modals
from bot.tier_drafts import Draft
from domain.perks import ICONS, PERKS_MAX, Perk
from domain.program import Program
from domain.tier_moves import Progress
from domain.tiers import TIERS_MAX, Step
from sandbox.slack.blocks import check_view
from storage.affiliates import Affiliate
from storage.tiers import Tier
from tests.bot.cards.samples import TEXT
from tests.bot.cards.test_lists import affiliates, sound

perks = st.builds(
    lambda icon, title, about, link: Perk(icon, title, about, link).kept(),
    st.sampled_from(sorted(ICONS)),
    TEXT.map(lambda text: text[:60]),
    TEXT.map(lambda text: text[:200]),
    st.sampled_from(["", "https://chat.example.com/?a=1&b=<2>"]),
)
tiers = st.builds(
    Tier,
    name=TEXT.map(lambda text: text[:40]),
    referral_threshold=st.integers(0, 1_000_000),
    rate_bp=st.none() | st.integers(0, 10_000),
    min_payout_cents=st.none() | st.integers(0, 10**8),
    perks=st.lists(perks, max_size=PERKS_MAX),
)
steps = st.builds(Step, tiers, st.integers(0, 10**6))
ERRAND = Errand(
    "01a1fd0f-ea6d-76f9-85a3-339e4e0c2c60 0123456789abcdef",
    "https://hooks.slack.com/actions/T/1/x",
)


@settings(deadline=None, max_examples=30)
@given(ladder=st.lists(steps, max_size=TIERS_MAX), news=TEXT)
def test_the_card_fits(ladder: list[Step], news: str) -> None:
    """As many tiers as there can be, with all their perks."""
    assert sound(tiers_card(ladder, Program(), news))


@settings(deadline=None, max_examples=30)
@given(step=steps, others=st.lists(tiers, max_size=TIERS_MAX), person=affiliates)
def test_the_forms_fit(step: Step, others: list[Tier], person: Affiliate) -> None:
    """Every form, also with the most perks."""
    draft = Draft.of(step.tier, Program())
    standing = Progress(step.tier, None, None, 7)
    views = [
        modals.create(draft, Program(), ERRAND),
        modals.edit(draft, Program(), ERRAND),
        modals.delete(step, others, ERRAND),
        modals.give(person, standing, others, ERRAND),
    ]
    assert [check_view(view, "modal") for view in views] == [[]] * len(views)


@given(step=steps)
def test_a_form_left_as_it_is_changes_nothing(step: Step) -> None:
    """What is shown reads as what it was, to the cent and the hundredth of a percent."""
    wish = Draft.of(step.tier, Program(currency="jpy")).given(Program(currency="jpy"))
    tier = step.tier
    assert (wish.rate_bp, wish.min_payout_cents) == (tier.rate_bp, tier.min_payout_cents)
    assert wish.referral_threshold == tier.referral_threshold
    assert [perk.kept() for perk in wish.perks] == tier.perks


def test_what_is_the_programs_own_is_said_to_be_so() -> None:
    """Nobody has to look up what an empty field means."""
    _, blocks = tiers_card([Step(Tier(name="Gold", referral_threshold=1), 2)], Program())
    line = str(blocks)
    assert "from 1 converted referral ·" in line
    assert "20% (the program's) · payouts from $25.00 (the program's) · 2 affiliates" in line


def test_no_more_can_be_added_than_fit() -> None:
    """The button goes with the last tier, and with the last perk."""
    full = [Step(Tier(name=f"T{n}", referral_threshold=n), 0) for n in range(TIERS_MAX)]
    assert "tier.new" not in str(tiers_card(full, Program())[1])
    assert "tier.new" in str(tiers_card(full[1:], Program())[1])
    draft = Draft()
    for _ in range(PERKS_MAX):
        assert "tier.add_perk" in str(modals.create(draft, Program(), ERRAND))
        draft = draft.with_perk("star")
    assert "tier.add_perk" not in str(modals.create(draft, Program(), ERRAND))
