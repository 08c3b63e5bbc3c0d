"""The files of each program: recognised by their columns, and what their words come to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidError
from domain.imports import (
    BroughtAffiliate,
    BroughtCommission,
    BroughtCustomer,
    BroughtLink,
    Item,
    Odd,
    Place,
    Skipped,
    State,
)
from domain.statuses import Status
from imports.registry import SOURCES
from imports.sheets import Options, Reader
from imports.sources import Form, Source
from tests.imports.bringing import read, write

FILES: dict[str, dict[str, str]] = {
    "rewardful": {
        "affiliates": "id,first_name,last_name,email,paypal_email,state,token\n"
        "a1,Ada,Jones,ada@example.com,,active,ada\n",
        "customers": "id,stripe_customer_id,affiliate_email,conversion_state,became_lead_at\n"
        "r1,cus_1,ada@example.com,conversion,\n",
        "commissions": "id,affiliate_email,amount,currency,state,due_at\n"
        "c1,ada@example.com,12.50,USD,due,2026-10-01T00:00:00Z\n",
    },
    "firstpromoter": {
        "affiliates": "id,cust_id,email,first_name,last_name,default_ref_id,status\n"
        "17,,ada@example.com,Ada,Jones,ada,approved\n",
        "customers": "email,uid,state,promoter_email,plan_name,customer_since\n"
        "buyer@example.net,cus_1,active,ada@example.com,Pro,2026-01-01\n",
        "commissions": "id,status,is_paid,amount,unit,sale_amount,promoter_email,currency\n"
        "9,approved,false,12.50,cash,50.00,ada@example.com,USD\n",
    },
    "tolt": {
        "affiliates": "id,email,first_name,last_name,country_code,status,payout_method\n"
        "part_1,ada@example.com,Ada,Jones,US,active,paypal\n",
        "links": "id,param,value,partner_id\nlnk_1,ref,ada,part_1\n",
        "customers": "id,customer_id,email,status,partner_email,subscription_id\n"
        "cus_tolt,cus_1,buyer@example.net,active,ada@example.com,sub_1\n",
        "commissions": "id,amount,revenue,status,transaction_id,charge_id,partner_email,currency\n"
        "comm_1,12.50,50.00,approved,txn_1,ch_1,ada@example.com,usd\n",
    },
    "tapfiliate": {
        "affiliates": "id,firstname,lastname,email,referral_code,approved\n"
        "ada1,Ada,Jones,ada@example.com,ada,true\n",
        "customers": "customer_id,affiliate_email,status,click_id\n"
        "cus_1,ada@example.com,paying,77\n",
        "commissions": "external_id,amount,created_at,affiliate_email,program,currency,"
        "commission_amount,commission_status,commission_type\n"
        "ord-1,50.00,2026-10-01,ada@example.com,main,USD,12.50,approved,standard\n",
    },
    "partnerstack": {
        "affiliates": "partner_key,partner_first,partner_last,partner_email,partner_group,status\n"
        "ada,Ada,Jones,ada@example.com,Default,active\n",
        "customers": "customer_key,customer_email,provider_key,partner_email,submitted_on\n"
        "u-1,buyer@example.net,cus_1,ada@example.com,2026-01-01\n",
        "commissions": "reward_key,reward_amount,currency,reward_status,partner_email,created\n"
        "rew_1,$12.50,USD,approved,ada@example.com,1790812800000\n",
    },
    "dub": {
        "affiliates": "ID,Name,Email,Country,Status,Enrolled at,Payouts enabled at\n"
        "pn_1,Ada Jones,ada@example.com,US,approved,2026-01-01T00:00:00.000Z,\n",
        "customers": "id,externalId,email,partnerEmail,lifetimeValue,saleAmount\n"
        "cus_dub,cus_1,buyer@example.net,ada@example.com,50,5000\n",
        "commissions": "ID,Type,Amount,Earnings,Currency,Status,Invoice ID,Quantity,Created at,"
        "Partner email,Customer external ID\n"
        "cm_1,sale,5000,1250,usd,processed,in_1,1,2026-10-01T00:00:00.000Z,ada@example.com,cus_1\n",
    },
}


def items(folder: Path, source: str = "", **files: str) -> list[Item]:
    """What files hold."""
    return list(read(write(folder, **files), source).items())


def only(found: Sequence[Item], kind: type) -> Any:
    """The one item of a kind."""
    (item,) = [one for one in found if isinstance(one, kind)]
    return item


@pytest.mark.parametrize("source", FILES)
class TestEach:
    """Each program's files, in the form that is documented for it."""

    def test_it_is_recognised(self, tmp_path: Path, source: str) -> None:
        """All its files together, and each by itself where its columns are its own."""
        paths = write(tmp_path, **FILES[source])
        earlier = read(paths)
        assert earlier.source == source
        assert [sheet.noun for sheet in earlier.sheets] == list(FILES[source])

    def test_an_affiliate(self, tmp_path: Path, source: str) -> None:
        """Name, address, status and ref."""
        found = items(tmp_path, source, affiliates=FILES[source]["affiliates"])
        ada = only(found, BroughtAffiliate)
        assert (ada.email, ada.status) == ("ada@example.com", Status.APPROVED)
        assert ada.name == "Ada Jones"
        if source not in {"tolt", "dub"}:
            assert ada.refs == ("ada",)

    def test_a_customer(self, tmp_path: Path, source: str) -> None:
        """By the payment provider's id, never by one of the program's own that looks like it."""
        found = items(tmp_path, source, customers=FILES[source]["customers"])
        buyer = only(found, BroughtCustomer)
        assert (buyer.customer, buyer.paid) == ("cus_1", True)
        assert buyer.whose.email == "ada@example.com"

    def test_a_commission(self, tmp_path: Path, source: str) -> None:
        """To the cent, in its currency, and still owed."""
        found = items(tmp_path, source, commissions=FILES[source]["commissions"])
        owed = only(found, BroughtCommission)
        assert (owed.amount, owed.currency, owed.state) == (1250, "usd", State.OWED)
        assert owed.whose.email == "ada@example.com"
        assert owed.id
        assert not [one for one in found if isinstance(one, Odd)]

    def test_every_word_means_something(self, source: str) -> None:
        """No status is both on hold and void, and words are compared in lower case."""
        known = SOURCES[source]
        assert known.held <= {word for word, s in known.commissions.items() if s is State.OWED}
        for word in (*known.affiliates, *known.commissions, *known.paying, *known.visitors):
            assert word == word.lower()


