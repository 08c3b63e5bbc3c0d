"""What goes wrong in a way that a person can mend. Each error is a sentence for them."""


class DomainError(Exception):
    """Base of all; its text says what to do, and is shown as it is.

    Slack shows it as an ephemeral message, a page as a form error, the API as problem+json.
    """


class NotFoundError(DomainError):
    """The thing asked for does not exist (any more)."""


class InvalidError(DomainError):
    """Something typed in cannot be used. `fields` maps field names to what is wrong."""

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


class ConflictError(DomainError):
    """It was decided or changed meanwhile."""


class NotAllowedError(DomainError):
    """This person may not do that."""
