"""What an operator is told when something goes wrong; nothing goes wrong unseen."""

from collections.abc import Awaitable, Callable

import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError

import logs
from bot.cards import notices
from bot.interactions import block_of, tell
from domain.errors import DomainError, InvalidError

Listener = Callable[[AsyncArgs], Awaitable[None]]

_LATE = {"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"}

log = structlog.get_logger(__name__)


def shielded(listener: Listener) -> Listener:
    """The listener, with every failure answered in words and, if nobody foresaw it, logged.

    A form that was filled in wrongly gets its complaint beside the field. Bolt's own error
    handler would come too late: it forgets an acknowledgement that was just given.
    """

    async def run(args: AsyncArgs) -> None:
        try:
            await listener(args)
        except InvalidError as error:
            await _complain(args, error)
        except DomainError as error:
            await tell(args, str(error))
        except Exception as error:  # noqa: BLE001 - the last place where anybody could be told
            await _apologise(args, error)

    return run


async def _complain(args: AsyncArgs, error: InvalidError) -> None:
    if args.body.get("type") != "view_submission":
        await tell(args, str(error))
        return
    fields = error.fields or {"": str(error)}
    complaints = {block_of(args, name): sentence for name, sentence in fields.items()}
    await args.ack(response_action="errors", errors=complaints)


async def _apologise(args: AsyncArgs, error: Exception) -> None:
    sentence = notices.broken(logs.request_id())
    if isinstance(error, SlackApiError) and error.response.get("error") in _LATE:
        log.warning("a trigger ran out", error=str(error))
        sentence = notices.TOO_LATE
    else:
        log.error("a listener failed", exc_info=error)
    try:
        await tell(args, sentence)
    except Exception:
        log.exception("nor could the operator be told")
