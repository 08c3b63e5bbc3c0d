"""The part of a modal that asks for a reason, with usual ones to pick."""

from collections.abc import Sequence

from bot.cards.blocks import Json, actions, asked, clean, plain
from domain.texts import REASON_MAX

OPTION_MAX = 75


def reason_blocks(hint: str, usual: Sequence[str], reason: str, *, asks: str) -> list[Json]:
    """A menu of usual reasons and the field, which holds `reason` and can be edited.

    `asks` names what the reason is for. The field's block changes with the picked reason:
    Slack would otherwise keep what was typed.
    """
    options = [
        {"text": plain(text, OPTION_MAX), "value": str(number)} for number, text in enumerate(usual)
    ]
    menu: Json = {
        "type": "static_select",
        "action_id": f"{asks}.reason",
        "placeholder": plain("Pick a usual reason"),
        "options": options,
    }
    field: Json = {
        "type": "plain_text_input",
        "action_id": "reason",
        "multiline": True,
        "max_length": REASON_MAX,
    }
    if reason:
        field["initial_value"] = clean(reason, REASON_MAX, lines=True)
    picked = usual.index(reason) if reason in usual else "own"
    return [actions(menu), asked("Reason", field, block_id=f"reason:{picked}", hint=hint)]
