"""Slack's Web API methods, a module for each family; importing them fills the table."""

from sandbox.slack.methods import apps, chat, conversations, files, users, views
from sandbox.slack.methods.registry import METHODS, Arguments, Method

__all__ = [
    "METHODS",
    "Arguments",
    "Method",
    "apps",
    "chat",
    "conversations",
    "files",
    "users",
    "views",
]
