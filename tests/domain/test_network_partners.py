"""Inviting partners of a network: each once, all or none, and their id is theirs when they join."""

from datetime import timedelta

import pytest

import clock
from domain import network_partners, networks
from domain.errors import ConflictError, InvalidError
from domain.network_partners import Invitation, Invited
from storage import network_partners as rows
from storage.db import Database
from tests.builders import RITA, apply, approve, join, mails_asked_for
from tests.network_builders import add_network
from tests.whole import running, whole_settings

MIA = Invitation("mia@example.com", "p-1", "Mia")


async def invite(db: Database, *wanted: Invitation) -> Invited:
    """Invite partners of the network."""
    async with db.transaction() as session:
        network = await networks.named(session, "wide")
        return await network_partners.invite(session, network, list(wanted), RITA)


async def invitations(db: Database) -> int:
    """How many mails were asked for."""
    return len([name for name, _ in await mails_asked_for(db) if name == "network_invitation"])


async def test_each_partner_is_mailed_once(db: Database) -> None:
    """A list can be sent again with more lines; a week later a reminder may be wanted."""
    await add_network(db)
    assert await invite(db, MIA) == Invited(1, 0, 0)
    assert await invite(db, MIA, Invitation("leo@example.com", "p-2")) == Invited(1, 0, 1)
    assert await invitations(db) == 2
    with clock.travel(clock.now() + timedelta(days=8)):
        assert await invite(db, MIA) == Invited(1, 0, 0)


async def test_who_is_in_the_program_is_linked_without_a_mail(db: Database) -> None:
    """They know us already; only their id at the network is new."""
    jared = await join(db)
    await add_network(db)
    assert await invite(db, Invitation("JARED@example.com", "p-9")) == Invited(0, 1, 0)
    assert await invitations(db) == 0
    async with db.read() as session:
        (account,) = await rows.of_affiliate(session, jared.id)
    assert account.partner_id == "p-9"


@pytest.mark.parametrize("by_link", [True, False])
async def test_joining_keeps_the_networks_id(db: Database, *, by_link: bool) -> None:
    """By the link of the mail also with another address, else by the address alone."""
    await add_network(db)
    await invite(db, Invitation("mia@work.example" if by_link else "mia@example.com", "p-1"))
    application = await apply(db, email="mia@example.com", requested_code="MIA30")
    if by_link:
        async with db.transaction() as session:
            network = await networks.named(session, "wide")
            (partner,) = await rows.of_network(session, network.id)
            await network_partners.applied(session, partner.id, application)
    affiliate = await approve(db, application.id, "MIA30")
    async with db.read() as session:
        (account,) = await rows.of_affiliate(session, affiliate.id)
        assert await rows.counts(session, account.network_id) == (1, 1)
    assert (account.partner_id, account.joined_at is not None) == ("p-1", True)


async def test_an_id_belongs_to_one_address(db: Database) -> None:
    """A slip in a list would hand somebody's sales to somebody else: nobody is invited."""
    await add_network(db)
    await invite(db, MIA)
    for wrong in (Invitation("mia@example.com", "p-2"), Invitation("eve@example.com", "p-1")):
        with pytest.raises(ConflictError, match="Nobody was invited"):
            await invite(db, Invitation("new@example.com", "p-3"), wrong)
    assert await invitations(db) == 1


@pytest.mark.parametrize(
    "text",
    [
        "mia@example.com,p-1,Mia",
        "\ufeffEmail;Partner;Name\r\nmia@example.com;p-1;Mia\r\n\r\n",
        'mia@example.com\tp-1\t"Mia"\n',
    ],
)
def test_a_list_is_read_as_people_export_it(text: str) -> None:
    """With a header or without, by comma, semicolon or tab."""
    assert network_partners.read(text) == [MIA]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Nobody is named"),
        ("mia@example.com", "Line 1: Give their id"),
        ("email,id\nnobody,p-1", "Line 2: “nobody” is no mail address"),
        ("a@example.com,p-1\nb@example.com,p-1", "Line 2: Line 1 has the same id"),
        ("a@example.com,p-1\nA@example.com,p-2", "Line 2: Line 1 has the same mail"),
        ('a@example.com,"p-1', "cannot be read"),
        ("a@example.com,1,b,c", "more than three columns"),
    ],
)
def test_what_is_wrong_in_a_list_is_named_by_its_line(text: str, sentence: str) -> None:
    """Nothing of such a list is used."""
    with pytest.raises(InvalidError, match=sentence):
        network_partners.read(text)


async def test_the_link_of_an_invitation_leads_to_the_program(db: Database) -> None:
    """And is remembered; one that we did not make is refused in words."""
    await add_network(db)
    await invite(db, MIA)
    settings = whole_settings(db.url.render_as_string(hide_password=False))
    async with db.read() as session:
        (partner,) = await rows.of_network(session, (await networks.named(session, "wide")).id)
    token = network_partners.token(settings.secret_key.get_secret_value(), partner.id)
    async with running(settings) as whole:
        answer = await whole.call("GET", f"/affiliate/invited/{token}")
        assert (answer.status, answer.headers["Location"]) == (303, "/affiliate")
        kept = {each.key: each.value for each in whole.client.session.cookie_jar}
        assert kept["desk_invitation"] == token
        for broken in ("x", token[:-4] + "AAA=", "é"):
            refused = await whole.call("GET", f"/affiliate/invited/{broken}")
            assert refused.status == 404
            assert "cannot be read" in refused.text
