"""Clerk: who a user is, and the metadata that the product reads from them.

The calls go through our own `JsonApi` and not through Clerk's SDK. Its `User` model refuses an
answer that lacks any of 33 fields, of which we read three, so a field that Clerk retires would
stop every effect; it also retries by itself for an hour, where the outbox is what retries.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from urllib.parse import quote

from integrations.errors import TransportError
from integrations.http import JsonApi

_PAGE: Final = 500
"""Users a request, the most that Clerk answers with."""


@dataclass(frozen=True)
class ClerkUser:
    """A user as Clerk has them.

    `emails` holds verified addresses only, the primary one first: an address that somebody
    merely typed in proves nothing about who they are.
    """

    id: str
    emails: tuple[str, ...]
    private_metadata: dict[str, Any]
    public_metadata: dict[str, Any]
    name: str = ""
    created_at: datetime | None = None

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """Read Clerk's user object (https://clerk.com/docs/reference/backend-api).

        Raises `TransportError` where it is no such object.
        """
        try:
            primary = raw.get("primary_email_address_id")
            verified = [
                address
                for address in raw.get("email_addresses") or ()
                if (address.get("verification") or {}).get("status") == "verified"
            ]
            verified.sort(key=lambda address: address.get("id") != primary)
            return cls(
                id=str(raw["id"]),
                emails=tuple(str(address["email_address"]) for address in verified),
                private_metadata=dict(raw.get("private_metadata") or {}),
                public_metadata=dict(raw.get("public_metadata") or {}),
                name=" ".join(filter(None, (raw.get("first_name"), raw.get("last_name")))),
                created_at=_moment(raw.get("created_at")),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise TransportError("Clerk answered with something that is no user") from error


class Clerk:
    """The calls to Clerk's Backend API that Affiliate Desk makes.

    `api_url` includes the version, as in `https://api.clerk.com/v1`. Every call raises
    `TransportError`; Clerk's own error code, such as `resource_not_found`, is its `code`.
    """

    def __init__(self, secret_key: str, api_url: str) -> None:
        self._api = JsonApi("Clerk", api_url, token=secret_key, explain=_explain)

    async def find_user_by_email(self, email: str) -> ClerkUser | None:
        """The user who has proved that this address is theirs; None where nobody has."""
        found = await self._api.call("GET", "/users", params={"email_address": email})
        if not isinstance(found, list):
            raise TransportError("Clerk answered with something that is no list of users")
        wanted = email.casefold()
        for user in map(ClerkUser.parse, found):
            if wanted in (address.casefold() for address in user.emails):
                return user
        return None

    async def every_user(self) -> AsyncIterator[ClerkUser]:
        """All users, the first to sign up first, asked for page by page."""
        offset = 0
        while True:
            page = {"limit": str(_PAGE), "offset": str(offset), "order_by": "+created_at"}
            found = await self._api.call("GET", "/users", params=page)
            if not isinstance(found, list):
                raise TransportError("Clerk answered with something that is no list of users")
            for user in map(ClerkUser.parse, found):
                yield user
            if len(found) < _PAGE:
                break
            offset += len(found)

    async def get_user(self, user_id: str) -> ClerkUser:
        """The user with this id. A user who is gone is a permanent `TransportError`."""
        return ClerkUser.parse(await self._api.call("GET", _user_path(user_id)))

    async def merge_private_metadata(self, user_id: str, patch: Mapping[str, Any]) -> ClerkUser:
        """Merge `patch` deep into the user's private metadata; a None removes its key.

        Keys that `patch` does not name stay as they are. Clerk keeps 8 KB at most and refuses
        more with a permanent error. Merging the same patch twice changes nothing.
        """
        path = f"{_user_path(user_id)}/metadata"
        return ClerkUser.parse(
            await self._api.call("PATCH", path, body={"private_metadata": dict(patch)})
        )

    async def ping(self) -> None:
        """Prove that Clerk answers and knows our key."""
        await self._api.call("GET", "/users", params={"limit": "1"})

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()


def _moment(milliseconds: Any) -> datetime | None:
    """A moment as Clerk writes it."""
    if not isinstance(milliseconds, int):
        return None
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def _user_path(user_id: str) -> str:
    return f"/users/{quote(user_id, safe='')}"


def _explain(body: Any) -> tuple[str | None, str]:
    """Read `{"errors": [{"code", "message", "long_message"}]}`."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list) or not errors or not isinstance(errors[0], dict):
        return None, "no reason given"
    first = errors[0]
    return first.get("code"), str(first.get("long_message") or first.get("message") or "")
