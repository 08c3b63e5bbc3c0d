"""The app's manifest: what it may do and what it is told of.

`bot/manifest.yml` is a link to the one at the top, which people give to Slack, so that an
installed package has it too.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

MANIFEST = Path(__file__).with_name("manifest.yml")


@dataclass(frozen=True)
class Manifest:
    """The parts of `manifest.yml` that decide what Slack allows."""

    scopes: frozenset[str]
    commands: dict[str, str]
    """Each slash command with its usage hint."""
    events: frozenset[str]


def read_manifest(path: Path = MANIFEST) -> Manifest:
    """Read a manifest of major version 2. Raises OSError or KeyError when it is not one."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    commands = content["features"].get("slash_commands") or []
    events = content["settings"].get("event_subscriptions") or {}
    return Manifest(
        scopes=frozenset(content["oauth_config"]["scopes"]["bot"]),
        commands={entry["command"]: entry.get("usage_hint", "") for entry in commands},
        events=frozenset(events.get("bot_events") or []),
    )
