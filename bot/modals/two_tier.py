"""The modal in which an operator says who recruited an affiliate."""

from typing import Final

from bot.cards.blocks import Json, asked, clean, code, plain, rich, said, section, words
from bot.cards.payouts import name_of
from bot.errands import Errand
from bot.modals.frame import modal
from domain.money import percent
from domain.program import Program
from domain.two_tier import BASES
from storage.affiliates import Affiliate

SET: Final = "recruiter.set"
FIELD: Final = "recruiter"


def ask(
    affiliate: Affiliate, recruiter: Affiliate | None, program: Program, errand: Errand
) -> Json:
    """Ask who the recruiter is; the field holds who it is now, and can be emptied."""
    if program.two_tier_enabled:
        rate = percent(program.second_tier_rate_bp)
        terms = f"From now on they earn {rate} of {BASES[program.second_tier_base]}."
    else:
        terms = "Two tiers are off, so nobody earns from it until you switch them on."
    about = rich(
        section(
            words(name_of(affiliate), 150, bold=True),
            said(" · promo code "),
            code(affiliate.promo_code),
            said(f"\n{terms} What earlier sales promised stays with whom it was promised to."),
        )
    )
    field: Json = {
        "type": "plain_text_input",
        "action_id": FIELD,
        "max_length": 100,
        "placeholder": plain("ANNA20"),
    }
    if recruiter is not None:
        field["initial_value"] = clean(recruiter.promo_code, 100)
    hint = "The promo code of the affiliate who recruited them. Empty: nobody did."
    entered = asked("Recruiter", field, block_id=FIELD, hint=hint) | {"optional": True}
    return modal(
        "Set recruiter",
        [about, entered],
        callback_id=SET,
        submit="Set recruiter",
        metadata=errand.packed(),
    )
