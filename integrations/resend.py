"""Mail by Resend (https://resend.com/docs/api-reference/emails/send-email).

The calls go through our own `JsonApi` and not through Resend's SDK: that one keeps the key and
the address in module globals, so one process could not serve two, opens a new connection for
every mail, and turns each broken connection into an error that looks like Resend's own 500.
"""

from email.utils import formataddr
from typing import Any

from integrations.errors import TransportError
from integrations.http import JsonApi
from integrations.mail import Mail, checked_key, sender_address

_WAIT_S = 5.0


class Resend:
    """A `Mailer`. Resend keeps a key for 24 hours, and within them sends a mail once."""

    def __init__(self, api_key: str, sender: str, api_url: str) -> None:
        self._sender = formataddr(sender_address(sender))
        self._api = JsonApi("Resend", api_url, token=api_key, explain=_explain)

    async def send(self, mail: Mail, *, idempotency_key: str) -> None:
        """Hand the mail to Resend, or raise `TransportError`."""
        body: dict[str, Any] = {
            "from": self._sender,
            "to": [mail.to],
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
        }
        if mail.reply_to is not None:
            body["reply_to"] = mail.reply_to
        if mail.headers:
            body["headers"] = dict(mail.headers)
        headers = {"Idempotency-Key": checked_key(idempotency_key)}
        try:
            answer = await self._api.call("POST", "/emails", body=body, headers=headers)
        except TransportError as error:
            if error.code == "concurrent_idempotent_requests":
                # Our own earlier attempt is still under way there; its outcome comes by retry.
                raise TransportError(str(error), retry_after=_WAIT_S, code=error.code) from error
            raise
        if not isinstance(answer, dict) or not answer.get("id"):
            # Repeated with the same key, so that nobody is mailed twice.
            raise TransportError("Resend took a mail without naming it")

    async def ping(self) -> None:
        """Prove that Resend answers and knows our key, also one that may only send."""
        try:
            await self._api.call("GET", "/domains")
        except TransportError as error:
            if error.code != "restricted_api_key":
                raise

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()


def _explain(body: Any) -> tuple[str | None, str]:
    """Read `{"statusCode", "name", "message"}`."""
    if not isinstance(body, dict):
        return None, "no reason given"
    return body.get("name"), str(body.get("message") or "no reason given")
