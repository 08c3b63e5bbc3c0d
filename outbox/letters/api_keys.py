"""The mail that tells an affiliate of a new API key. It holds no part of it but its beginning."""

from typing import Any
from uuid import UUID

from domain.api_keys import SCOPES, Scope
from outbox.letters.registry import Asked, letter
from storage import affiliates
from storage.api_keys import ApiKey
from storage.worker import GiveUpError


@letter("api_key_made")
async def of_api_key(asked: Asked) -> dict[str, Any]:
    """What it is called and may read, and where to revoke it."""
    key = await asked.session.get(ApiKey, UUID(asked.about["api_key"]))
    owner = await affiliates.get(asked.session, key.affiliate_user_id) if key else None
    if key is None or owner is None:
        raise GiveUpError("The API key that this mail is about is gone.")
    return {
        "name": owner.name,
        "key_name": key.name,
        "prefix": key.api_key_prefix,
        "may_read": ", ".join(SCOPES[scope][0].lower() for scope in Scope if scope in key.scopes),
        "keys_url": f"{asked.server.public_url}/affiliate/dashboard/api-keys",
    }
