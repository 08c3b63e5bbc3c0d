"""The modals in which a reviewer decides on an application."""

from bot.cards.applications import application_card, name_of
from bot.cards.blocks import Json, asked, bullets, divider, plain, rich, said, section, words
from bot.errands import Errand
from bot.modals.codes import code_blocks
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from bot.promo_codes import AtStripe, CodeCheck
from domain.applications import View
from domain.money import percent
from storage.applications import Application

REASONS = (
    "We could not verify your audience. Please apply again with a link to your public page.",
    "Your audience does not fit the product closely enough at the moment.",
    "We do not work with coupon or deal sites.",
    "Your promotion makes promises of profit that our terms do not allow.",
    "The program terms were not accepted.",
)
"""Reasons to turn somebody away, ready to be mailed."""


def review(view: View, errand: Errand) -> Json:
    """The application's card as a modal, with its buttons."""
    _, blocks = application_card(view)
    return modal("Review", blocks, metadata=errand.packed())


def approval(check: CodeCheck, errand: Errand) -> Json:
    """What approving does, and the code that it will use."""
    application, program = check.view.application, check.program
    rate = f"{percent(program.commission_rate_bp)} of {program.commission_base} revenue"
    consequences = bullets(
        section(
            said("A mail to "), words(application.email), said(" with their code and what to say.")
        ),
        section(said(f"Their customers get {program.offer_percent}% off the first purchase.")),
        section(said(f"They earn {rate} for the first {program.max_cycles} paid billing cycles.")),
        section(said("Their dashboard opens at once.")),
    )
    intro = section(
        said("Approving lets "), words(name_of(application), 70, bold=True), said(" in:")
    )
    blocks = [rich(intro, consequences), divider(), *code_blocks(check)]
    return modal(
        "Approve",
        blocks,
        callback_id="application.approve",
        submit="Approve",
        metadata=errand.packed(),
    )


def promo_code(check: CodeCheck, errand: Errand) -> Json:
    """Choose the code without deciding yet."""
    return modal(
        "Set promo code",
        [_about(check.view.application), *code_blocks(check)],
        callback_id="application.code",
        submit="Save",
        metadata=errand.packed(),
    )


def rejection(application: Application, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason, which is mailed."""
    told = application.email if application.email_key else "nobody, for want of an address"
    blocks = reason_blocks(f"The reason is mailed to {told}.", REASONS, reason, asks="rejection")
    return modal(
        "Reject",
        [_about(application), *blocks],
        callback_id="application.reject",
        submit="Reject",
        metadata=errand.packed(),
    )


def email(application: Application, errand: Errand) -> Json:
    """Ask for the address that the application lacks."""
    field: Json = {
        "type": "plain_text_input",
        "action_id": "email",
        "max_length": 320,
        "placeholder": plain("name@example.com"),
        "focus_on_load": True,
    }
    return modal(
        "Set e-mail",
        [_about(application), asked("E-mail", field, block_id="email")],
        callback_id="application.email",
        submit="Save",
        metadata=errand.packed(),
    )


CODE_FORMS = {"application.approve": approval, "application.code": promo_code}
"""The forms that choose a code, by their callback_id."""


def approved(check: CodeCheck) -> str:
    """What is said to the one who approved."""
    application = check.view.application
    sentence = (
        f"Approved: {name_of(application)} with {check.verdict.code}. "
        f"A mail to {application.email} is on its way."
    )
    if check.at_stripe is AtStripe.SILENT:
        later = "the promotion code is created when it does."
        return f"{sentence} Stripe does not answer just now: {later}"
    if check.at_stripe is AtStripe.NOT_CONNECTED:
        return f"{sentence} Stripe is not connected: the promotion code is created once it is."
    return sentence


def _about(application: Application) -> Json:
    return rich(section(words(name_of(application), 70, bold=True)))
