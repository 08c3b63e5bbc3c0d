"""Texts of mails: their marks, their blanks, and what is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.drip_defaults import DEFAULTS
from domain.drip_texts import (
    BODY_MAX,
    WORDS,
    Block,
    Span,
    Text,
    checked,
    fill,
    fill_blocks,
    parse,
)
from domain.drips import STEPS
from domain.errors import InvalidError

GOOD = Text("Hello {name}", "A line", "Hello.\n\n[Go]({dashboard})")


def _kinds(body: str) -> list[str]:
    return [block.kind for block in parse(body)]


def test_every_mark() -> None:
    """Each kind of block, with or without a blank line between them."""
    body = """Hello {name},
how are you?

# A heading
- one
- **two**

1. first
2) second

> copy this
> and this

{figures}
[Go]({links})

See [the page]({sources}) now."""
    assert _kinds(body) == [
        *("text", "heading", "list", "steps", "box", "figures", "button", "text"),
    ]
    blocks = parse(body)
    assert blocks[0].lines == ((Span("Hello {name},"),), (Span("how are you?"),))
    assert blocks[2].lines[1] == (Span("two", bold=True),)
    assert blocks[3].lines == ((Span("first"),), (Span("second"),))
    assert blocks[6] == Block("button", ((Span("Go", to="{links}"),),))
    assert blocks[7].lines[0] == (Span("See "), Span("the page", to="{sources}"), Span(" now."))


def test_what_is_filled_in_is_no_mark() -> None:
    """A name like a link or a blank stays a name."""
    name = "**A** [x](https://evil.example) {code}"
    filled = fill_blocks(parse("Hello {name}!"), {"name": name, "code": "SECRET"})
    assert filled == (Block("text", ((Span(f"Hello {name}!"),),)),)
    assert fill("{name} {other}", {"name": name}) == f"{name} {{other}}"


@given(st.text(max_size=400))
def test_nothing_typed_breaks_the_reader(body: str) -> None:
    """Whatever is typed, every block has words in every line."""
    for block in parse(body):
        assert block.lines
        assert all(span.text for line in block.lines for span in line)


def test_the_ready_made_texts_are_good() -> None:
    """There is one for each step, and each would pass if an operator typed it."""
    assert list(DEFAULTS) == [step.name for step in STEPS]
    for text in DEFAULTS.values():
        assert checked(text) == text
    assert "figures" in _kinds(DEFAULTS["report"].body)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("subject", " ", "Write something"),
        ("subject", "x" * 151, "At most 150"),
        ("subject", "Hello {nmae}", "{nmae} cannot be filled in"),
        ("subject", "two\nlines", "one line"),
        ("subject", "Your {figures}", "has its place"),
        ("preheader", "x" * 201, "At most 200"),
        ("body", "", "Write something"),
        ("body", "x" * (BODY_MAX + 1), "At most 3000"),
        ("body", "Hello {nmae}", "{nmae} cannot be filled in"),
        ("body", "Hello {}", "{} cannot be filled in"),
        ("body", "Here: {figures}", "line of its own"),
        ("body", "[x](http://example.com)", "has to lead to"),
        ("body", "[x](javascript:alert(1))", "has to lead to"),
        ("body", "[x]({name})", "has to lead to"),
        ("body", "[x](https://evil.example/{code})", "has to lead to"),
        ("body", "[x](https://[bad)", "has to lead to"),
    ],
)
def test_what_is_refused(field: str, value: str, says: str) -> None:
    """A slip would be mailed to everybody, so each is named by its field."""
    with pytest.raises(InvalidError) as caught:
        checked(replace(GOOD, **{field: value}))
    assert list(caught.value.fields) == [field]
    assert says in caught.value.fields[field]


def test_what_no_database_takes_is_replaced() -> None:
    """A NUL in a text is kept as a replacement character."""
    assert checked(replace(GOOD, subject="a\x00b")).subject == "a\N{REPLACEMENT CHARACTER}b"
    assert "figures" in WORDS
