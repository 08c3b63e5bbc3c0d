"""The stand-in of affiliate networks, as somebody sees it who tries the sandbox."""

from aiohttp import ClientSession

from sandbox.networks import PARAMETERS, Networks
from sandbox.stand_ins import StandIns
from tests.standing import free_port, standing_in


async def test_a_partners_link_makes_a_click_and_leads_on() -> None:
    """Straight to the product or by a referral link, with the click under the network's name."""
    port = free_port()
    async with standing_in(port) as stand_ins, ClientSession() as client:
        for network, parameter in PARAMETERS.items():
            url = f"{base(stand_ins)}/follow/{network}"
            for query, place in (("", "/sandbox/product/"), ("?ref=JARED30", "/r/JARED30")):
                async with client.get(url + query, allow_redirects=False) as answer:
                    click = stand_ins.networks.told("clicks")[-1]["id"]
                    assert answer.headers["Location"] == f"{place}?{parameter}={click}"


async def test_the_page_shows_what_each_was_told() -> None:
    """Empty at first; what was told is shown as text, whatever it holds."""
    port = free_port()
    async with standing_in(port) as stand_ins, ClientSession() as client:
        url = f"{base(stand_ins)}/"
        async with client.get(url) as answer:
            assert (answer.status, (await answer.text()).count("Nothing yet.")) == (200, 4)
        fill(stand_ins)
        async with client.get(url) as answer:
            html = await answer.text()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "Nothing yet." not in html


def base(stand_ins: StandIns) -> str:
    """Where the stand-in is."""
    return str(stand_ins.settings()["impact_api_url"]).removesuffix("/impact")


def fill(stand_ins: StandIns) -> None:
    """Something of each sort."""
    networks: Networks = stand_ins.networks
    networks.told("postbacks").append({"c": "<b>"})
    networks.told("transactions").append(
        {"key": "in_1.v1", "amount": 1, "currency": "USD", "customer_external_key": "cus_1"}
    )
    networks.told("actions").append(
        {"Oid": "in_1", "Amount": "1", "Currency": "USD", "State": "PENDING", "ClickId": "x"}
    )
    networks.told("orders").append(
        {"orderReference": "in_1", "amount": 1, "currency": "USD", "status": "pending", "awc": "x"}
    )
