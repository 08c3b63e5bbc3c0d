"""Networks as operators see them: what each is told of sales, and what it refused."""

from collections.abc import Sequence

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    confirmation,
    divider,
    escaped,
    header,
    plain,
    rich,
    row,
    said,
    section,
    sign,
    words,
)
from domain.money import money
from domain.networks import PAYS, TIMINGS, View
from integrations.networks import BY_NAME
from storage.network_sales import BY_HAND, OPEN, REFUSED, SENT, Told
from storage.networks import Network

SHOWN_MAX = 15
_HEAD = (
    "Networks send you partners and track their clicks. Here they are told of the sales, and of "
    "each refund. AFFILIATE.md has the playbook."
)
_STATES = {SENT: "told", OPEN: "on its way", REFUSED: "refused", BY_HAND: "done by hand"}


def networks_card(found: Sequence[View], news: str = "") -> Message:
    """The answer to `/affiliate networks`; `news` is what just became of one."""
    blocks = [header("Affiliate networks")]
    if news:
        blocks.append(rich(section(sign(good=True), said(" "), words(news, bold=True))))
    blocks.append(rich(section(said(_HEAD))))
    blocks.extend(row(_title(each), _about(each), _menu(each.network)) for each in found)
    if not found:
        blocks.append(rich(section(said("No network is in use yet.", bold=True))))
    blocks.append(actions(button("Add a network", "network.new", "new", style="primary")))
    return escaped(news or "Affiliate networks"), blocks


def _title(found: View) -> str:
    network = found.network
    off = "" if network.is_active else " · off"
    return f"{network.name} · {BY_NAME[network.kind].title}{off}"


def _about(found: View) -> str:
    network = found.network
    said_of_it = [
        PAYS[network.pays],
        f"told {TIMINGS[network.timing]}, of the first {network.cycles} payments",
        f"click id in “{network.click_parameter}”",
        f"{found.invited} invited, {found.joined} joined",
    ]
    if found.refused:
        said_of_it.insert(0, f"{found.refused} REFUSED, see its deliveries")
    return " · ".join(said_of_it)


def _menu(network: Network) -> Json:
    switch = ("Switch off", "off") if network.is_active else ("Switch on", "on")
    steps = [
        ("Edit", "edit"),
        ("Invite partners", "invite"),
        ("Deliveries", "deliveries"),
        switch,
    ]
    return {
        "type": "overflow",
        "action_id": "network.menu",
        "options": [
            {"text": plain(label), "value": f"{step}:{network.id}"} for label, step in steps
        ],
    }


def deliveries_card(network: Network, told: Sequence[Told], news: str = "") -> Message:
    """What a network was told last, the newest first; what it refused can be told again."""
    title = f"Deliveries: {network.name}"
    blocks = [header(title)]
    if news:
        blocks.append(rich(section(sign(good=True), said(" "), words(news, bold=True))))
    if not told:
        blocks.append(rich(section(said("It was told of no sale yet."))))
    for each in told[:SHOWN_MAX]:
        blocks += _delivery(each)
    if len(told) > SHOWN_MAX:
        blocks += [divider(), rich(section(said(f"The last {SHOWN_MAX} are shown.")))]
    return escaped(news or title), blocks


def _delivery(told: Told) -> list[Json]:
    delivery, conversion, sale, _ = told
    worth = money(delivery.amount, conversion.currency)
    about = (
        f"{_STATES[delivery.status]} · {delivery.created_at:%Y-%m-%d} · "
        f"order {delivery.reference} · click {conversion.click_id[:40]}"
    )
    if delivery.answer:
        about += f" · {delivery.answer[:120]}"
    title = f"{worth} after {sale.invoice_id}, no. {delivery.version}"
    shown = row(title, about, button("Why?", "sale.why", sale.invoice_id))
    if delivery.status != REFUSED:
        return [shown]
    sure = confirmation(
        "Did you tell the network?",
        f"Then order {delivery.reference} stands at {worth} there, and we go on from that.",
        "I did",
    )
    return [
        shown,
        actions(
            button("Tell it again", "network.again", str(delivery.id)),
            button("Done by hand", "network.by_hand", str(delivery.id), confirm=sure),
        ),
    ]
