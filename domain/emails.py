"""Mail addresses: which are usable, and when two spellings are one mailbox."""

import re
from itertools import islice

from email_validator import EmailNotValidError, validate_email

_BETWEEN = re.compile(r"[\s<>()\[\]{},;:\"|]+")


def parse_email(text: str) -> str | None:
    """The address in its normal form, or None if no mail could reach it.

    Only the form is checked; no name server is asked.
    """
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def email_within(text: str) -> str | None:
    """The first usable address in a text such as `Jared <jared@example.com>`, if there is one.

    Only the first few words that could be one are looked at: nobody has more mailboxes.
    """
    words = (word.strip(".!?'") for word in _BETWEEN.split(text) if "@" in word)
    candidates = islice(words, 20)
    return next((email for word in candidates if (email := parse_email(word))), None)


def email_key(email: str) -> str:
    """The spelling by which a person is known: letter case does not matter.

    Plus-tags and dots do: that they reach the same mailbox is a habit of some providers,
    and signing somebody in may not rest on it.
    """
    return email.strip().casefold()
