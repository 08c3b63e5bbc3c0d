"""Affiliate networks: which conversions are posted to, on what terms, and by what secrets.

What a network is asked for by its kind, such as its ids there, is known to who speaks with it; here
it is a list of texts. Its secrets come from the environment or are sealed by the vault, and no
function gives them back but `secrets_of`, for posting.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.texts import keepable
from storage import network_partners, network_sales
from storage import networks as rows
from storage.locks import take_turn
from storage.networks import Network
from storage.vault import LockedError, vault_of

NETWORK, PROGRAM = "network", "program"
PAYS: Final = {
    NETWORK: "the network pays its partner, and we do not",
    PROGRAM: "we pay the affiliate, and the network only counts",
}
AT_ONCE, AFTER_HOLD = "at_once", "after_hold"
TIMINGS: Final = {AT_ONCE: "once the sale is paid", AFTER_HOLD: "after the hold is over"}
BASES: Final = {"gross": "before the payment fee", "net": "less the payment fee"}
NAME_MAX: Final = 60
CYCLES_MAX: Final = 1000
NETWORKS_MAX: Final = 20
CLICK_MAX: Final = 255

_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PARAMETER: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_OURS: Final = frozenset({"ref", "src", "to", "utm"})
"""Parameters of our own links: a network's click id must not look like one of them."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is decided about a network. `settings` and `secrets` are by the fields of its kind.

    A secret that is empty or left out stays what it was. It does not show itself in a log.
    """

    name: str
    click_parameter: str
    settings: Mapping[str, str]
    pays: str = NETWORK
    timing: str = AT_ONCE
    base: str = "gross"
    cycles: int = 2
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class View:
    """A network as operators see it: which secrets it has, never what they are."""

    network: Network
    sealed: tuple[str, ...]
    invited: int
    joined: int
    refused: int


async def add(session: AsyncSession, slug: str, kind: str, terms: Terms, actor: Actor) -> Network:
    """Take a network into use. Raises `InvalidError` with the fields that cannot be used."""
    await take_turn(session, "networks")
    known = await rows.everyone(session)
    wrong = await _wrong(session, terms, None)
    if not _SLUG.fullmatch(slug) or len(slug) > NAME_MAX:
        wrong["slug"] = "Use small letters, digits and dashes, such as impact-eu."
    elif any(each.slug == slug for each in known):
        wrong["slug"] = f"There is a network {slug} already."
    if len(known) >= NETWORKS_MAX:
        wrong["slug"] = f"There are {NETWORKS_MAX} networks already: change one of them."
    _refuse(wrong)
    network = Network(slug=slug, kind=kind, name="", click_parameter="")
    changes = _apply(session, network, terms)
    session.add(network)
    await session.flush()
    await record(session, actor, "network.added", f"network:{slug}", kind=kind, **changes)
    return network


async def change(session: AsyncSession, network_id: UUID, terms: Terms, actor: Actor) -> Network:
    """Change a network. What was posted stays as it was, and so do the terms of its sales.

    Raises `InvalidError` with the fields that cannot be used.
    """
    network = await _found(session, network_id)
    _refuse(await _wrong(session, terms, network) | _unproved(session, terms, network))
    changes = _apply(session, network, terms)
    if changes:
        network.updated_at = clock.now()
        session.add(network)
        await session.flush()
        await record(session, actor, "network.changed", f"network:{network.slug}", **changes)
    return network


async def switch(session: AsyncSession, network_id: UUID, actor: Actor, *, on: bool) -> Network:
    """Switch a network on or off. Off, its clicks are not kept and new sales are not posted.

    What it was told of goes on being corrected.
    """
    network = await _found(session, network_id)
    if network.is_active != on:
        network.is_active, network.updated_at = on, clock.now()
        session.add(network)
        await session.flush()
        action = "network.switched_on" if on else "network.switched_off"
        await record(session, actor, action, f"network:{network.slug}")
    return network


async def named(session: AsyncSession, name: str) -> Network:
    """The network of this slug or id. Raises `NotFoundError`."""
    found = await rows.by_slug(session, keepable(name).strip().lower())
    if found is None:
        try:
            found = await rows.get(session, UUID(name))
        except ValueError:
            found = None
    if found is None:
        raise NotFoundError(f"There is no network {keepable(name)[:NAME_MAX]}.")
    return found


async def view(session: AsyncSession, network: Network) -> View:
    """A network with what there is to say about it."""
    invited, joined = await network_partners.counts(session, network.id)
    refused = await network_sales.latest(
        session, network_id=network.id, status=network_sales.REFUSED
    )
    return View(network, tuple(sorted(_sealed(session, network))), invited, joined, len(refused))


async def views(session: AsyncSession) -> list[View]:
    """Every network."""
    return [await view(session, each) for each in await rows.everyone(session)]


def secrets_of(
    session: AsyncSession, network: Network, environment: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """A network's secrets: those of the environment go before the sealed ones.

    Raises `ConflictError` where they are sealed and no key opens them.
    """
    from_outside = dict(environment.get(network.slug, {}))
    if not network.sealed:
        return from_outside
    vault = vault_of(session)
    try:
        sealed = vault.open(network.id, network.sealed) if vault else {}
    except LockedError:
        vault = None
    if vault is None:
        raise ConflictError(
            f"The secrets of {network.name} were sealed with a key that is not in "
            "TAX_ENCRYPTION_KEYS. Put that key back, or type them again: /affiliate networks."
        )
    return sealed | from_outside


async def reseal(session: AsyncSession) -> int:
    """Seal the networks' secrets with the first key; how many were not.

    What no key opens is left as it is: posting says so.
    """
    vault, changed = vault_of(session), 0
    for network in await rows.everyone(session, lock=True):
        if vault is None or not network.sealed or vault.is_current(network.sealed):
            continue
        try:
            network.sealed = vault.seal_again(network.sealed)
        except LockedError:
            continue
        session.add(network)
        changed += 1
    return changed


def _sealed(session: AsyncSession, network: Network) -> Sequence[str]:
    """The names of the secrets that are kept sealed; none where no key opens them."""
    vault = vault_of(session)
    if vault is None or not network.sealed:
        return ()
    try:
        return tuple(vault.open(network.id, network.sealed))
    except LockedError:
        return ()


async def _wrong(session: AsyncSession, terms: Terms, network: Network | None) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not terms.name.strip() or len(terms.name) > NAME_MAX:
        wrong["name"] = f"Give it a name of at most {NAME_MAX} characters."
    if not _PARAMETER.fullmatch(terms.click_parameter) or terms.click_parameter.lower() in _OURS:
        wrong["click_parameter"] = (
            "Say which parameter its links carry the click id in, such as clickid. "
            "It must be none of ref, src, to and utm."
        )
    for other in await rows.everyone(session):
        same = other.click_parameter == terms.click_parameter
        if same and (network is None or other.id != network.id):
            wrong["click_parameter"] = f"{other.name} has this parameter already."
    for name, value, known in (
        ("pays", terms.pays, PAYS),
        ("timing", terms.timing, TIMINGS),
        ("base", terms.base, BASES),
    ):
        if value not in known:
            wrong[name] = f"Choose one of: {', '.join(known)}."
    if not 1 <= terms.cycles <= CYCLES_MAX:
        wrong["cycles"] = f"Use a number from 1 to {CYCLES_MAX}."
    if any(terms.secrets.values()) and vault_of(session) is None:
        name = next(name for name, value in terms.secrets.items() if value)
        wrong[name] = (
            "Secrets are sealed with TAX_ENCRYPTION_KEYS, which is not set. Set it, or give this "
            "secret in NETWORK_SECRETS."
        )
    return wrong


def _unproved(session: AsyncSession, terms: Terms, network: Network) -> dict[str, str]:
    """The sealed secrets to type again, since an address leads to another host than it did.

    Else whoever may change the address could have them sent to themselves, and so read them.
    """
    if _hosts(terms.settings) <= _hosts(network.settings):
        return {}
    sentence = "Type this again: an address leads to another host than before."
    return {name: sentence for name in _sealed(session, network) if not terms.secrets.get(name)}


def _hosts(settings: Mapping[str, Any]) -> set[str]:
    texts = [str(value) for value in settings.values()]
    return {urlsplit(text).netloc.lower() for text in texts if "://" in text}


def _refuse(wrong: dict[str, str]) -> None:
    if wrong:
        raise InvalidError(" ".join(dict.fromkeys(wrong.values())), wrong)


def _apply(session: AsyncSession, network: Network, terms: Terms) -> dict[str, Any]:
    """Write the terms into the row; what changed, without the secrets themselves."""
    changed: dict[str, Any] = {}
    wanted: dict[str, Any] = {
        "name": keepable(terms.name).strip(),
        "click_parameter": terms.click_parameter,
        "settings": {name: keepable(value) for name, value in terms.settings.items()},
        "pays": terms.pays,
        "timing": terms.timing,
        "base": terms.base,
        "cycles": terms.cycles,
    }
    for name, value in wanted.items():
        if getattr(network, name) != value:
            changed[name] = [getattr(network, name), value]
            setattr(network, name, value)
    given = {name: value for name, value in terms.secrets.items() if value}
    vault = vault_of(session)
    if given and vault is not None:
        before: dict[str, str] = {}
        if network.sealed:
            try:
                before = vault.open(network.id, network.sealed)
            except LockedError:
                before = {}  # no key opens them any more: what is typed now replaces them
        network.sealed = vault.seal(network.id, before | given)
        changed["secrets"] = sorted(given)
    return changed


async def _found(session: AsyncSession, network_id: UUID) -> Network:
    network = await rows.get(session, network_id, lock=True)
    if network is None:
        raise NotFoundError("There is no such network.")
    return network
