"""What an operator is told when something goes wrong; nothing goes wrong unseen."""

import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError

import logs
from bot.cards import notices
from bot.interactions import block_of, tell
from domain.errors import DomainError, InvalidError
from storage.errors import is_away

_LATE = {"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"}

log = structlog.get_logger(__name__)


async def answer_failure(args: AsyncArgs, error: Exception) -> None:
    """Answer a listener's failure in words and, if nobody foresaw it, log it.

    A form that was filled in wrongly gets its complaint beside the field. Bolt's own error
    handler would come too late: it forgets an acknowledgement that was just given.
    """
    if isinstance(error, InvalidError):
        await _complain(args, error)
    elif isinstance(error, DomainError):
        await tell(args, str(error))
    else:
        await _apologise(args, error)


async def _complain(args: AsyncArgs, error: InvalidError) -> None:
    if args.body.get("type") != "view_submission":
        await tell(args, str(error))
        return
    fields = error.fields or {"": str(error)}
    complaints = {block_of(args, name): sentence for name, sentence in fields.items()}
    await args.ack(response_action="errors", errors=complaints)


async def _apologise(args: AsyncArgs, error: Exception) -> None:
    sentence = notices.broken(logs.request_id())
    if is_away(error):
        log.warning("the database is away", error=repr(error))
        sentence = notices.AWAY
    elif isinstance(error, SlackApiError) and error.response.get("error") in _LATE:
        log.warning("a trigger ran out", error=str(error))
        sentence = notices.TOO_LATE
    else:
        log.error("a listener failed", exc_info=error)
    try:
        await tell(args, sentence)
    except Exception:
        log.exception("nor could the operator be told")
