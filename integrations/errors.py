"""What can go wrong with an outside service, told apart by what to do next."""


class TransportError(Exception):
    """An outside service did not do what was asked.

    `permanent` parts "stop, a person must look" (True) from "try again later" (False).
    `retry_after` is the service's own wish in seconds, where it named one.
    `code` is the service's machine-readable word for the error, where it gave one.
    The message is shown to operators and logged: it never holds a secret.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
        self.code = code
