"""Mail addresses: which are usable, and when two spellings are one mailbox."""

from email_validator import EmailNotValidError, validate_email


def parse_email(text: str) -> str | None:
    """The address in its normal form, or None if no mail could reach it.

    Only the form is checked; no name server is asked.
    """
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def email_key(email: str) -> str:
    """The spelling by which a person is known: letter case does not matter.

    Plus-tags and dots do: that they reach the same mailbox is a habit of some providers,
    and signing somebody in may not rest on it.
    """
    return email.strip().casefold()
