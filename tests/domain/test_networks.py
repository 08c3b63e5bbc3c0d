"""Networks and their secrets: sealed, never told, and lost only with their key."""

import pytest
from cryptography.fernet import Fernet

from domain import networks
from domain.errors import ConflictError, InvalidError
from storage import audit
from storage.db import Database
from storage.vault import Vault
from tests.builders import RITA
from tests.network_builders import add_network, some_terms

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


async def test_secrets_are_sealed_and_not_written_down(db: Database) -> None:
    """They come back for posting only; those of the environment go before them."""
    db.vault = Vault([OLD])
    network = await add_network(db, secrets={"token": "dont-show-me", "other": "kept"})
    async with db.transaction() as session:
        again = some_terms(secrets={"token": "", "other": "newer"})
        await networks.change(session, network.id, again, RITA)
    async with db.read() as session:
        network = await networks.named(session, "wide")
        seen = await networks.view(session, network)
        lines = await audit.of_subject(session, "network:wide")
        wanted = {"token": "dont-show-me", "other": "newer"}
        assert networks.secrets_of(session, network, {}) == wanted
        environment = {"wide": {"token": "from-outside"}}
        assert networks.secrets_of(session, network, environment)["token"] == "from-outside"
    assert seen.sealed == ("other", "token")
    kept = network.model_dump_json() + repr(again) + "".join(str(each.detail) for each in lines)
    for secret in ("dont-show-me", "newer"):
        assert secret not in kept


async def test_a_key_that_was_taken_away_is_named(db: Database) -> None:
    """Posting waits with a sentence; a new key takes over what it can open."""
    db.vault = Vault([OLD])
    await add_network(db, secrets={"token": "t"})
    db.vault = Vault([NEW, OLD])
    async with db.transaction() as session:
        assert await networks.reseal(session) == 1
    db.vault = Vault([NEW])
    async with db.transaction() as session:
        assert networks.secrets_of(session, await networks.named(session, "wide"), {}) == {
            "token": "t"
        }
        assert await networks.reseal(session) == 0
    for vault in (Vault([OLD]), None):
        db.vault = vault
        async with db.read() as session:
            network = await networks.named(session, "wide")
            with pytest.raises(ConflictError, match="TAX_ENCRYPTION_KEYS"):
                networks.secrets_of(session, network, {})


async def test_two_networks_do_not_share_a_click_parameter(db: Database) -> None:
    """Nobody could tell whose click it is."""
    await add_network(db)
    with pytest.raises(InvalidError, match="Wide Net has this parameter already"):
        await add_network(db, "other", name="Other")
