"""Why a webhook is turned away before it is stored: it proves nothing, or it says nothing.

The verifiers of every vendor raise these two, and `webhooks/app.py` answers them. The message
is for the log: it never holds the secret, the signature or the body.
"""


class BadSignature(Exception):  # noqa: N818 - named for what arrived, as the answers are
    """The request does not prove that it comes from the vendor: absent, wrong or too old."""


class MalformedBody(Exception):  # noqa: N818 - named for what arrived, as the answers are
    """The request is genuine, but its body is not the JSON that the vendor documents."""
