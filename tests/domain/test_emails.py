import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.emails import email_key, email_within, parse_email


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" jared@example.com\n", "jared@example.com"),
        ("Jared.O'Neil+props@Example.COM", "Jared.O'Neil+props@example.com"),
        ("jörg@bücher.example.com", "jörg@bücher.example.com"),
        ("j@xn--bcher-kva.example.com", "j@bücher.example.com"),
    ],
)
def test_usable_addresses_are_put_into_one_form(text: str, email: str) -> None:
    """Spaces go, the domain is lower case and readable; the mailbox's name stays."""
    assert parse_email(text) == email


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jared",
        "@jaredbets",
        "jared@",
        "jared@localhost",
        "jared@example",
        "a@b.com, c@d.com",
        "Jared <jared@example.com>",
        "jared@example.com\nBcc: all@example.com",
        "j\0@example.com",
        "x" * 250 + "@example.com",
    ],
)
def test_what_no_mail_could_reach_is_refused(text: str) -> None:
    """Nor can a second header be smuggled into a mail."""
    assert parse_email(text) is None


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("jared@example.com", "jared@example.com"),
        ("Jared Example <jared@example.com>", "jared@example.com"),
        ("mailto:jared@example.com", "jared@example.com"),
        ("Write to jared@example.com.", "jared@example.com"),
        ("@jared on X, or 'jared@example.com'!", "jared@example.com"),
        ("old@localhost, new@example.com", "new@example.com"),
        ("@jared", None),
        ("", None),
    ],
)
def test_an_address_is_found_among_other_words(text: str, email: str | None) -> None:
    """The first usable one, without the punctuation around it."""
    assert email_within(text) == email


def test_letter_case_makes_no_second_person() -> None:
    """Dots and plus-tags do: not every provider ignores them."""
    assert email_key(" Jared@Example.com ") == email_key("jared@example.com")
    assert email_key("jared+x@example.com") != email_key("jared@example.com")


@given(st.text(max_size=200))
def test_any_text_can_be_looked_at(text: str) -> None:
    """Whatever is found is usable, and nothing that somebody types raises."""
    found = email_within(text)
    assert found is None or parse_email(found) == found
