"""How the Slack stand-in says no."""

from typing import Any


class Refused(Exception):  # noqa: N818 - reads as what happened: raise Refused("channel_not_found")
    """Slack's answer to a request it does not grant: `{"ok": false, "error": …}`."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.body: dict[str, Any] = {"ok": False, "error": error, **more}


def invalid(error: str, problems: list[str]) -> Refused:
    """A refusal that lists what is wrong, as Slack does for blocks and views."""
    return Refused(
        error,
        errors=problems,
        response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]},
    )
