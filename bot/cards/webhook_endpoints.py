"""Endpoints of the operators' outgoing webhooks: whether they work, and what can be done."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    code,
    confirmation,
    divider,
    header,
    rich,
    said,
    section,
    when,
    words,
)
from domain.webhook_endpoints import DESCRIPTION_MAX, OPERATORS_MAX
from storage.webhook_endpoints import ON, WebhookEndpoint

SHOWN_MAX: Final = 15
"""An endpoint takes three blocks, and a message holds fifty."""
REPLAYED_DAYS: Final = 7
_URL_MAX: Final = 300


def endpoints_card(
    endpoints: Sequence[WebhookEndpoint], failed: Mapping[UUID, int], news: str = ""
) -> Message:
    """The answer to `/affiliate webhooks`: where our news go, and how many did not arrive.

    `news` is what just became of one. No secret stands here: Slack keeps what it is sent.
    """
    count = len(endpoints)
    sentence = news or (
        f"News is sent to {count} endpoint{'' if count == 1 else 's'}."
        if count
        else "News is sent nowhere."
    )
    how = f" There can be {OPERATORS_MAX}; docs/webhooks.md says what arrives there."
    blocks = [header("Outgoing webhooks"), rich(section(said(sentence), said(how)))]
    if count < OPERATORS_MAX:
        blocks.append(actions(button("Add an endpoint", "webhook.new", "new")))
    for one in endpoints[:SHOWN_MAX]:
        blocks += [divider(), _about(one, failed.get(one.id, 0)), _buttons(one, failed)]
    if count > SHOWN_MAX:
        blocks.append(rich(section(said("… and others, which the admin API lists."))))
    return sentence, blocks


def _about(one: WebhookEndpoint, failed: int) -> Json:
    pieces = []
    if one.description:
        pieces += [words(one.description, DESCRIPTION_MAX, bold=True), said("\n")]
    pieces += [
        code(one.url[:_URL_MAX]),
        said("\nHears of: ", bold=True),
        words(", ".join(one.events) if one.events else "everything", 500),
        said("\nState: ", bold=True),
        said("on" if one.status == ON else "off"),
    ]
    if one.off_because:
        pieces += [said(". "), words(one.off_because)]
    if one.failing_since is not None and one.status == ON:
        pieces += [said(", but nothing has arrived since "), when(one.failing_since)]
    if failed:
        pieces += [said("\nGiven up: ", bold=True), said(str(failed))]
    return rich(section(*pieces))


def _buttons(one: WebhookEndpoint, failed: Mapping[UUID, int]) -> Json:
    name = str(one.id)
    if one.status != ON:
        return actions(button("Switch on", "webhook.on", name, style="primary"))
    question = confirmation(
        "Switch this endpoint off?",
        "Nothing is sent there then, and what happens meanwhile is not kept for it.",
        "Switch off",
    )
    made = [button("Send a test", "webhook.test", name)]
    if failed.get(one.id, 0):
        made.append(button("Send failed again", "webhook.replay", name))
    return actions(*made, button("Switch off", "webhook.off", name, confirm=question))
