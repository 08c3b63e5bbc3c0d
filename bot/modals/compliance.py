"""The modals in which operators decide about a case, or add a violation by hand."""

from dataclasses import dataclass

from bot.cards.blocks import Json, asked, code, plain, rich, said, section, words
from bot.cards.compliance import evidence_blocks
from bot.cards.payouts import name_of
from bot.errands import Errand
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from domain.compliance import KINDS, NOTE_MAX, Kind
from domain.compliance_cases import Decision, View
from storage.affiliates import Affiliate

BIDDING = "Allow them ads on our name from now on"


@dataclass(frozen=True, slots=True)
class Step:
    """One way to decide; `word` is on its button, `outcome` says what follows."""

    word: str
    decision: Decision
    outcome: str
    usual_reasons: tuple[str, ...]


STEPS = (
    Step(
        "Warn",
        Decision.WARNED,
        "They are mailed what was seen and your words. Nothing is switched off.",
        (
            "Please say in every post that you earn a commission.",
            "Please stop the ads on our name: the rules rule them out.",
            "Please do not promise results, and correct the posts that do.",
            "Please send mails only to people who asked for them.",
        ),
    ),
    Step(
        "Suspend",
        Decision.SUSPENDED,
        "Code and link stop at once, payouts wait. What was earned stays theirs. Mailed.",
        (
            "Many of the clicks on your link were not made by people. Tell us how they came about.",
            "Mails that nobody asked for were sent with your link.",
            "After our warning nothing has changed. Please put it right.",
        ),
    ),
    Step(
        "Terminate",
        Decision.TERMINATED,
        "Code and link stop for good. This cannot be taken back. Mailed.",
        (
            "Your link was loaded in hidden frames, which the rules rule out.",
            "Claims of guaranteed profit were made after our warning.",
            "Ads on our name went on after our warning.",
        ),
    ),
    Step(
        "Dismiss",
        Decision.DISMISSED,
        "Nothing stands against them. They are not mailed: they never heard of it.",
        (
            "Looked at: nothing that the rules rule out.",
            "The clicks come from an office or a campus.",
            "The reports are not about this affiliate.",
        ),
    ),
)


def decision(step: Step, view: View, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason, below what was seen."""
    action = f"case.{step.decision}"
    about = [
        words(name_of(view.affiliate), 70, bold=True),
        said(" · "),
        code(view.affiliate.promo_code),
    ]
    blocks = [rich(section(*about)), *evidence_blocks(view)]
    blocks += reason_blocks(step.outcome, step.usual_reasons, reason, asks=f"case_{step.decision}")
    kinds = {one.kind for one in view.violations}
    if step.decision == Decision.DISMISSED and Kind.BRAND_BIDDING in kinds:
        blocks.append(_bidding())
    return modal(
        f"{step.word} affiliate" if step.decision != Decision.DISMISSED else "Dismiss case",
        blocks,
        callback_id=action,
        submit=step.word,
        metadata=errand.packed(),
    )


def _bidding() -> Json:
    box = {"type": "checkboxes", "action_id": "may_bid"}
    option = {"text": plain(BIDDING, 75), "value": "yes"}
    field = asked("Ads on our name", box | {"options": [option]}, block_id="may_bid")
    return field | {"optional": True}


def add(affiliate: Affiliate, errand: Errand) -> Json:
    """Ask what an operator has seen."""
    options = [{"text": plain(text, 75), "value": str(kind)} for kind, text in KINDS.items()]
    kind = {"type": "static_select", "action_id": "kind", "options": options}
    note: Json = {"type": "plain_text_input", "action_id": "note", "multiline": True}
    note["max_length"] = NOTE_MAX
    url = {"type": "plain_text_input", "action_id": "url", "max_length": 300}
    about = [words(name_of(affiliate), 70, bold=True), said(" · "), code(affiliate.promo_code)]
    hint = "The affiliate reads this once it is decided."
    return modal(
        "Add a violation",
        [
            rich(section(*about)),
            asked("What is it?", kind, block_id="kind"),
            asked("What did you see?", note, block_id="note", hint=hint),
            asked("Where?", url, block_id="url", hint="An address, if there is one.")
            | {"optional": True},
        ],
        callback_id="violation.add",
        submit="Add",
        metadata=errand.packed(),
    )
