"""Affiliate networks: what each kind is asked for, and the order that every one of them is told of.

A client takes orders one after the other and raises `TransportError`. None of the networks has an
idempotency key, so each says how it finds what it may have taken without our hearing of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import urlsplit

from integrations.errors import TransportError

FIELD_MAX: Final = 2000


@dataclass(frozen=True, slots=True)
class Order:
    """A sale as a network is told of it: it is worth `amount` now, which is `change` more.

    Both are minor units, and the texts beside them the same as decimals. `reference` names the
    order there, `version` counts what was told of the sale, `id` is one thing that is told.
    `begun_at` is from before it was told first, `tried_at` when it was told last.
    """

    id: str
    reference: str
    version: int
    amount: int
    change: int
    amount_text: str
    change_text: str
    currency: str
    click_id: str
    customer_id: str
    paid_at: datetime
    begun_at: datetime
    tried_at: datetime
    network: str

    @property
    def is_new(self) -> bool:
        """Whether the network knows nothing of this order yet."""
        return self.amount == self.change

    @property
    def is_reversed(self) -> bool:
        """Whether nothing is left of it."""
        return self.amount == 0

    @property
    def status(self) -> str:
        """The same in a word: approved, adjusted or reversed."""
        if self.is_new:
            return "approved"
        return "reversed" if self.is_reversed else "adjusted"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a network said. With a `ticket` it still works on it: ask for the outcome by that."""

    answer: str
    ticket: str = ""


class NetworkClient(Protocol):
    """One network, with its ids and secrets."""

    async def tell(self, order: Order) -> Taken:
        """Tell of an order, or of a change of one."""

    async def find(self, order: Order) -> Taken | None:
        """What was taken of this, though its answer was lost; None if it may be told again."""

    async def outcome(self, ticket: str) -> Taken:
        """What became of what it works on; with the ticket still in it while that goes on."""

    async def close(self) -> None:
        """Close the connections."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a network is asked for. What is secret is never shown again."""

    name: str
    label: str
    hint: str = ""
    is_secret: bool = False
    is_optional: bool = False
    is_number: bool = False
    is_template: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of network. `click_parameter` is what its links carry unless it is set otherwise."""

    name: str
    title: str
    click_parameter: str
    fields: tuple[Field, ...]


MACROS: Final = (
    *("click_id", "transaction_id", "event_id", "amount", "amount_minor", "change"),
    *("change_minor", "currency", "status", "version", "customer_id", "time", "network_id"),
)
"""What `{…}` may stand for in an address of ours that is called."""

KINDS: Final = (
    Kind(
        "partnerstack",
        "PartnerStack",
        "ps_xid",
        (
            Field("public_key", "Public key", "Settings, Integrations, API keys"),
            Field("secret_key", "Secret key", is_secret=True),
            Field("tracking_token", "Server-to-server token", is_secret=True),
            Field("product_key", "Product key", "Empty for none", is_optional=True),
            Field("category_key", "Category key", "Empty for none", is_optional=True),
        ),
    ),
    Kind(
        "impact",
        "Impact",
        "irclickid",
        (
            Field("account_sid", "Account SID", "Settings, API"),
            Field("auth_token", "Auth token", is_secret=True),
            Field("campaign_id", "Campaign (program) ID", is_number=True),
            Field("action_tracker_id", "Action tracker (event type) ID", is_number=True),
        ),
    ),
    Kind(
        "awin",
        "Awin",
        "awc",
        (
            Field("advertiser_id", "Advertiser ID", is_number=True),
            Field("api_key", "Conversion API key", "Sent as x-api-key", is_secret=True),
            Field("access_token", "API token", "OAuth2, to decline and amend", is_secret=True),
            Field("commission_group", "Commission group", "DEFAULT", is_optional=True),
        ),
    ),
    Kind(
        "postback",
        "Postback address",
        "clickid",
        (
            Field(
                "template",
                "Address of a conversion",
                "Such as https://net.example/in?click={click_id}&sum={amount}",
                is_template=True,
            ),
            Field(
                "correction_template",
                "Address of a correction",
                "Empty if the network takes none that way",
                is_optional=True,
                is_template=True,
            ),
            Field("token", "Secret for {token}", is_secret=True, is_optional=True),
        ),
    ),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}


def read(
    kind: Kind, given: Mapping[str, str], known: frozenset[str]
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """What was typed for a kind, as settings, secrets, and what is wrong with either.

    `known` names the secrets that are there already, so that they may be left out.
    """
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field in kind.fields:
        value = given.get(field.name, "").strip()
        if not value and not field.is_optional and field.name not in known:
            wrong[field.name] = f"{kind.title} needs the {field.label.lower()}."
        elif value and (problem := _problem(field, value)):
            wrong[field.name] = problem
        elif field.is_secret:
            secrets |= {field.name: value} if value else {}
        else:
            settings[field.name] = value
    for name in given.keys() - {field.name for field in kind.fields}:
        wrong[name] = f"{kind.title} has no such field."
    return settings, secrets, wrong


def _problem(field: Field, value: str) -> str:
    if len(value) > FIELD_MAX or not value.isprintable():
        return "This is too long, or holds what nobody can type."
    if field.is_number and not (value.isascii() and value.isdigit()):
        return f"The {field.label} is a number."
    return template_problem(value) if field.is_template else ""


def template_problem(template: str) -> str:
    """What is wrong with an address to call, as a sentence; empty if nothing is."""
    filled = template
    for name in (*MACROS, "token"):
        filled = filled.replace(f"{{{name}}}", "x")
    if "{" in filled or "}" in filled:
        known = ", ".join(f"{{{name}}}" for name in (*MACROS, "token"))
        return f"Use only these words in braces: {known}."
    try:
        parts, host = urlsplit(template), urlsplit(template).netloc
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable, host = False, ""
    if not usable or "{" in host or "@" in host or " " in template:
        return "Give a whole address, such as https://net.example/in?click={click_id}."
    return ""


def by_hand(network: str, order: Order) -> TransportError:
    """What is raised where a network takes a correction from nobody but a person."""
    return TransportError(
        f"{network} is told of corrections by hand: order {order.reference} is worth "
        f"{order.amount_text} {order.currency.upper()} now.",
        permanent=True,
    )