def test_links_of_their_own(tmp_path: Path) -> None:
    """Where a program exports them apart."""
    link = only(items(tmp_path, "tolt", links=FILES["tolt"]["links"]), BroughtLink)
    assert (link.ref, link.whose.id) == ("ada", "part_1")


@pytest.mark.parametrize(
    ("cell", "refs"),
    [
        ("ada", ("ada",)),
        ("ada, ada-jones", ("ada", "ada-jones")),
        ("https://www.example.com/?via=ada", ("ada",)),
        ("https://example.com/pricing?utm_source=x&fpr=ada", ("ada",)),
        ("refer.example.com/ada", ("ada",)),
        ("https://[broken", ()),
    ],
)
def test_refs_and_whole_addresses(tmp_path: Path, cell: str, refs: tuple[str, ...]) -> None:
    """What stands in links is found in what an export calls a link."""
    text = f'email,first_name,token\nada@example.com,Ada,"{cell}"\n'
    assert only(items(tmp_path, "rewardful", affiliates=text), BroughtAffiliate).refs == refs


def test_a_column_of_whole_numbers(tmp_path: Path) -> None:
    """Cents or not is asked, unless another row of the column or the program tells."""
    text = FILES["tolt"]["commissions"].replace("12.50,50.00", "1250,5000")
    with pytest.raises(InvalidError, match=r"--amounts minor if 1250 means 12\.50"):
        items(tmp_path, "tolt", commissions=text)
    (path,) = write(tmp_path, commissions=text)
    for amounts, amount in (("minor", 1250), ("major", 125000)):
        found = list(read([path], "tolt", amounts=amounts).items())
        assert only(found, BroughtCommission).amount == amount
    mixed = text + "comm_2,7.5,5000,approved,t,c,ada@example.com,usd\n"
    first, second = items(tmp_path, "tolt", commissions=mixed)
    assert isinstance(first, BroughtCommission)
    assert isinstance(second, BroughtCommission)
    assert (first.amount, second.amount) == (125000, 750)


