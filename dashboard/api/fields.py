"""Single fields of what programs send, each read or refused by its name."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from dashboard.clicks import host_of
from domain.errors import InvalidError
from domain.links import page_of
from domain.texts import keepable

TEXT_MAX: Final = 255
ADDRESS_MAX: Final = 2000


def known_only(given: Mapping[str, Any], names: frozenset[str]) -> None:
    """Raise `InvalidError` for a field that is none of these."""
    if unknown := given.keys() - names:
        name = keepable(min(unknown))[:TEXT_MAX]
        raise InvalidError(f"There is no field {name}.", {name: "There is no such field."})


def text_of(given: Mapping[str, Any], name: str, longest: int = TEXT_MAX) -> str:
    """A text; empty where none is given. Raises `InvalidError`."""
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise wrong(name, f"Send a text of at most {longest} characters.")
    return keepable(value).strip()


def page_in(given: Mapping[str, Any]) -> str:
    """The path of `landing_page`, without its query. Raises `InvalidError`."""
    text = text_of(given, "landing_page", ADDRESS_MAX)
    try:
        return page_of(text) if text else ""
    except ValueError:
        raise wrong("landing_page", "Send a path like /pricing.") from None


def host_in(given: Mapping[str, Any]) -> str:
    """The host of the `referrer`, which may be an address or a host. Raises `InvalidError`."""
    text = text_of(given, "referrer", ADDRESS_MAX)
    return host_of(text if "//" in text else f"//{text}")


def utm_in(given: Mapping[str, Any]) -> dict[str, str]:
    """The UTM parameters. Raises `InvalidError`."""
    utm = given.get("utm") or {}
    if not isinstance(utm, dict) or not all(isinstance(one, str) for one in utm.values()):
        raise wrong("utm", "Send an object of texts.")
    return utm


def network_clicks_in(given: Mapping[str, Any]) -> dict[str, str]:
    """The click ids of affiliate networks, by the parameter that each came in. Raises."""
    named = given.get("network_clicks") or {}
    if not isinstance(named, dict) or not all(isinstance(one, str) for one in named.values()):
        raise wrong("network_clicks", "Send an object of texts.")
    return named


def moment_of(given: Mapping[str, Any], name: str) -> datetime | None:
    """A moment in UTC, None where none is given. Raises `InvalidError`."""
    text = text_of(given, name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong(name, "Send a time like 2026-11-05T12:00:00Z.") from None
    if moment.tzinfo is None:
        raise wrong(name, "Say in which time zone: 2026-11-05T12:00:00Z.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise wrong(name, "No calendar has this moment in UTC.") from None


def wrong(name: str, sentence: str) -> InvalidError:
    """The error of one field."""
    return InvalidError(sentence, {name: sentence})
