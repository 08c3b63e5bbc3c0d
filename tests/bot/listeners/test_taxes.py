"""Tax forms in Slack: finance looks at them redacted, and decides."""

import pytest
from sqlmodel import select

from bot.cards.taxes import tax_form_card
from domain import program, taxes
from sandbox.slack.people import AFFILIATES, AMARA, JONAS, MARIA
from storage import taxes as rows
from storage.affiliates import Affiliate
from storage.payouts import Payout
from storage.taxes import TaxForm
from tests.bot.conftest import Desk
from tests.bot.listeners.test_home import home
from tests.bot.listeners.test_payouts import sent_files
from tests.builders import RITA, join, mails_asked_for
from tests.domain.test_tax_years import paid
from tests.payout_builders import ask, earn
from tests.tax_builders import GERMAN, SSN, seal, send, send_back, standing, verify

BARE = SSN.replace("-", "")


async def post(desk: Desk, form: TaxForm) -> str:
    """Post the card as the outbox would; returns its time stamp."""
    async with desk.db.read() as session:
        text, blocks = tax_form_card(await taxes.view(session, form.id))
    posted = await desk.context.slack.chat_postMessage(channel=AFFILIATES, text=text, blocks=blocks)
    return str(posted["ts"])


async def sent(desk: Desk) -> tuple[Affiliate, TaxForm, str]:
    """Jared's form, and its card."""
    seal(desk.db)
    jared = await join(desk.db)
    form = await send(desk.db, jared.id, business_name="<b>Bets</b>")
    return jared, form, await post(desk, form)


async def test_finance_verifies_what_the_card_shows(desk_on_both: Desk) -> None:
    """Redacted: the last four, and no more of it."""
    desk = desk_on_both
    jared, _, ts = await sent(desk)
    card = desk.ws.text_of(desk.ws.message(AFFILIATES, ts))
    assert "SSN ***-**-4399" in card
    assert "12 Main Street" in card
    assert BARE not in card.replace("-", "")

    await desk.ws.click(MARIA, AFFILIATES, ts, "Verify")

    await desk.whispered(MARIA, "Verified: the W-9 of Jared Bets.")
    assert (await standing(desk.db, jared.id)).status == "verified"


async def test_finance_sends_back_with_a_reason(desk: Desk) -> None:
    """Picked from the usual ones, and mailed."""
    jared, _, ts = await sent(desk)
    await desk.ws.click(MARIA, AFFILIATES, ts, "Send back")
    view = await desk.modal(MARIA, "W-9")

    await desk.ws.submit(MARIA, view["id"], {"Reason": "The name does not fit."})

    await desk.whispered(MARIA, "Sent back: the W-9 of Jared Bets.")
    assert (await standing(desk.db, jared.id)).why == "returned"
    assert ("tax_returned", jared.email) in await mails_asked_for(desk.db)


async def test_only_finance_decides(finance_desk: Desk) -> None:
    """Somebody else in the channel does not, neither by a button nor by a word."""
    jared, _, ts = await sent(finance_desk)
    await finance_desk.ws.click(JONAS, AFFILIATES, ts, "Verify")
    await finance_desk.whispered(JONAS, "Only finance decides on payouts and tax forms")
    await finance_desk.ws.command(JONAS, "/affiliate", "taxes")
    assert (await standing(finance_desk.db, jared.id)).status == "submitted"
    await finance_desk.ws.click(AMARA, AFFILIATES, ts, "Verify")
    await finance_desk.whispered(AMARA, "Verified")


