"""The modals in which operators write the mails of the first weeks, and look at them."""

from typing import Final

from bot.cards.blocks import Json, actions, asked, button, clean, confirmation, rich, said, section
from bot.errands import Errand
from bot.modals.frame import modal
from domain.drip_texts import BODY_MAX, PREHEADER_MAX, SUBJECT_MAX, WORDS
from domain.drips import StepView

EDIT: Final = "drip.edit"
TEST: Final = "drip.test"
_MARKS: Final = (
    "A blank line ends a paragraph. “# ” begins a heading, “- ” or “1. ” a list, “> ” words to "
    "copy. **bold**, [label](https://…); a link alone in its line is a button."
)


def edit(seen: StepView, errand: Errand) -> Json:
    """Change a mail. `errand` is about the step and the version of it that is shown."""
    text = seen.text
    known = ", ".join(f"{{{word}}}" for word in WORDS)
    blocks = [
        _field(seen, "subject", "Subject", text.subject, SUBJECT_MAX),
        _field(seen, "preheader", "Line beside the subject", text.preheader, PREHEADER_MAX),
        _field(seen, "body", "Text", text.body, BODY_MAX, hint=_MARKS),
        rich(section(said(f"Filled in for each affiliate: {known}."))),
    ]
    if seen.is_own:
        question = confirmation(
            "Back to the ready-made text?",
            "Yours is kept in the audit log only.",
            "Go back",
        )
        press = button("Use the ready-made text", "drip.reset", errand.subject, confirm=question)
        blocks.append(actions(press))
    return modal(
        f"Day {seen.step.day}", blocks, callback_id=EDIT, submit="Save", metadata=errand.packed()
    )


def _field(
    seen: StepView, name: str, label: str, value: str, longest: int, *, hint: str = ""
) -> Json:
    long = name == "body"
    element: Json = {
        "type": "plain_text_input",
        "action_id": name,
        "max_length": longest,
        "multiline": long,
        "initial_value": clean(value, longest, lines=long),
    }
    # Slack keeps what was typed while the block's id stays, and a reset must show.
    return asked(label, element, block_id=f"{name}.{seen.version}", hint=hint)


def preview(seen: StepView, mail: list[Json], errand: Errand) -> Json:
    """A mail as somebody made up would get it."""
    press = button("Send me a test mail", "drip.ask_test", errand.subject)
    about = rich(section(said("Filled in for somebody made up.")))
    return modal(f"Day {seen.step.day}", [about, *mail, actions(press)], metadata=errand.packed())


def ask_address(errand: Errand) -> Json:
    """Ask where the test mail goes: Slack does not tell us anybody's address."""
    element = {"type": "email_text_input", "action_id": "to"}
    hint = "Filled in for somebody made up, with “Test:” in its subject."
    return modal(
        "Send a test mail",
        [asked("To", element, block_id="to", hint=hint)],
        callback_id=TEST,
        submit="Send",
        metadata=errand.packed(),
    )
