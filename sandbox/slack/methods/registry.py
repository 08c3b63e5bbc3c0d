"""The table of Web API methods: what each needs, and what does it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.slack.errors import Refused
from sandbox.slack.state import Json

if TYPE_CHECKING:
    from sandbox.slack.workspace import SlackWorkspace


class Arguments(dict[str, Any]):
    """A call's arguments, which arrive as JSON, as form fields, or in the address."""

    def text(self, name: str, *, otherwise: str = "invalid_arguments") -> str:
        """A required string. Raises `Refused(otherwise)` when it is missing."""
        value = self.get(name)
        if value is None or value == "":
            raise Refused(otherwise)
        return str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean, which a form writes as `true` or `1`."""
        value = self.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """A whole number. Raises `Refused("invalid_arguments")`."""
        try:
            return int(self.get(name, default))
        except (TypeError, ValueError) as error:
            raise Refused("invalid_arguments") from error

    def json(self, name: str, *, otherwise: str = "invalid_arguments") -> Any:
        """A JSON value, which a form carries as a string. Raises `Refused(otherwise)`."""
        value = self.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise Refused(otherwise) from error


Handler = Callable[["SlackWorkspace", Arguments], Json]


@dataclass(frozen=True)
class Method:
    """One Web API method; any one of `scopes` opens it, none means it is open to every token."""

    name: str
    scopes: tuple[str, ...]
    handler: Handler
    app_level: bool


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, app_level: bool = False) -> Callable[[Handler], Handler]:
    """Put a handler into the table under its Slack name.

    Scopes are those of https://docs.slack.dev/reference/methods.
    """

    def put(handler: Handler) -> Handler:
        METHODS[name] = Method(name, scopes, handler, app_level)
        return handler

    return put


def need(ws: "SlackWorkspace", *scopes: str) -> None:
    """Refuse with `missing_scope` unless the manifest has one of these scopes."""
    if scopes and not ws.manifest.scopes.intersection(scopes):
        provided = ",".join(sorted(ws.manifest.scopes))
        raise Refused("missing_scope", needed=",".join(scopes), provided=provided)
