"""The modals in which operators make, change and delete tiers, and put affiliates into them."""

from collections.abc import Sequence
from typing import Final

from bot.cards.blocks import (
    Json,
    actions,
    asked,
    button,
    code,
    divider,
    plain,
    rich,
    row,
    said,
    section,
    words,
)
from bot.cards.payouts import name_of
from bot.errands import Errand
from bot.modals.fields import input_block, text_input
from bot.modals.frame import modal
from bot.tier_drafts import Draft
from domain import perks
from domain.money import money, number, percent
from domain.perks import ICONS, PERKS_MAX, Perk
from domain.program import Program
from domain.tier_moves import Progress
from domain.tiers import NAME_MAX, THRESHOLD_MAX, Step
from storage.affiliates import Affiliate
from storage.tiers import Tier

CREATE: Final = "tier.create"
EDIT: Final = "tier.save"
DELETE: Final = "tier.remove"
GIVE: Final = "tier.give"

NO_TIER: Final = "none"
BY_REFERRALS: Final = "referrals"

_OPTION_MAX: Final = 75


def create(draft: Draft, program: Program, errand: Errand) -> Json:
    """Make a tier."""
    return modal(
        "Add tier",
        _fields(draft, program),
        callback_id=CREATE,
        submit="Add",
        metadata=errand.packed(),
    )


def edit(draft: Draft, program: Program, errand: Errand) -> Json:
    """Change a tier. The errand's subject is its id and the version that is shown."""
    about = "Counts for sales and payouts from now on. Nobody is moved down by a change."
    return modal(
        "Edit tier",
        [rich(section(said(about))), *_fields(draft, program)],
        callback_id=EDIT,
        submit="Save",
        metadata=errand.packed(),
    )


def delete(step: Step, others: Sequence[Tier], errand: Errand) -> Json:
    """Ask once more before a tier goes and, if somebody is in it, where they go."""
    about = [words(step.tier.name, NAME_MAX, bold=True)]
    if not step.members:
        about.append(said(" goes. Nobody is in it."))
        blocks = [rich(section(*about))]
    else:
        count = step.members
        about.append(
            said(f" goes. {number(count)} affiliate{'s are' if count > 1 else ' is'} in it.")
        )
        options = [_option(str(tier.id), tier.name) for tier in others]
        menu: Json = {
            "type": "static_select",
            "action_id": "move_to",
            "placeholder": plain("Choose"),
            "options": [*options, _option(NO_TIER, "No tier: the program's own terms")],
        }
        hint = "Their rate and payout minimum change at once. No mail tells them."
        blocks = [
            rich(section(*about)),
            asked("They move to", menu, block_id="move_to", hint=hint),
        ]
    return modal(
        "Delete this tier?", blocks, callback_id=DELETE, submit="Delete", metadata=errand.packed()
    )


def give(affiliate: Affiliate, progress: Progress, tiers: Sequence[Tier], errand: Errand) -> Json:
    """Ask which tier an affiliate is in, by hand or by their referrals."""
    now = progress.current.name if progress.current else "none"
    how = "set by hand" if affiliate.tier_pinned else "by referrals"
    count = progress.converted
    about = rich(
        section(
            words(name_of(affiliate), 150, bold=True),
            said(" · promo code "),
            code(affiliate.promo_code),
            said("\nTier now: "),
            words(now, NAME_MAX),
            said(f", {how}. {number(count)} converted referral{'s' * (count != 1)}."),
        )
    )
    earned = progress.earned.name if progress.earned else "no tier"
    options = [
        _option(BY_REFERRALS, f"Follow referrals: {earned}, and up from there"),
        *(_option(str(tier.id), tier.name) for tier in tiers),
        _option(NO_TIER, "No tier: the program's own terms"),
    ]
    chosen = BY_REFERRALS
    if affiliate.tier_pinned:
        chosen = str(affiliate.tier_id) if affiliate.tier_id else NO_TIER
    menu = _menu("tier", options, chosen)
    hint = "A tier that you choose stays until you let referrals decide again. A step up is mailed."
    return modal(
        "Set tier",
        [about, asked("Tier", menu, block_id="tier", hint=hint)],
        callback_id=GIVE,
        submit="Set tier",
        metadata=errand.packed(),
    )


def _fields(draft: Draft, program: Program) -> list[Json]:
    rate = percent(program.commission_rate_bp)
    least = money(program.payout_threshold_cents, program.currency)
    blocks = [
        input_block("Name", text_input("name", draft.name, NAME_MAX, "Gold")),
        input_block(
            "Converted referrals",
            _whole("referral_threshold", draft.referral_threshold),
            hint="How many lead to this tier; 0 for a tier that everybody begins in.",
        ),
        input_block(
            "Rate in percent",
            text_input("rate_bp", draft.rate_bp, 10, "25"),
            optional=True,
            hint=f"Such as 25 or 12.5. Empty: the program's own, {rate}.",
        ),
        input_block(
            "Payout minimum",
            text_input("min_payout_cents", draft.min_payout_cents, 20, "10"),
            optional=True,
            hint=f"In {program.currency.upper()}, such as 10. Empty: the program's own, {least}.",
        ),
    ]
    for place, (slot, perk) in enumerate(draft.perks.items(), start=1):
        blocks += [divider(), *_perk(place, slot, perk)]
    if len(draft.perks) < PERKS_MAX:
        text = "Add another perk" if draft.perks else "Add a perk"
        blocks += [divider(), actions(button(text, "tier.add_perk", "perk"))]
    return blocks


def _perk(place: int, slot: int, perk: Perk) -> list[Json]:
    named = f"perk:{slot}:"
    icons = [_option(name, shows) for name, shows in ICONS.items()]
    return [
        row(f"Perk {place}", "", button("Remove", "tier.remove_perk", str(slot))),
        input_block("Icon", _menu(f"{named}icon", icons, perk.icon)),
        input_block(
            "Title", text_input(f"{named}title", perk.title, perks.TITLE_MAX, "Beta access")
        ),
        input_block(
            "Description",
            text_input(
                f"{named}description",
                perk.description,
                perks.DESCRIPTION_MAX,
                "Try new features before everybody else",
            ),
            optional=True,
        ),
        input_block(
            "Link",
            text_input(f"{named}link", perk.link, perks.LINK_MAX, "https://…"),
            optional=True,
            hint="Where the perk is used, beginning with https://.",
        ),
    ]


def _whole(name: str, value: str) -> Json:
    field: Json = {
        "type": "number_input",
        "action_id": name,
        "is_decimal_allowed": False,
        "min_value": "0",
        "max_value": str(THRESHOLD_MAX),
    }
    # Slack takes numbers only for what stands there already.
    usable = value.isascii() and value.isdecimal() and int(value) <= THRESHOLD_MAX
    return field | ({"initial_value": value} if usable else {})


def _menu(name: str, options: list[Json], chosen: str) -> Json:
    initial = next((each for each in options if each["value"] == chosen), options[0])
    return {
        "type": "static_select",
        "action_id": name,
        "options": options,
        "initial_option": initial,
    }


def _option(value: str, text: str) -> Json:
    return {"text": plain(text, _OPTION_MAX), "value": value}
