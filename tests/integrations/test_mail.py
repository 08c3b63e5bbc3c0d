"""A mail cannot be made to carry what its sender did not mean."""

import pytest

from integrations.mail import Mail, checked_key, sender_address


def mail(**changes: object) -> Mail:
    """An ordinary mail, changed."""
    parts = {"to": "ann@example.com", "subject": "Hello", "text": "Hi", "html": "<p>Hi</p>"}
    return Mail(**(parts | changes))  # type: ignore[arg-type] # wrong values are the point


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "a@b@c.example",
        "ann@example.com\nBcc: all@example.com",
        "ann@example.com, bob@example.com",
        "Ann <ann@example.com>",
        "ann@example.com\r",
        "ann @example.com",
    ],
)
def test_an_address_is_one_address(address: str) -> None:
    """A list, a display name or a line break where an address belongs is refused."""
    with pytest.raises(ValueError, match="not one e-mail address"):
        mail(to=address)
    with pytest.raises(ValueError, match="not one e-mail address"):
        mail(reply_to=address)


@pytest.mark.parametrize("address", ["ann+tag@example.com", "o'neil@example.co.uk", "jö@bücher.de"])
def test_real_addresses_are_taken(address: str) -> None:
    """Tags, apostrophes and letters beyond ASCII are ordinary."""
    assert mail(to=address).to == address


def test_a_line_break_in_a_subject_becomes_a_space() -> None:
    """A name with a line break cannot start a header of its own."""
    assert mail(subject="Hi\r\nBcc: x@example.com\x00 😀 ").subject == "Hi Bcc: x@example.com 😀"


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-A\nBcc", "x"), ("X-A", "x\nBcc: y"), ("Bcc", "x@y.z"), ("to", "x@y.z"), ("X A", "x")],
)
def test_a_header_is_one_header(name: str, value: str) -> None:
    """A header can neither add a line nor replace one that the mail decides."""
    with pytest.raises(ValueError, match="cannot be set"):
        mail(headers={name: value})


def test_the_sender_is_an_address_with_or_without_a_name() -> None:
    """MAIL_FROM reads in both forms, and nothing else does."""
    assert sender_address("Desk <desk@example.com>") == ("Desk", "desk@example.com")
    assert sender_address("desk@example.com") == ("", "desk@example.com")
    with pytest.raises(ValueError, match="MAIL_FROM"):
        sender_address("desk")


def test_an_idempotency_key_fits_every_sender() -> None:
    """Up to 256 plain characters pass; an empty, longer or broken key is a mistake of ours."""
    assert checked_key("k" * 256) == "k" * 256
    for bad in ("", "k" * 257, "a\nb", "é"):
        with pytest.raises(ValueError, match="idempotency key"):
            checked_key(bad)
