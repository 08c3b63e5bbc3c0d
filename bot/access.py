"""Who may act: reviewers of our own workspace, finance about payouts and taxes, and nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

import clock
from bot.cards import notices
from bot.interactions import tell
from integrations import slack
from integrations.errors import TransportError
from settings import Settings

FRESH_SECONDS = 60.0
ASK_SECONDS = 1.2
"""With what a form may take besides, still within the three seconds that Slack waits."""
PAGE = 999
"""The most that Slack gives: https://docs.slack.dev/reference/methods/conversations.members"""

log = structlog.get_logger(__name__)


class UnsureError(Exception):
    """Slack did not say who the reviewers are."""


class Access:
    """Knows the reviewers: SLACK_REVIEWERS, or else the members of the operators' channel.

    Payouts and taxes are decided by SLACK_FINANCE, and by the reviewers where that is not set.
    """

    def __init__(self, settings: Settings, client: AsyncWebClient) -> None:
        self._named = settings.slack_reviewers
        self._finance = settings.slack_finance
        self._channel = settings.slack_channel
        self._slack = client
        self._members: frozenset[str] = frozenset()
        self._fresh_until = 0.0

    async def may_review(self, user_id: str) -> bool:
        """Whether this user is a reviewer. Raises `UnsureError` if Slack would not say."""
        return user_id in (self._named or await self._channel_members())

    async def may_pay(self, user_id: str) -> bool:
        """Whether this user decides on payouts. Raises `UnsureError` if Slack would not say."""
        return user_id in self._finance if self._finance else await self.may_review(user_id)

    async def _channel_members(self) -> frozenset[str]:
        # Also where the clock was put back since.
        if not 0 < self._fresh_until - clock.timestamp() <= FRESH_SECONDS:
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    self._members = await self._ask()
            except (TransportError, TimeoutError) as error:
                log.warning("slack did not name the reviewers", error=str(error))
                raise UnsureError from error
            self._fresh_until = clock.timestamp() + FRESH_SECONDS
        return self._members

    async def _ask(self) -> frozenset[str]:
        self._channel = await slack.channel_id(self._slack, self._channel)
        found: set[str] = set()
        cursor = ""
        while True:
            page = await slack.read(
                self._slack,
                "conversations.members",
                channel=self._channel,
                limit=str(PAGE),
                cursor=cursor,
            )
            found.update(page["members"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return frozenset(found)

    async def gate(
        self, args: AsyncArgs, next_: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Let pass whoever may do it; tell everybody else why not. Runs before every listener.

        An event is nothing that could be answered: it passes with the `refusal` in its
        context, for the listener to respect.
        """
        refusal = await self._refusal(args)
        if not refusal or "event" in args.body:
            args.context["refusal"] = refusal
            await next_()
            return None
        log.warning("refused", user=args.context.user_id, team=args.context.team_id)
        await tell(args, refusal)
        return args.ack.response or await args.ack()

    async def _refusal(self, args: AsyncArgs) -> str:
        ours = args.context.authorize_result.team_id if args.context.authorize_result else None
        user = args.body.get("user")
        theirs = user.get("team_id") if isinstance(user, dict) else None
        if args.context.team_id != ours or theirs not in (ours, None):
            return notices.OTHER_WORKSPACE
        user_id = args.context.user_id or ""
        try:
            if _about_payouts(args.body):
                return "" if await self.may_pay(user_id) else notices.NOT_FINANCE
            return "" if await self.may_review(user_id) else notices.STRANGER
        except UnsureError:
            return notices.UNSURE


def _about_payouts(body: dict[str, Any]) -> bool:
    """Whether a press, a form or a command is one that the listeners of payouts or taxes take."""
    begun = [action.get("action_id", "") for action in body.get("actions") or ()]
    begun.append((body.get("view") or {}).get("callback_id", ""))
    begun.append(body.get("text", "").strip().lower() if "command" in body else "")
    return any(name.startswith(("payout", "tax")) for name in begun)
