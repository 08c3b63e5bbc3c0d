"""An application form as Tally would host it: its questions, and how it delivers an answer."""

import hmac
import json
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import aiohttp

import clock
from sandbox.store import Store

Answers = Mapping[str, str | Sequence[str] | None]
"""By question name: a text, or for checkboxes the texts of those ticked. None is no answer."""

TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
"""How long Tally waits for an answer (https://tally.so/help/webhooks)."""
NO_ANSWER: Final = 0


@dataclass(frozen=True)
class Question:
    """A question of the form. `kind` is Tally's field type."""

    name: str
    label: str
    kind: str
    options: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of its row in a payload."""
        return f"question_{sha256(self.name.encode()).hexdigest()[:6]}"

    def option_id(self, option: str) -> str:
        """The id of one of its options."""
        return str(uuid5(NAMESPACE_URL, f"{self.key}/{option}"))


QUESTIONS: Final = (
    Question("legal_name", "Legal name", "INPUT_TEXT"),
    Question("display_name", "Display or creator name", "INPUT_TEXT"),
    Question("email", "Email", "INPUT_EMAIL"),
    Question(
        "platform",
        "Main platform",
        "DROPDOWN",
        ("YouTube", "X", "Instagram", "TikTok", "Discord", "Podcast", "Newsletter", "Website"),
    ),
    Question("link", "Main link", "INPUT_LINK"),
    Question("audience_size", "Audience size", "INPUT_TEXT"),
    Question("audience_focus", "Audience focus", "TEXTAREA"),
    Question("code", "Requested promo code", "INPUT_TEXT"),
    Question(
        "methods",
        "How will you promote us?",
        "CHECKBOXES",
        ("Videos", "Social posts", "Newsletter", "Podcast", "Community", "Reviews and guides"),
    ),
    Question(
        "terms",
        "I agree to the terms",
        "CHECKBOXES",
        (
            "I have read the affiliate terms and accept them",
            "I will disclose the partnership wherever I promote",
            "I will make no guaranteed-profit or misleading claims",
            "I will not send spam or bid on the brand name",
            "I will not use my own code",
        ),
    ),
)
_BY_NAME: Final = {question.name: question for question in QUESTIONS}


class TallyForm:
    """The form and its webhook. What was delivered, and how it was answered, is in `store`."""

    def __init__(
        self,
        webhook_url: str,
        *,
        signing_secret: str = "tally_sandbox",  # noqa: S107 - public by design
        store: Store | None = None,
    ) -> None:
        self.webhook_url = webhook_url
        self.signing_secret = signing_secret
        self.store = store or Store()
        self.store.data.setdefault("deliveries", [])

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """Every attempt in order: `event_id`, `body`, `status` (0: no answer) and `answer`."""
        deliveries: list[dict[str, Any]] = self.store.data["deliveries"]
        return deliveries

    def payload(self, answers: Answers, hidden: Mapping[str, str] | None = None) -> bytes:
        """The body that Tally sends for these answers. A question not named is unanswered.

        `hidden` are the form's hidden fields, which take what stands in its address.

        Raises `ValueError` for a question or an option that the form does not have.
        """
        unknown = answers.keys() - _BY_NAME.keys()
        if unknown:
            raise ValueError(f"The form has no question {min(unknown)!r}")
        moment = clock.now().astimezone(UTC).isoformat(timespec="milliseconds")
        moment = moment.replace("+00:00", "Z")
        submission = secrets.token_urlsafe(5)
        rows = [row for asked in QUESTIONS for row in _rows(asked, answers.get(asked.name))]
        rows += [_hidden(name, value) for name, value in (hidden or {}).items()]
        event = {
            "eventId": str(uuid4()),
            "eventType": "FORM_RESPONSE",
            "createdAt": moment,
            "data": {
                "responseId": submission,
                "submissionId": submission,
                "respondentId": secrets.token_urlsafe(5),
                "formId": "sandbox",
                "formName": "Affiliate application",
                "createdAt": moment,
                "fields": rows,
            },
        }
        return json.dumps(event, ensure_ascii=False).encode()

    def signature(self, body: bytes) -> str:
        """The `Tally-Signature` of a body."""
        return b64encode(hmac.digest(self.signing_secret.encode(), body, sha256)).decode()

    async def submit(self, answers: Answers) -> tuple[int, str]:
        """Send the form; return the status and text of the webhook's answer."""
        return await self.deliver(self.payload(answers))

    async def deliver(self, body: bytes) -> tuple[int, str]:
        """Post a body, signed; the same one again is what Tally's own retry does.

        Returns the status and text of the answer, or `NO_ANSWER` and what went wrong.
        """
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Tally Webhooks",
            "Tally-Signature": self.signature(body),
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT) as session,
                session.post(self.webhook_url, data=body, headers=headers) as response,
            ):
                status, answer = response.status, await response.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as error:
            status, answer = NO_ANSWER, str(error) or type(error).__name__
        self.deliveries.append(
            {
                "event_id": json.loads(body)["eventId"],
                "body": body.decode(),
                "status": status,
                "answer": answer,
            }
        )
        self.store.save()
        return status, answer


def _hidden(name: str, value: str) -> dict[str, Any]:
    key = f"question_hidden_{uuid5(NAMESPACE_URL, name)}"
    return {"key": key, "label": name, "type": "HIDDEN_FIELDS", "value": value or None}


def _rows(question: Question, answer: str | Sequence[str] | None) -> list[dict[str, Any]]:
    """The rows of one question: one, and for checkboxes one more per option."""
    row = {"key": question.key, "label": question.label, "type": question.kind}
    if not question.options:
        return [row | {"value": answer or None}]
    picked = [answer] if isinstance(answer, str) else list(answer or ())
    picked = [option for option in picked if option]
    if strange := set(picked) - set(question.options):
        raise ValueError(f"{question.label!r} has no option {min(strange)!r}")
    table = [{"id": question.option_id(text), "text": text} for text in question.options]
    ids = [question.option_id(text) for text in picked]
    rows: list[dict[str, Any]] = [row | {"value": ids or None, "options": table}]
    if question.kind == "CHECKBOXES":
        rows += [
            {
                "key": f"{question.key}_{option['id']}",
                "label": f"{question.label} ({option['text']})",
                "type": question.kind,
                "value": option["id"] in ids,
            }
            for option in table
        ]
    return rows
