"""Affiliate networks, managed in Slack."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.cards.networks import deliveries_card, networks_card
from domain import network_sales, networks
from sandbox.slack.blocks import check_blocks
from sandbox.slack.people import AFFILIATES, MARIA
from storage import network_sales as rows
from storage.networks import Network
from storage.vault import Vault
from tests.bot.conftest import Desk
from tests.builders import effects_asked_for, facts, settle
from tests.network_builders import add_network, sign_up

TEMPLATE = "https://net.example/in?c={click_id}&sum={amount}"


async def card(desk: Desk, part: str = "Affiliate networks") -> dict[str, Any]:
    """Type `/affiliate networks`; the answer."""
    assert (await desk.ws.command(MARIA, "/affiliate", "networks")).ok
    await desk.whispered(MARIA, part)
    return dict(desk.ws.ephemerals(AFFILIATES, MARIA)[-1])


async def begin(desk: Desk, kind: str) -> dict[str, Any]:
    """Press `Add a network` and choose a kind; the form of that kind."""
    message = await card(desk)
    assert (await desk.ws.click(MARIA, AFFILIATES, message["ts"], "network.new")).ok
    view = await desk.modal(MARIA, "Which network?")
    assert (await desk.ws.submit(MARIA, view["id"], {"Which network?": kind})).ok
    return await desk.modal(MARIA, "Click parameter")


async def stored(desk: Desk, slug: str) -> Network:
    """A network as it is kept."""
    async with desk.db.read() as session:
        return await networks.named(session, slug)


async def test_a_network_is_taken_into_use(desk_on_both: Desk) -> None:
    """A slip is named at its field and nothing is lost; then it is in use, as it was typed."""
    desk = desk_on_both
    view = await begin(desk, "postback")
    typed: dict[Any, Any] = {
        "Short name": "wide",
        "Name": "Wide Net",
        "Address of a conversion": "https://net.example/in?c={nothing}",
        "Who pays its partner?": "program",
    }
    refused = await desk.ws.submit(MARIA, view["id"], typed)
    assert "{transaction_id}" in json.dumps(refused.errors)
    typed["Address of a conversion"] = TEMPLATE
    assert (await desk.ws.submit(MARIA, view["id"], typed)).ok
    await desk.whispered(MARIA, "Wide Net is in use.")
    network = await stored(desk, "wide")
    assert (network.kind, network.pays, network.click_parameter) == (
        "postback",
        "program",
        "clickid",
    )
    assert network.settings["template"] == TEMPLATE


async def test_a_secret_needs_a_key_to_be_sealed_with(desk: Desk) -> None:
    """Without one the form says where else it can go; nothing is kept in the clear."""
    view = await begin(desk, "awin")
    typed = {
        "Advertiser ID": "123",
        "Conversion API key": "dont-show-me",
        "API token": "nor-me",
    }
    refused = await desk.ws.submit(MARIA, view["id"], typed)
    assert "NETWORK_SECRETS" in json.dumps(refused.errors)
    desk.db.vault = Vault([Fernet.generate_key().decode()])
    assert (await desk.ws.submit(MARIA, view["id"], typed)).ok
    await desk.whispered(MARIA, "Awin is in use.")
    network = await stored(desk, "awin")
    assert "dont-show-me" not in network.model_dump_json()
    async with desk.db.read() as session:
        assert networks.secrets_of(session, network, {}) == {
            "api_key": "dont-show-me",
            "access_token": "nor-me",
        }
    message = await card(desk)
    assert (
        await desk.ws.click(MARIA, AFFILIATES, message["ts"], "network.menu", f"edit:{network.id}")
    ).ok
    view = await desk.modal(MARIA, "Leave this empty to keep it")
    assert "dont-show-me" not in json.dumps(view)
    assert (await desk.ws.submit(MARIA, view["id"], {"Name": "Awin UK"})).ok
    await desk.whispered(MARIA, "Awin UK is changed")
    async with desk.db.read() as session:
        kept = networks.secrets_of(session, await networks.named(session, "awin"), {})
    assert kept["access_token"] == "nor-me"


async def test_partners_are_invited_from_a_list(desk: Desk) -> None:
    """A wrong line is named and nobody is invited; then each gets a mail."""
    network = await add_network(desk.db)
    message = await card(desk)
    assert (
        await desk.ws.click(
            MARIA, AFFILIATES, message["ts"], "network.menu", f"invite:{network.id}"
        )
    ).ok
    view = await desk.modal(MARIA, "Partners of Wide Net")
    field = "Partners of Wide Net"
    refused = await desk.ws.submit(MARIA, view["id"], {field: "mia@example.com,p-1\nnobody,p-2"})
    assert "Line 2" in json.dumps(refused.errors)
    lines = "mia@example.com,p-1\nleo@example.com,p-2"
    assert (await desk.ws.submit(MARIA, view["id"], {field: lines})).ok
    await desk.whispered(MARIA, "2 invited by mail")
    mails = [each for each in await effects_asked_for(desk.db) if each.kind == "mail"]
    assert {each.payload["to"] for each in mails} == {"mia@example.com", "leo@example.com"}


async def test_what_a_network_refused_is_shown_and_dealt_with(desk: Desk) -> None:
    """Its deliveries say why; somebody who told it themselves says so."""
    network = await add_network(desk.db)
    await sign_up(desk.db)
    sale = await settle(desk.db, facts(codes=()))
    async with desk.db.transaction() as session:
        conversion = await rows.of_sale(session, sale.id)
        assert conversion is not None
        begun = await network_sales.begin_delivery(session, conversion.id)
        assert begun is not None
        await network_sales.refused(session, begun.id, "no such campaign")
    message = await card(desk)
    assert "1 REFUSED" in json.dumps(message)
    option = f"deliveries:{network.id}"
    assert (await desk.ws.click(MARIA, AFFILIATES, message["ts"], "network.menu", option)).ok
    await desk.whispered(MARIA, "no such campaign")
    shown = dict(desk.ws.ephemerals(AFFILIATES, MARIA)[-1])
    press = "network.by_hand"
    assert (await desk.ws.click(MARIA, AFFILIATES, shown["ts"], press)).ok
    await desk.whispered(MARIA, "counts as told")
    async with desk.db.read() as session:
        told = await rows.of_sale(session, sale.id)
    assert told is not None
    assert told.posted == 2900


@pytest.mark.parametrize("text", ["*bold* <!channel> & `code`", "x" * 300, "\u202eevil"])
async def test_cards_hold_whatever_a_network_says(desk: Desk, text: str) -> None:
    """Names, click ids and answers are outside text."""
    network = await add_network(desk.db, name=text[:60])
    await sign_up(desk.db, click=text[:200].replace("\u202e", "") or "x")
    sale = await settle(desk.db, facts(codes=()))
    async with desk.db.transaction() as session:
        conversion = await rows.of_sale(session, sale.id)
        assert conversion is not None
        begun = await network_sales.begin_delivery(session, conversion.id)
        assert begun is not None
        await network_sales.refused(session, begun.id, text)
    async with desk.db.read() as session:
        told = await rows.latest(session, network_id=network.id)
        messages = [networks_card(await networks.views(session)), deliveries_card(network, told)]
    for fallback, blocks in messages:
        assert "<!channel>" not in fallback
        assert not check_blocks(blocks)