async def test_withholding_is_switched_where_the_program_has_a_rate(desk: Desk) -> None:
    """On after a question, and off."""
    seal(desk.db)
    async with desk.db.transaction() as session:
        await program.update(session, {"backup_withholding_bp": 2400}, RITA)
    jared = await join(desk.db)
    form = await send(desk.db, jared.id, told_to_withhold="yes")
    ts = await post(desk, form)
    assert "crossed out" in desk.ws.text_of(desk.ws.message(AFFILIATES, ts))

    await desk.ws.click(MARIA, AFFILIATES, ts, "Withhold")

    await desk.whispered(MARIA, "A part of each payout is withheld")
    async with desk.db.read() as session:
        assert await rows.withholding_of(session, jared.id) is not None
    ts = await post(desk, form)
    await desk.ws.click(MARIA, AFFILIATES, ts, "Stop withholding")
    await desk.whispered(MARIA, "Nothing is withheld any more")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("taxes", {"GERMAN30", "JARED30", "MIA30", "NOFORM30"}),
        ("taxes missing", {"MIA30", "NOFORM30"}),
        ("taxes submitted", {"GERMAN30"}),
        ("taxes verified", {"JARED30"}),
        ("taxes expiring", set()),
        ("taxes over", {"JARED30", "NOFORM30"}),
    ],
)
async def test_the_list_says_who_stands_where(desk: Desk, words: str, named: set[str]) -> None:
    """With this year's sum for those who are over the threshold."""
    seal(desk.db)
    for code in ("GERMAN30", "JARED30", "MIA30", "NOFORM30"):
        who = await join(desk.db, code, email=f"{code}@example.com", legal_name="Jared Example")
        if code != "MIA30":
            await paid(desk.db, who, 250_000)
        if code == "GERMAN30":
            await send(desk.db, who.id, GERMAN)
        if code == "JARED30":
            await verify(desk.db, await send(desk.db, who.id))
        if code == "MIA30":
            await send_back(desk.db, await send(desk.db, who.id))

    assert (await desk.ws.command(MARIA, "/affiliate", words)).ok

    told = await desk.whispered(MARIA, "ax forms" if "over" not in words else "Over the threshold")
    assert {code for code in ("GERMAN30", "JARED30", "MIA30", "NOFORM30") if code in told} == named
    if words == "taxes over":
        assert "$2,500.00 paid in 2026" in told
        assert "over the threshold of $2,000.00" in told


async def test_a_year_comes_as_a_file_without_whole_numbers(desk: Desk) -> None:
    """To the one who asked; the summary says where whole ones are to be had."""
    seal(desk.db)
    jared = await join(desk.db)
    await send(desk.db, jared.id)
    await paid(desk.db, jared, 250_000)

    await desk.ws.command(MARIA, "/affiliate", "taxes export 2026")

    told = await desk.whispered(MARIA, "1 recipient of a 1099-NEC")
    assert "--with-tins" in told
    ((name, content),) = sent_files(desk, MARIA).items()
    assert name == "1099-nec-2026.csv"
    assert "SSN ***-**-4399" in content[1]
    assert BARE not in str(content).replace("-", "")


async def test_without_keys_it_says_so(desk: Desk) -> None:
    """And how to turn it on."""
    await desk.ws.command(MARIA, "/affiliate", "taxes")
    await desk.whispered(MARIA, "TAX_ENCRYPTION_KEYS is not set")


async def test_every_list_says_where_they_stand(desk: Desk) -> None:
    """A search, and the App Home."""
    await sent(desk)
    await desk.ws.command(MARIA, "/affiliate", "find JARED")
    await desk.whispered(MARIA, "tax form submitted (W-9)")
    await desk.ws.open_home(MARIA)
    view = await home(desk, MARIA, "1 tax form")
    await desk.ws.click_in(MARIA, view["id"], "home.money")
    await home(desk, MARIA, "Tax forms: 0 missing, 1 submitted, 0 verified.")


async def test_the_card_of_a_payout_says_what_stands_in_its_way(desk: Desk) -> None:
    """A form that was sent back, and one that came since."""
    jared, form, _ = await sent(desk)
    await earn(desk.db, jared.id, 5000)
    payout = await ask(desk.db, jared)
    await send_back(desk.db, form)
    await desk.ws.command(MARIA, "/affiliate", "payouts")
    await desk.whispered(MARIA, "Tax form missing (W-9 sent back): this can not be approved")
    await send(desk.db, jared.id)
    await desk.ws.command(MARIA, "/affiliate", "payouts")
    await desk.whispered(MARIA, "newer tax form since they asked (version 2)")
    async with desk.db.read() as session:
        (kept,) = (await session.exec(select(Payout))).all()
    assert (kept.id, kept.tax_form_id) == (payout.id, form.id)
