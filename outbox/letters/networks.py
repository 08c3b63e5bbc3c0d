"""The mail that invites a partner of a network."""

from typing import Any
from uuid import UUID

from domain import network_partners
from outbox.letters.registry import Asked, letter
from storage import network_partners as rows
from storage import networks
from storage.worker import GiveUpError


@letter("network_invitation")
async def of_invitation(asked: Asked) -> dict[str, Any] | None:
    """Who they are at the network, and the link that says so when they apply.

    Nothing for somebody who has joined meanwhile.
    """
    partner = await rows.get(asked.session, UUID(asked.about["partner"]))
    network = await networks.get(asked.session, partner.network_id) if partner else None
    if partner is None or network is None:
        raise GiveUpError("The partner who was to be invited is gone.")
    if partner.affiliate_user_id is not None:
        return None
    token = network_partners.token(asked.server.secret_key.get_secret_value(), partner.id)
    return {
        "name": partner.name,
        "network": network.name,
        "partner_id": partner.partner_id,
        "invitation_url": f"{asked.server.public_url}/affiliate/invited/{token}",
    }
