"""The modals in which operators take networks into use, change them, and invite their partners."""

from collections.abc import Collection
from typing import Any, Final

from bot.cards.blocks import Json, plain, rich, said, section
from bot.errands import Errand
from bot.modals.fields import input_block, text_input
from bot.modals.frame import modal
from domain.networks import BASES, CYCLES_MAX, NAME_MAX, PAYS, TIMINGS
from integrations.networks import FIELD_MAX, KINDS, Field, Kind
from storage.networks import Network

KIND: Final = "network.kind"
SAVE: Final = "network.save"
INVITE: Final = "network.invite"
_LIST_MAX: Final = 3000


def choose_kind(errand: Errand) -> Json:
    """Ask what kind of network it is: the next form asks for what that kind needs."""
    options = [{"text": plain(kind.title), "value": kind.name} for kind in KINDS]
    menu: Json = {"type": "static_select", "action_id": "kind", "options": options}
    return modal(
        "Add a network",
        [input_block("Which network?", menu, hint="ShareASale has moved to Awin.")],
        callback_id=KIND,
        submit="Next",
        metadata=errand.packed(),
    )


def edit(kind: Kind, network: Network | None, known: Collection[str], errand: Errand) -> Json:
    """The form of a network. The errand's subject is the kind's name, or the network's id.

    `known` names the secrets that are there: they may be left empty, and are never shown.
    """
    fixed: list[Json] = []
    if network is None:
        example = text_input("slug", kind.name, NAME_MAX, "impact-eu")
        hint = "Small letters, digits, dashes. It stays, and NETWORK_SECRETS uses it."
        fixed = [input_block("Short name", example, hint=hint)]
    given: dict[str, Any] = network.settings if network else {}
    parameter = network.click_parameter if network else kind.click_parameter
    cycles = str(network.cycles if network else 2)
    blocks = [
        *fixed,
        input_block(
            "Name", text_input("name", network.name if network else kind.title, NAME_MAX, "Impact")
        ),
        *(_field(each, str(given.get(each.name, "")), known) for each in kind.fields),
        input_block(
            "Click parameter",
            text_input("click_parameter", parameter, 40, "clickid"),
            hint="What its links add to the address that they lead to.",
        ),
        _menu("pays", "Who pays its partner?", PAYS, network.pays if network else "network"),
        _menu("timing", "When is it told?", TIMINGS, network.timing if network else "at_once"),
        _menu("base", "What is a sale worth?", BASES, network.base if network else "gross"),
        input_block(
            "Paid cycles",
            {
                "type": "number_input",
                "action_id": "cycles",
                "is_decimal_allowed": False,
                "min_value": "1",
                "max_value": str(CYCLES_MAX),
                "initial_value": cycles,
            },
            hint="It is told of so many payments of each customer.",
        ),
    ]
    return modal(kind.title, blocks, callback_id=SAVE, submit="Save", metadata=errand.packed())


def _field(field: Field, value: str, known: Collection[str]) -> Json:
    if not field.is_secret:
        example = field.hint or field.label
        shown = text_input(field.name, value, FIELD_MAX, example[:100])
        return input_block(field.label, shown, optional=field.is_optional, hint=field.hint)
    there = field.name in known
    hint = "It is set. Leave this empty to keep it." if there else field.hint
    shown = text_input(field.name, "", FIELD_MAX, "Typed once, and never shown again")
    return input_block(field.label, shown, optional=field.is_optional or there, hint=hint)


def _menu(name: str, label: str, choices: dict[str, str], chosen: str) -> Json:
    options = [{"text": plain(text.capitalize()), "value": key} for key, text in choices.items()]
    first = next(each for each in options if each["value"] == chosen)
    menu: Json = {
        "type": "static_select",
        "action_id": name,
        "options": options,
        "initial_option": first,
    }
    return input_block(label, menu)


def invite(network: Network, errand: Errand) -> Json:
    """Ask for partners to invite. The errand is about the network."""
    field = {
        "type": "plain_text_input",
        "action_id": "partners",
        "multiline": True,
        "max_length": _LIST_MAX,
        "placeholder": plain("mia@example.com, 12345, Mia Example"),
    }
    about = (
        "Each gets a mail with a link, once. Who joins keeps their id at the network. Who is in "
        "the program already is only linked."
    )
    return modal(
        "Invite partners",
        [
            rich(section(said(about))),
            input_block(
                f"Partners of {network.name}",
                field,
                hint="One a line: mail address, id at the network, name. As CSV.",
            ),
        ],
        callback_id=INVITE,
        submit="Invite",
        metadata=errand.packed(),
    )
