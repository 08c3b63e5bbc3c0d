"""What all four of the affiliates' addresses have in common."""

import pytest

from dashboard.api.problems import MEDIA_TYPE
from domain import affiliates
from domain.api_keys import Scope
from domain.statuses import Status
from tests.builders import RITA, facts, settle
from tests.dashboard.api.v1.conftest import Reader, key_of

ALL = ("stats", "referrals", "commissions", "earnings")


@pytest.mark.parametrize("noun", ALL)
async def test_a_key_reads_what_its_scope_names(reader: Reader, noun: str) -> None:
    """With only that scope; with all the others it is refused, and told which one is missing."""
    own = Scope(f"{noun}:read")
    reader.key = await key_of(reader.db, reader.affiliate, own)
    assert (await reader.ask(noun)).status == 200
    reader.key = await key_of(reader.db, reader.affiliate, *(s for s in Scope if s is not own))
    answer = await reader.ask(noun)
    assert (answer.status, answer.content_type) == (403, MEDIA_TYPE)
    assert own in (await answer.json(content_type=None))["detail"]


@pytest.mark.parametrize("noun", ALL)
async def test_nobody_reads_without_a_key_that_works(reader: Reader, noun: str) -> None:
    """Neither with none, nor with a made-up one, nor once the affiliate is paused."""
    key = reader.key
    for wrong in ("", "ad_live_" + "x" * 43, "token-of-the-admin"):
        reader.key = wrong
        answer = await reader.ask(noun)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    reader.key = key
    async with reader.db.transaction() as session:
        await affiliates.change_status(session, reader.affiliate.id, Status.PAUSED, "A look.", RITA)
    assert (await reader.ask(noun)).status == 403


@pytest.mark.parametrize("noun", ALL)
async def test_what_did_not_change_is_not_sent_again(reader: Reader, noun: str) -> None:
    """By the ETag of the answer before, for this asker alone; news are sent with another one."""
    first = await reader.send(noun)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.headers["Vary"] == "Authorization"
    again = await reader.send(noun, None, **{"If-None-Match": f'W/"other", {tag}'})
    assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Vary"] == "Authorization"
    await settle(reader.db, facts())
    news = await reader.send(noun, None, **{"If-None-Match": tag})
    assert news.status == 200
    assert news.headers["ETag"] != tag


@pytest.mark.parametrize("noun", ALL)
async def test_it_only_reads(reader: Reader, noun: str) -> None:
    """Nothing can be sent there; what is asked for by a name that there is not is refused."""
    own = {"Authorization": f"Bearer {reader.key}"}
    answer = await reader.client.post(f"/api/affiliate/v1/{noun}", headers=own)
    assert answer.status == 405
    assert set(await reader.refused(noun, colour="red")) == {"colour"}
    head = await reader.client.head(f"/api/affiliate/v1/{noun}", headers=own)
    assert head.status == 200
