"""The modals in which operators decide about a pause for a fraud score, or answer an appeal."""

from dataclasses import dataclass

from bot.cards.blocks import Json, asked, code, plain, quote, rich, said, section, words
from bot.cards.fraud import evidence
from bot.cards.payouts import name_of
from bot.errands import Errand
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from domain.fraud_decisions import ANSWER_MAX, View
from storage.fraud import BANNED, RESTORED, FraudAppeal


@dataclass(frozen=True, slots=True)
class Step:
    """One way to decide; `word` is on its button, `outcome` says what follows."""

    word: str
    decision: str
    outcome: str
    usual_reasons: tuple[str, ...]

    @property
    def action(self) -> str:
        """The id of its button and its form."""
        return f"fraud.{self.word.lower()}"


STEPS = (
    Step(
        "Restore",
        RESTORED,
        "The code works again, payouts go on, and they are mailed. The reason stays with us. The "
        "same evidence never pauses them again: only a new reason does, or twice as much of one.",
        (
            "An office behind one address: known customers.",
            "Looked at: real customers, nothing unusual.",
            "They explained it in their appeal.",
        ),
    ),
    Step(
        "Ban",
        BANNED,
        "Code and link stop for good. This cannot be taken back. The reason is mailed.",
        (
            "Purchases were made with your own code.",
            "Sign-ups through your link were not made by customers.",
            "Customers of yours cancelled at once, again and again.",
        ),
    ),
)


def decision(step: Step, view: View, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason, below what was seen."""
    about = [words(name_of(view.affiliate), 70, bold=True), said(" · ")]
    about += [code(view.affiliate.promo_code), said(f" · fraud score {view.flag.score}")]
    blocks = [rich(section(*about)), evidence(view.flag.reasons)]
    usual = step.usual_reasons
    blocks += reason_blocks(step.outcome, usual, reason, asks=f"fraud_{step.word.lower()}")
    return modal(
        f"{step.word} affiliate",
        blocks,
        callback_id=step.action,
        submit=step.word,
        metadata=errand.packed(),
    )


def answer(view: View, appeal: FraudAppeal, errand: Errand) -> Json:
    """Ask for the answer to an appeal, below it."""
    field: Json = {"type": "plain_text_input", "action_id": "answer", "multiline": True}
    field |= {"max_length": ANSWER_MAX, "placeholder": plain("Thank you for writing …")}
    who = section(words(name_of(view.affiliate), 70, bold=True), said(" wrote:"))
    return modal(
        "Answer appeal",
        [
            rich(who, quote(words(appeal.text, 2000, lines=True))),
            asked("Your answer", field, block_id="answer", hint="It is mailed as you write it."),
        ],
        callback_id="fraud.answer",
        submit="Send",
        metadata=errand.packed(),
    )
