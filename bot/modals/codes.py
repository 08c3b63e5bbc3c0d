"""The part of a modal in which a promo code is chosen: the field, and what is said of it."""

from bot.cards.blocks import Json, actions, asked, button, plain, rich, said, section, sign, words
from bot.promo_codes import AtStripe, CodeCheck

_SAID = {
    AtStripe.ASKING: "Asking Stripe whether it is free there, too …",
    AtStripe.FREE: "Stripe has no such promotion code yet.",
    AtStripe.SILENT: (
        "Stripe does not answer just now. The promotion code is created as soon as it does."
    ),
    AtStripe.NOT_CONNECTED: ("Stripe is not connected: the promotion code is created once it is."),
}


def code_blocks(check: CodeCheck) -> list[Json]:
    """The field with a code in it, the verdict, and a button to take the better code.

    The field's block is named after the code: Slack would otherwise keep what was typed
    when another code is put in.
    """
    code = check.verdict.code
    field: Json = {
        "type": "plain_text_input",
        "action_id": "code",
        "max_length": 100,
        "placeholder": plain("JARED30"),
        "focus_on_load": True,
    }
    if code:
        field["initial_value"] = code[:100]
    hint = f"Upper case, at most {check.program.code_max_length} characters, no spaces."
    blocks = [asked("Promo code", field, block_id=f"code:{code}"[:200], hint=hint), verdict(check)]
    if check.verdict.suggestion:
        better = check.verdict.suggestion
        blocks.append(actions(button(f"Use {better}", "application.use_code", better)))
    return blocks


def verdict(check: CodeCheck) -> Json:
    """What the rules, the codes here and Stripe say."""
    if check.verdict.problem:
        return rich(section(sign(good=False), said(" "), words(check.verdict.problem)))
    return rich(
        section(
            sign(good=check.at_stripe is not AtStripe.SILENT),
            said(" "),
            words(check.verdict.code, bold=True),
            said(f" follows the rules and is free here. {_SAID[check.at_stripe]}"),
        )
    )
