"""What operators send (clicks, forms, commands) and the ways to answer them."""

from typing import Any

import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.webhook import WebhookResponse

from bot.cards.blocks import Json, Message
from bot.cards.charts import plainer
from bot.cards.notices import notice
from bot.errands import Errand
from bot.modals.frame import modal, notice_modal
from domain.audit import Actor

_OK = 200

log = structlog.get_logger(__name__)


def actor_of(args: AsyncArgs) -> Actor:
    """Who acts, as the audit log and the cards name them."""
    user = args.body.get("user") or {}
    name = user.get("username") or user.get("name") or args.body.get("user_name") or ""
    return Actor(args.context.user_id or "", f"@{name}" if name else "", "slack")


def typed(args: AsyncArgs, action_id: str) -> str:
    """What was entered into the field of this action_id; empty if nothing was."""
    return _field(args, action_id)[1]


def chosen(args: AsyncArgs, action_id: str) -> str:
    """What was picked in the menu of this action_id; empty if nothing was."""
    return str((_held(args, action_id)[1].get("selected_option") or {}).get("value") or "")


def picked(args: AsyncArgs, action_id: str) -> list[str]:
    """What was picked in the menu of this action_id that takes several."""
    options = _held(args, action_id)[1].get("selected_options") or []
    return [str(option["value"]) for option in options]


def ticked(args: AsyncArgs, action_id: str) -> bool:
    """Whether a box of this action_id is ticked."""
    return bool(_held(args, action_id)[1].get("selected_options"))


def block_of(args: AsyncArgs, action_id: str) -> str:
    """The block that holds the field of this action_id, for complaints about it."""
    return _field(args, action_id)[0]


def _field(args: AsyncArgs, action_id: str) -> tuple[str, str]:
    block_id, held = _held(args, action_id)
    return block_id, held.get("value") or ""


def _held(args: AsyncArgs, action_id: str) -> tuple[str, dict[str, Any]]:
    blocks: dict[str, dict[str, Any]] = args.body["view"]["state"]["values"]
    for block_id, fields in blocks.items():
        if action_id in fields:
            return block_id, fields[action_id]
    return next(iter(blocks), ""), {}


async def show_modal(args: AsyncArgs, view: Json) -> Json:
    """Open a modal, on top of the one that was clicked in if there is one.

    Returns the view as Slack has it, with `id` and `hash`.
    """
    on_modal = (args.body.get("view") or {}).get("type") == "modal"
    show = args.client.views_push if on_modal else args.client.views_open
    answer = await show(trigger_id=args.body["trigger_id"], view=view)
    shown: Json = answer["view"]
    return shown


async def tell(args: AsyncArgs, text: str) -> None:
    """Say something to the one who acts, and to nobody else, wherever they are.

    Acknowledges what was sent if that has not happened yet.
    """
    kind = args.body.get("type")
    if kind == "view_submission" and args.ack.response is None:
        await args.ack(response_action="update", view=notice_modal(text))
        return
    if args.ack.response is None:
        await args.ack()
    if args.body.get("response_url"):
        await whisper(args.body["response_url"], notice(text))
    elif args.body.get("trigger_id") and kind == "block_actions":
        await show_modal(args, notice_modal(text))


async def show(args: AsyncArgs, message: Message) -> None:
    """Answer a press of a button: beside its message, or as a modal where there is none.

    The modal carries where it was opened from, for the errands that begin in it.
    """
    if args.body.get("response_url"):
        await whisper(args.body["response_url"], message)
    else:
        carried = Errand.about("", args.body).packed()
        await show_modal(args, modal("Affiliate Desk", message[1], metadata=carried))


async def whisper(response_url: str, message: Message) -> None:
    """Show a message to one person, beside the message that they acted on."""
    text, blocks = message
    answer = await _respond(response_url, text, blocks)
    plain = plainer(blocks)
    if "invalid_blocks" in answer.body and plain != blocks:
        # Charts and tables are younger than the rest, and not taken everywhere.
        answer = await _respond(response_url, text, plain)
    if answer.status_code != _OK:
        log.warning("slack took no answer", status=answer.status_code, answer=answer.body[:200])


async def _respond(response_url: str, text: str, blocks: list[Json]) -> WebhookResponse:
    return await AsyncRespond(response_url=response_url)(
        text=text, blocks=blocks, response_type="ephemeral", replace_original=False
    )
