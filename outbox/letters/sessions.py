"""The mail that signs somebody in."""

from typing import Any
from uuid import UUID

from domain.sessions import LINK_MINUTES, sign_in_token
from outbox.letters.registry import Asked, letter


@letter("sign_in")
async def of_link(asked: Asked) -> dict[str, Any]:
    """The link, made from its id only now: the database never holds what opens the door."""
    secret = asked.server.secret_key.get_secret_value()
    token = sign_in_token(secret, UUID(asked.about["link"]))
    url = f"{asked.server.public_url}/affiliate/sign-in/{token}"
    return {"sign_in_url": url, "minutes": LINK_MINUTES}
