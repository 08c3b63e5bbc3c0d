"""PassivePost: posts on people's connected social accounts.

It has no public description of its API. What is spoken here is written down in
docs/promo-posts.md, and is our own reading of what such a service offers.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from integrations.errors import TransportError
from integrations.http import JsonApi

REFUSALS: Final = frozenset(
    {"unknown_author", "account_not_connected", "channel_not_supported", "invalid_post"}
)
"""Codes of refusals that the author of a post can do something about."""

PUBLISHED: Final = "published"
SCHEDULED: Final = "scheduled"
FAILED: Final = "failed"
_ANSWER_MAX: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Posted:
    """A post as PassivePost has it; `problem` says why it failed there."""

    id: str
    status: str
    problem: str = ""


class PassivePost:
    """The two calls that are made. Each raises `TransportError`."""

    def __init__(self, api_url: str, api_key: str) -> None:
        self._api = JsonApi(
            "PassivePost", api_url, token=api_key, explain=_explain, largest=_ANSWER_MAX
        )

    async def publish(
        self,
        *,
        author_email: str,
        channel: str,
        text: str,
        scheduled_at: datetime | None,
        idempotency_key: str,
    ) -> Posted:
        """Have a post published, at once or at a moment; the same key publishes once."""
        body = {
            "author_email": author_email,
            "channel": channel,
            "text": text,
            "scheduled_at": scheduled_at.isoformat() if scheduled_at else None,
        }
        headers = {"Idempotency-Key": idempotency_key}
        return _posted(await self._api.call("POST", "/posts", body=body, headers=headers))

    async def look(self, post_id: str) -> Posted:
        """What became of a post."""
        return _posted(await self._api.call("GET", f"/posts/{quote(post_id, safe='')}"))

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()


def _posted(answer: Any) -> Posted:
    try:
        post = Posted(str(answer["id"]), str(answer["status"]), str(answer.get("problem") or ""))
    except (AttributeError, KeyError, TypeError) as error:
        raise TransportError("PassivePost answered with something that is no post") from error
    if post.status not in {PUBLISHED, SCHEDULED, FAILED} or not post.id:
        raise TransportError(f"PassivePost answered with an unknown status: {post.status[:40]}")
    return post


def _explain(body: Any) -> tuple[str | None, str]:
    """Read `{"error": {"code", "message"}}`."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None, "no reason given"
    code = error.get("code")
    return (str(code) if code else None), str(error.get("message") or "no reason given")[:300]
