"""What operators' programs decide about affiliates: the same as operators do in Slack."""

import asyncio
from uuid import uuid4

import pytest

from storage import audit
from tests.builders import affiliate_now, join, mails_asked_for
from tests.dashboard.api.conftest import Api
from tests.dashboard.api.operator_tokens import make_token
from tests.tier_builders import make_tier

WHY = {"reason": "We are looking into recent sales."}


async def test_a_pause_a_restoration_and_a_ban(api: Api) -> None:
    """Each is mailed, and the code follows; a step that makes no sense is a conflict."""
    affiliate = await join(api.db)
    status, told = await api.post("/affiliates/JARED30/pause", WHY)
    assert (status, told["status"], told["status_reason"]) == (200, "paused", WHY["reason"])
    assert told["code"]["status"] == "paused"
    assert (await api.post("/affiliates/JARED30/pause", WHY))[0] == 409
    _, told = await api.post(f"/affiliates/{affiliate.reference}/restore")
    assert (told["status"], told["code"]["status"]) == ("approved", "active")
    assert (await api.post("/affiliates/jared30/restore"))[0] == 409
    _, told = await api.post(f"/affiliates/{affiliate.id}/terminate", WHY)
    assert told["status"] == "terminated"
    assert (await api.post(f"/affiliates/{affiliate.id}/restore"))[0] == 409
    mails = [kind for kind, _ in await mails_asked_for(api.db)]
    assert mails[-3:] == ["affiliate_paused", "affiliate_restored", "affiliate_terminated"]
    async with api.db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{affiliate.id}")
    assert [line.action for line in lines if line.origin == "api"] == [
        "affiliate.paused",
        "affiliate.approved",
        "affiliate.terminated",
    ]


async def test_of_two_at_once_one_decides(api: Api) -> None:
    """The others hear that it is so already, and one mail goes."""
    await join(api.db)
    answers = await asyncio.gather(*(api.post("/affiliates/JARED30/pause", WHY) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409]
    mails = [kind for kind, _ in await mails_asked_for(api.db)]
    assert mails.count("affiliate_paused") == 1


async def test_a_rate_of_their_own_goes_before_all_others(api: Api) -> None:
    """Set and taken away, and kept in the log with what it was."""
    affiliate = await join(api.db)
    status, told = await api.post("/affiliates/JARED30/rate", {"rate_bp": 3250})
    assert (status, told["rate_bp"], told["rate_bp_in_force"]) == (200, 3250, 3250)
    assert (await api.post("/affiliates/JARED30/rate", {"rate_bp": 3250}))[0] == 409
    _, told = await api.post("/affiliates/JARED30/rate", {"rate_bp": None})
    assert (told["rate_bp"], told["rate_bp_in_force"]) == (None, 2000)
    for wrong in (-1, 10_001, "20", 20.5, True):
        status, told = await api.post("/affiliates/JARED30/rate", {"rate_bp": wrong})
        assert (status, set(told["fields"])) == (422, {"rate_bp"})
    assert (await api.post("/affiliates/JARED30/rate", {}))[0] == 422
    async with api.db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{affiliate.id}")
    changes = [line.detail for line in lines if line.action == "affiliate.rate_set"]
    assert changes == [{"rate_bp": 3250, "before": None}, {"rate_bp": None, "before": 3250}]


async def test_a_tier_by_hand_and_by_referrals(api: Api) -> None:
    """What an operator chose stays until referrals decide again."""
    await join(api.db)
    gold = await make_tier(api.db, threshold=100)
    _, told = await api.post("/affiliates/JARED30/tier", {"tier_id": str(gold.id)})
    assert (told["tier"], told["tier_pinned"], told["rate_bp_in_force"]) == ("Gold", True, 2500)
    assert (await api.post("/affiliates/JARED30/tier", {"tier_id": str(gold.id)}))[0] == 409
    _, told = await api.post("/affiliates/JARED30/tier", {"follow_referrals": True})
    assert (told["tier"], told["tier_pinned"]) == (None, False)
    for wrong in (
        {"tier_id": str(uuid4())},
        {"tier_id": "gold"},
        {"tier_id": str(gold.id), "follow_referrals": True},
    ):
        status, told = await api.post("/affiliates/JARED30/tier", wrong)
        assert (status, set(told["fields"])) == (422, {"tier_id"})


async def test_a_recruiter_and_ads_on_the_brand(api: Api) -> None:
    """Both are seen on the affiliate afterwards."""
    await join(api.db)
    await join(api.db, "MIA30", email="mia@example.com")
    _, told = await api.post("/affiliates/MIA30/recruiter", {"recruiter": "jared30"})
    assert told["recruited_by"] == "JARED30"
    status, told = await api.post("/affiliates/JARED30/recruiter", {"recruiter": "MIA30"})
    assert (status, set(told["fields"])) == (422, {"recruiter"})
    _, told = await api.post("/affiliates/MIA30/recruiter", {"recruiter": None})
    assert told["recruited_by"] is None
    _, told = await api.post("/affiliates/MIA30/bidding", {"allowed": True})
    assert told["may_bid"] is True


@pytest.mark.parametrize(
    ("deed", "body"),
    [
        ("pause", WHY),
        ("restore", None),
        ("terminate", WHY),
        ("rate", {"rate_bp": 1}),
        ("tier", {}),
        ("recruiter", {"recruiter": None}),
        ("bidding", {"allowed": True}),
    ],
)
async def test_every_decision_needs_the_scope_and_is_made_once(
    api: Api, deed: str, body: dict[str, object] | None
) -> None:
    """Nobody who may only read decides; a repeated call is answered as the first was."""
    affiliate = await join(api.db)
    if deed == "restore":
        await api.post("/affiliates/JARED30/pause", WHY)
    if deed == "recruiter":
        await join(api.db, "MIA30", email="mia@example.com")
        await api.post("/affiliates/JARED30/recruiter", {"recruiter": "MIA30"})
    path = f"/affiliates/JARED30/{deed}"
    _, reader = await make_token(api.db, "affiliates:read")
    assert (await api.by(reader).post(path, body))[0] == 403
    assert (await api.post(f"/affiliates/NOBODY/{deed}", body))[0] == 404
    first = await api.once("k").post(path, body)
    assert first[0] == 200
    lines = await log_of(api, affiliate.id)
    assert await api.once("k").post(path, body) == first
    assert await log_of(api, affiliate.id) == lines
    assert (await affiliate_now(api.db, affiliate.id)).status == first[1]["status"]


async def log_of(api: Api, affiliate_id: object) -> list[str]:
    """What was done to an affiliate."""
    async with api.db.read() as session:
        return [
            line.action for line in await audit.of_subject(session, f"affiliate:{affiliate_id}")
        ]
