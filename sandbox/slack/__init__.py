"""A Slack workspace of our own: the same API, the same refusals, in the browser and in tests."""

from sandbox.slack.app import slack_app
from sandbox.slack.outcome import Outcome
from sandbox.slack.workspace import SlackWorkspace

__all__ = ["Outcome", "SlackWorkspace", "slack_app"]
