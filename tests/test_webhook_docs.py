"""docs/webhooks.md: what it promises is what the program does, and its snippet is run."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

import clock
from domain.webhook_deliveries import WAITS
from domain.webhook_endpoints import GRACE, OFF_AFTER, signature
from domain.webhook_events import KINDS, LANES
from integrations.public_post import SECONDS
from outbox.webhook_deliveries import SHOWN

PAGE = (Path(__file__).parents[1] / "docs" / "webhooks.md").read_text()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"type":"payout.paid","data":{}}'


def verifier() -> Any:
    """The function of the page, as somebody would paste it."""
    (text,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    space: dict[str, Any] = {}
    exec(text, space)  # noqa: S102 - it is the page's own
    return space["verify"]


def signed(secret: str, *, at: timedelta = timedelta(), body: bytes = BODY) -> dict[str, str]:
    """The headers of a message, made by us."""
    moment = int((clock.now() + at).timestamp())
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(moment),
        "Webhook-Signature": signature(secret, "msg_1", moment, body.decode()),
    }


def test_the_snippet_takes_what_is_genuine() -> None:
    """As we sign it, as the reference library does, and by one of two secrets."""
    verify = verifier()
    assert verify(SECRET, signed(SECRET), BODY) == {"type": "payout.paid", "data": {}}
    reference = Webhook(SECRET).sign("msg_1", clock.now(), BODY.decode())
    headers = signed("whsec_" + "A" * 32)
    headers["Webhook-Signature"] += " " + reference
    assert verify(SECRET, headers, BODY)["type"] == "payout.paid"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (signed("whsec_" + "A" * 32), BODY),
        (signed(SECRET), BODY + b" "),
        (signed(SECRET, at=timedelta(minutes=-6)), BODY),
        (signed(SECRET, at=timedelta(minutes=6)), BODY),
        (signed(SECRET) | {"Webhook-Id": "msg_2"}, BODY),
        (signed(SECRET) | {"Webhook-Signature": "v2,AAAA"}, BODY),
    ],
    ids=["another secret", "another body", "old", "early", "another id", "another version"],
)
def test_the_snippet_refuses_what_is_not(headers: dict[str, str], body: bytes) -> None:
    """Nothing that somebody made up or kept is taken."""
    with pytest.raises(ValueError, match="message"):
        verifier()(SECRET, headers, body)


def test_the_page_says_what_the_program_does() -> None:
    """Figures and kinds."""
    hours = [wait // timedelta(hours=1) for wait in WAITS]
    assert hours == [0, 0, 0, 2, 5, 10, 14, 20, 24]
    assert "5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours" in " ".join(PAGE.split())
    assert (SECONDS, SHOWN, LANES) == (15.0, 500, 4)
    for words in ("within 15 seconds", "first 500 characters", "at most four"):
        assert words in " ".join(PAGE.split())
    assert (timedelta(days=1), timedelta(days=3)) == (GRACE, OFF_AFTER)
    named = set(re.findall(r"`([a-z]+\.[a-z]+)`", PAGE)) | {"sale.settled", "payout.paid"}
    assert named <= KINDS.keys()
