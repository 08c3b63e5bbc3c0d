"""Block Kit's rules: what Slack refuses about the blocks of a message or a view."""

from sandbox.slack.blocks.surfaces import check_blocks, check_view, elements_of, flat

__all__ = ["check_blocks", "check_view", "elements_of", "flat"]
