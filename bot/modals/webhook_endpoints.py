"""The modals in which operators add an endpoint of webhooks, and see its secret."""

from typing import Final

from bot.cards.blocks import Json, code, plain, rich, said, section
from bot.errands import Errand
from bot.modals.fields import input_block, text_input
from bot.modals.frame import modal
from domain.webhook_endpoints import DESCRIPTION_MAX, URL_MAX, kinds_for

ADD: Final = "webhook.add"


def add(errand: Errand) -> Json:
    """Ask where the endpoint is, and what it is to hear of."""
    options = [{"text": plain(kind), "value": kind} for kind in kinds_for(None)]
    events: Json = {
        "type": "multi_static_select",
        "action_id": "events",
        "options": options,
        "placeholder": plain("Everything, also what is new one day"),
    }
    return modal(
        "Add an endpoint",
        [
            input_block("Address", text_input("url", "", URL_MAX, "https://example.com/webhooks")),
            input_block(
                "Name", text_input("description", "", DESCRIPTION_MAX, "Our books"), optional=True
            ),
            input_block(
                "It hears of",
                events,
                optional=True,
                hint="Choose none for all of them, also new ones. /api/docs explains each.",
            ),
        ],
        callback_id=ADD,
        submit="Add",
        metadata=errand.packed(),
    )


def secret(value: str) -> Json:
    """Show the secret of an endpoint that was just made: modals are forgotten, messages are not."""
    return modal(
        "Its secret",
        [
            rich(
                section(
                    said(
                        "Messages are signed with this. Put it into the system that receives them:"
                    )
                ),
                section(code(value)),
                section(
                    said(
                        "It is shown in Slack this once. The admin API tells it again: "
                        "docs/webhooks.md"
                    )
                ),
            )
        ],
    )
