"""What a page or program sends to start a checkout, read or refused field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from dashboard.api.fields import known_only, text_of, wrong
from dashboard.api.problems import ProblemError
from dashboard.clicks import host_of
from domain.checkouts import Order
from domain.code_checks import Person, Price
from domain.emails import parse_email
from domain.texts import keepable
from domain.typed_codes import read_codes
from settings import Settings

_LONGEST: Final = {"ref": 100, "email": 254, "customer": 255, "plan": 40}
_FIELDS: Final = frozenset({"code", "codes", "referrer", "success_url", "cancel_url", *_LONGEST})
_SESSION: Final = "{CHECKOUT_SESSION_ID}"
"""What the payment provider replaces in the address that follows a payment."""
_LONGEST_ADDRESS: Final = 2000
_LONGEST_HOST: Final = 253
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order whose price is still to be asked for; `plan` is a slug, empty for none."""

    plan: str
    order: Order


def read_order(given: Mapping[str, Any], settings: Settings, *, trusted: bool) -> Wanted:
    """The order in a JSON object. Only whoever is `trusted` may name a customer.

    Raises `InvalidError` that names the field, `ProblemError` 403.
    """
    known_only(given, _FIELDS)
    one, many = _codes_in(given, "code"), _codes_in(given, "codes")
    typed = split_codes(many if given.get("codes") is not None else one)
    texts = {name: text_of(given, name, longest) for name, longest in _LONGEST.items()}
    email = parse_email(texts["email"]) if texts["email"] else ""
    if email is None:
        raise wrong("email", "This is no mail address.")
    if texts["customer"] and not trusted:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "A customer can be named with the product's token only: "
            "Authorization: Bearer PRODUCT_API_TOKEN.",
        )
    order = Order(
        Price(texts["plan"], "", "", 0),
        Person(email, texts["customer"]),
        read_codes(typed) if any(code.strip() for code in typed) else (),
        ref=texts["ref"].upper(),
        referrer=_host(given.get("referrer")),
        success_url=_address(given, "success_url", settings)
        or f"{settings.public_url}/pricing?checkout={_SESSION}",
        cancel_url=_address(given, "cancel_url", settings) or f"{settings.public_url}/pricing",
    )
    return Wanted(texts["plan"], order)


def _codes_in(given: Mapping[str, Any], name: str) -> list[str]:
    """A text, or a list of them; none where nothing is given. Raises `InvalidError`."""
    value = given.get(name)
    listed = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(listed, list) or not all(isinstance(code, str) for code in listed):
        raise wrong(name, "Send the codes as a list of texts.")
    return listed


def split_codes(codes: list[str]) -> list[str]:
    """Codes that may have commas between them."""
    return [part for text in codes for part in text.split(",")]


def _address(given: Mapping[str, Any], name: str, settings: Settings) -> str:
    """An address to return to, which has to be the product's or ours: nobody borrows our name."""
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS or not value.isprintable():
        raise wrong(name, f"Send an address of at most {_LONGEST_ADDRESS} characters.")
    if not value:
        return ""
    ours = {_origin(settings.product_url), _origin(settings.public_url)} - {""}
    if _origin(value) not in ours or "\\" in value:
        raise wrong(name, f"Customers can be led back to {' or '.join(sorted(ours))} only.")
    return value


def _origin(address: str) -> str:
    """The origin of an address as browsers write it; empty for nonsense."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (
        f":{port}" if port not in {None, _PORTS[parts.scheme]} else ""
    )


def _host(referrer: object) -> str:
    """The host of an address, or of a host by itself.

    Empty for nonsense: what a browser makes of it must not keep anybody from paying.
    """
    text = keepable(referrer) if isinstance(referrer, str) else ""
    return host_of(text if "//" in text else f"//{text}")[:_LONGEST_HOST]