def test_a_file_without_a_currency(tmp_path: Path) -> None:
    """It is asked for, and what is said counts for rows that say none."""
    text = FILES["firstpromoter"]["commissions"].replace(",USD", ",")
    odd = only(items(tmp_path, "firstpromoter", commissions=text), Odd)
    assert "--currency" in odd.why
    (path,) = write(tmp_path, commissions=text)
    found = list(read([path], "firstpromoter", currency="EUR").items())
    assert only(found, BroughtCommission).currency == "eur"


def test_what_is_no_money(tmp_path: Path) -> None:
    """Points and free months are left out, and said to be."""
    text = FILES["firstpromoter"]["commissions"].replace(",cash,", ",free_months,")
    assert only(items(tmp_path, "firstpromoter", commissions=text), Skipped).why


@pytest.mark.parametrize(
    ("cell", "order", "moment"),
    [
        ("2026-10-01T02:00:00+02:00", "", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-10-01 12:30:00 UTC", "", datetime(2026, 10, 1, 12, 30, tzinfo=UTC)),
        ("Oct 1, 2026", "", datetime(2026, 10, 1, tzinfo=UTC)),
        ("1790812800", "", datetime(2026, 10, 1, tzinfo=UTC)),
        ("1790812800000", "", datetime(2026, 10, 1, tzinfo=UTC)),
        ("31/10/2026", "", datetime(2026, 10, 31, tzinfo=UTC)),
        ("10/31/2026 5:30 PM", "", datetime(2026, 10, 31, 17, 30, tzinfo=UTC)),
        ("01/10/2026", "dmy", datetime(2026, 10, 1, tzinfo=UTC)),
        ("01/10/2026", "mdy", datetime(2026, 1, 10, tzinfo=UTC)),
        ("29.02.2024", "", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_dates(tmp_path: Path, cell: str, order: str, moment: datetime) -> None:
    """In the forms that exports and spreadsheets write."""
    text = f'email,first_name,token,created_at\nada@example.com,Ada,ada,"{cell}"\n'
    (path,) = write(tmp_path, affiliates=text)
    found = list(read([path], "rewardful", dates=order).items())
    assert only(found, BroughtAffiliate).joined_at == moment


@pytest.mark.parametrize(
    ("cell", "why"),
    [("01/10/2026", "--dates"), ("soon", "is no date"), ("0001-01-01", "another age")],
)
def test_dates_that_are_none(tmp_path: Path, cell: str, why: str) -> None:
    """A sentence for each."""
    text = f"email,first_name,token,created_at\nada@example.com,Ada,ada,{cell}\n"
    assert why in only(items(tmp_path, "rewardful", affiliates=text), Odd).why


def test_files_of_nobody(tmp_path: Path) -> None:
    """Unknown columns are named, and so is what would be needed."""
    paths = write(tmp_path, some="colour,size\nred,3\n")
    with pytest.raises(InvalidError, match=r"“colour”, “size”\. No program that is known"):
        read(paths)
    with pytest.raises(InvalidError, match=r"no file of Rewardful.*affiliates: email"):
        read(paths, "rewardful")
    both = write(tmp_path, one=FILES["dub"]["commissions"], two=FILES["tolt"]["links"])
    with pytest.raises(InvalidError, match=r"one\.csv of Dub; two\.csv of Tolt"):
        read(both)
    with pytest.raises(InvalidError, match="looks like a file of Dub, not of Tolt"):
        read(both[:1], "tolt")


EVERY = [(source, form) for source in SOURCES.values() for form in source.forms]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(EVERY), st.data())
def test_any_row_is_understood_or_odd(of: tuple[Source, Form], data: st.DataObject) -> None:
    """No cell of any file raises anything, whatever it holds."""
    source, form = of
    words = [*source.affiliates, *source.commissions, "ada@example.com", "cus_1", "2026-10-01"]
    cells = st.one_of(st.text(max_size=30), st.sampled_from([*words, "12.50", "USD", "a@b", "\0"]))
    header = sorted(form.columns)
    row = data.draw(st.lists(cells, min_size=len(header), max_size=len(header)))
    columns = {name: place for place, name in enumerate(header)}
    reader = Reader(source, form, columns, len(header), Options(), whole_is_minor=False)
    found = list(reader.items(Place(0, 2), row))
    assert found
    assert all(one.place == Place(0, 2) for one in found)
