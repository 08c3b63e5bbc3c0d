"""Everything that is hunted, and how much of a run each is given."""

from typing import Final

from tests.fuzz import files, slack, stripes, vendors, web
from tests.fuzz.hunting import Target

TARGETS: Final = (
    Target("tally", vendors.tally, share=100, few=40),
    Target("clerk", vendors.clerk, share=100, few=40),
    Target("clerk_users", vendors.clerk_users, share=250, few=150),
    Target("stripe_events", stripes.events, share=100, few=40),
    Target("stripe_answers", stripes.answers, share=50, few=30),
    Target("sheets", files.sheets, share=100, few=40),
    Target("users_file", files.users, share=40, few=30),
    Target("routes", web.routes, share=240, few=120),
    Target("slack_typed", slack.typed, share=60, few=40),
    Target("slack_payloads", slack.payloads, share=60, few=0),
    Target("export", files.export, share=10, few=10),
)
