"""Partner pages, taken down and put back by programs."""

import asyncio

from tests.builders import join, mails_asked_for
from tests.dashboard.api.conftest import Api
from tests.landing_builders import save


async def test_a_partner_page_is_taken_down_and_put_back(api: Api) -> None:
    """Once each, with the reason mailed; 404 where there is none."""
    affiliate = await join(api.db)
    path = f"/affiliates/{affiliate.promo_code}/landing-page"
    assert (await api.get(path))[0] == 404
    assert (await api.post(f"{path}/put-back"))[0] == 404
    await save(api.db, affiliate)
    _, told = await api.get(path)
    assert (told["slug"], told["public"]) == ("jared-bets", True)
    assert (await api.post(f"{path}/put-back"))[0] == 409
    assert (await api.post(f"{path}/take-down", {"reason": " "}))[0] == 422
    why = {"reason": "It promises wins."}
    answers = await asyncio.gather(*(api.post(f"{path}/take-down", why) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    _, told = await api.get(path)
    assert (told["public"], told["taken_down_reason"]) == (False, "It promises wins.")
    _, told = await api.post(f"{path}/put-back")
    assert (told["public"], told["taken_down_reason"]) == (True, "")
    mails = [kind for kind, _ in await mails_asked_for(api.db)]
    assert mails.count("landing_taken_down") == mails.count("landing_put_back") == 1
    assert (await api.get("/affiliates/NOBODY/landing-page"))[0] == 404
