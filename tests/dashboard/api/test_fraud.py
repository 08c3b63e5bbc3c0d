"""Fraud scores in the API: in the list, and with their reasons on one affiliate."""

from tests.builders import join
from tests.dashboard.api.conftest import Api
from tests.fraud_builders import flagged


async def test_score_and_reasons_are_told_to_administrators(api: Api) -> None:
    """Whoever was not looked at has 0 and no moment."""
    jared = await join(api.db)
    _, fresh = await api.get("/affiliates/JARED30")
    assert (fresh["fraud_score"], fresh["fraud_score_updated_at"]) == (0, None)
    assert fresh["fraud_reasons"] == []
    await flagged(api.db, jared)
    _, told = await api.get("/affiliates/JARED30")
    assert told["fraud_score"] == 75
    assert told["fraud_score_updated_at"].endswith("Z")
    assert told["fraud_reasons"][0]["rule"] == "self_referral"
    assert "cus_" not in str(told["fraud_reasons"])
    _, listed = await api.get("/affiliates")
    assert [row["fraud_score"] for row in listed["data"]] == [75]
