"""Plain sentences to operators: what became of what they did."""

from bot.cards.blocks import Message, clean, escaped, rich, section, words

NOTICE_MAX = 2000


def notice(text: str) -> Message:
    """A sentence or two, shown as they are."""
    return escaped(clean(text, NOTICE_MAX)), [rich(section(words(text, NOTICE_MAX, lines=True)))]


STRANGER = (
    "Only reviewers of the affiliate program may do that: people in the operators' channel, or "
    "those named in SLACK_REVIEWERS. Nothing was changed."
)
NOT_FINANCE = (
    "Only finance decides on payouts and tax forms: those named in SLACK_FINANCE or, where that is "
    "not set, the reviewers. Nothing was changed."
)
OTHER_WORKSPACE = (
    "Affiliate Desk belongs to another workspace and takes no orders from here. Nothing was "
    "changed."
)
UNSURE = (
    "Slack did not say who is in the operators' channel, so I cannot tell whether you may do "
    "that. Nothing was changed: try again in a minute."
)
TOO_LATE = (
    "That took longer than the three seconds that Slack allows. Nothing was changed: press the "
    "button once more."
)
AWAY = (
    "The database does not answer right now, so nothing can be looked up or decided. See what it "
    "shows in a minute, and try again."
)


def broken(request_id: str) -> str:
    """What is said when something failed that nobody foresaw."""
    return (
        "Something went wrong here, and it may not be done. It is in the log of Affiliate Desk as "
        f"request {request_id}."
    )
