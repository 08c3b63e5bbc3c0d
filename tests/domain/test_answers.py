"""From the answers of a form to the fields of an application."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers import Answer, ApplicationFields, read_answers
from domain.program import Program


def read(*rows: tuple[str, str], program: Program | None = None) -> ApplicationFields:
    """Read a form of labels and texts."""
    answers = [Answer(f"question_{n}", label, text) for n, (label, text) in enumerate(rows)]
    return read_answers(answers, program or Program())


class TestFields:
    """Labels decide which answer fills which field."""

    @pytest.mark.parametrize(
        "labels",
        [
            (
                "Legal name",
                "Display or creator name",
                "Email",
                "Main platform",
                "Main link",
                "Audience size",
                "Audience focus",
                "Requested promo code",
                "How will you promote us?",
            ),
            (
                "Your full name (for payouts)",
                "Creator name",
                "What is your e-mail address?",
                "What is your main platform?",
                "Link to your channel or profile",
                "How many followers do you have?",
                "What is your audience about?",
                "Which promo code would you like?",
                "Promotion methods",
            ),
            (
                "LEGAL NAME *",
                "Channel name",
                "E-MAIL",
                "Platform",
                "Website URL",
                "How big is your audience?",
                "Niche",
                "Preferred code",
                "How do you plan to share PropMine?",
            ),
        ],
    )
    def test_common_wordings_are_understood(self, labels: tuple[str, ...]) -> None:
        """Three forms that ask for the same things differently fill the same fields."""
        texts = (
            "Jared Example",
            "Jared Bets",
            "jared@example.com",
            "YouTube",
            "https://youtube.com/@jaredbets",
            "12,000",
            "Player props",
            "JARED30",
            "Videos",
        )
        assert read(*zip(labels, texts, strict=True)) == ApplicationFields(
            legal_name="Jared Example",
            display_name="Jared Bets",
            email="jared@example.com",
            platform="YouTube",
            platform_url="https://youtube.com/@jaredbets",
            audience_size="12,000",
            audience_focus="Player props",
            requested_code="JARED30",
            promotion_methods="Videos",
        )

    def test_a_key_can_be_mapped_where_a_label_cannot(self) -> None:
        """A form in another language is mapped by its questions' keys."""
        program = Program(field_labels={"legal_name": ("question_0",), "email": ("correo",)})
        found = read(("Nombre legal", "Ana"), ("Correo", "ana@example.com"), program=program)
        assert (found.legal_name, found.email, found.extra) == ("Ana", "ana@example.com", [])

    def test_an_empty_answer_leaves_the_field_to_the_next(self) -> None:
        """A question that was skipped does not hide the one that was answered."""
        assert read(("Email", ""), ("Your email again", "j@example.com")).email == "j@example.com"

    def test_each_answer_fills_one_field(self) -> None:
        """The size is not told again as the focus."""
        found = read(("Audience size", "12,000"))
        assert (found.audience_size, found.audience_focus) == ("12,000", "")

    def test_what_is_not_mapped_is_kept_with_its_question(self) -> None:
        """In the order of the form; an answer without a label is known by its key."""
        found = read(("T-shirt size", "XL"), ("", "?"), ("Empty", ""))
        assert found.extra == [
            {"label": "T-shirt size", "text": "XL"},
            {"label": "question_1", "text": "?"},
        ]

    def test_outside_text_stays_as_it_was_typed(self) -> None:
        """Emoji, right-to-left text and HTML are the applicant's words."""
        name = "<b>جاريد</b> 🎰 & 'co'"
        assert read(("Display name", f"  {name} ")).display_name == name

    def test_what_no_database_takes_is_replaced(self) -> None:
        """One bad character does not cost the application."""
        found = read(("Display name", "J\0ared \ud83d"))
        assert found.display_name == "J\N{REPLACEMENT CHARACTER}ared \N{REPLACEMENT CHARACTER}"


class TestEmail:
    """The address decides who somebody is, so it is looked for with care."""

    def test_the_answer_that_is_an_address_is_preferred(self) -> None:
        """A question about a mailing list is not the address."""
        found = read(("Email list size", "4,000"), ("Contact email", "jared@example.com"))
        assert found.email == "jared@example.com"
        assert found.extra == [{"label": "Email list size", "text": "4,000"}]

    def test_words_around_the_address_are_left_out(self) -> None:
        """As it is copied from an address book."""
        assert read(("Email", "Jared <jared@example.com>")).email == "jared@example.com"

    def test_an_answer_that_is_only_an_address_is_one_whatever_was_asked(self) -> None:
        """Two answers that changed places do not make somebody unreachable."""
        found = read(("Email", "Jared"), ("How can we reach you?", "jared@example.com"))
        assert found.email == "jared@example.com"
        assert {"label": "Email", "text": "Jared"} in found.extra

    def test_an_address_in_the_middle_of_a_story_is_somebody_elses(self) -> None:
        """Nobody gets mail because an applicant mentioned them."""
        assert read(("Who sent you?", "my friend bob@example.com told me")).email == ""

    def test_an_unusable_address_is_kept_to_be_shown(self) -> None:
        """The operator sees what was typed."""
        assert read(("Email", "jared at example")).email == "jared at example"


class TestPlatform:
    """Where the audience is: a name and a link, asked for apart or together."""

    @pytest.mark.parametrize(
        ("rows", "platform", "url"),
        [
            ([("Main platform/link", "https://x.com/j")], "", "https://x.com/j"),
            ([("Main platform/link", "YouTube")], "YouTube", ""),
            (
                [("Main platform/link", "YouTube: youtube.com/@j, weekly")],
                "YouTube: youtube.com/@j, weekly",
                "https://youtube.com/@j",
            ),
            ([("Platform", "X (https://x.com/j)")], "X (https://x.com/j)", "https://x.com/j"),
            ([("Platform", "X"), ("Link", "x.com/j")], "X", "https://x.com/j"),
            ([("Platform", "X"), ("Link", "www.example.com.")], "X", "https://www.example.com"),
            (
                [("Platform", "X"), ("Profile", "Tipster"), ("Link", "x.com/j")],
                "X",
                "https://x.com/j",
            ),
            ([("Platform", "jared@example.com")], "jared@example.com", ""),
        ],
    )
    def test_name_and_link_are_told_apart(
        self, rows: list[tuple[str, str]], platform: str, url: str
    ) -> None:
        """The link can be followed; the words are kept as typed."""
        found = read(*rows)
        assert (found.platform, found.platform_url) == (platform, url)

    def test_words_beside_the_link_are_not_lost(self) -> None:
        """Where both fields are filled, the whole answer is kept beside them."""
        found = read(("Platform", "X"), ("Links", "https://x.com/j and https://t.me/j"))
        assert found.platform_url == "https://x.com/j"
        assert found.extra == [{"label": "Links", "text": "https://x.com/j and https://t.me/j"}]


class TestTerms:
    """Each checkbox that speaks of terms is kept with whether it was ticked."""

    def test_single_boxes_are_told_by_their_labels(self) -> None:
        """Ticked or not; a box about something else is an answer like any other."""
        found = read_answers(
            [
                Answer("a", "I agree to the affiliate terms", "yes", checked=True),
                Answer("b", "I will disclose the partnership", "", checked=False),
                Answer("c", "Send me the newsletter", "yes", checked=True),
            ],
            Program(),
        )
        assert found.terms == {
            "I agree to the affiliate terms": True,
            "I will disclose the partnership": False,
        }
        assert found.extra == [{"label": "Send me the newsletter", "text": "yes"}]

    def test_a_group_of_boxes_is_told_once(self) -> None:
        """The group's own row repeats its boxes, so it is not kept beside them."""
        found = read_answers(
            [
                Answer("g", "I agree", "Terms, No spam"),
                Answer("g_1", "I agree (Terms)", "", checked=True, part_of="g"),
                Answer("g_2", "I agree (No spam)", "", checked=False, part_of="g"),
            ],
            Program(),
        )
        assert found.terms == {"I agree (Terms)": True, "I agree (No spam)": False}
        assert found.extra == []

    def test_a_group_that_is_only_partly_about_terms_is_kept_whole(self) -> None:
        """What was ticked besides the terms is not lost."""
        found = read_answers(
            [
                Answer("g", "Checklist", "Terms, Newsletter"),
                Answer("g_1", "Checklist (I accept the terms)", "", checked=True, part_of="g"),
                Answer("g_2", "Checklist (Newsletter)", "", checked=True, part_of="g"),
            ],
            Program(),
        )
        assert found.terms == {"Checklist (I accept the terms)": True}
        assert found.extra == [{"label": "Checklist", "text": "Terms, Newsletter"}]

    def test_the_boxes_of_a_field_are_no_terms(self) -> None:
        """How somebody promotes is one answer, however its boxes are worded."""
        found = read_answers(
            [
                Answer("g", "How will you promote us?", "I will post"),
                Answer("g_1", "How will you promote us? (I will post)", "", True, "g"),
            ],
            Program(),
        )
        assert found.promotion_methods == "I will post"
        assert (found.terms, found.extra) == ({}, [])


LABELS = ["Email", "Legal name", "Platform", "Link", "Audience size", "Code", "Terms", "Other", ""]
WORDS = st.text(st.characters(exclude_characters="@"), max_size=40) | st.just("see x.com/j, b.tv")


@given(st.lists(st.builds(Answer, st.just("q"), st.sampled_from(LABELS), WORDS), max_size=9))
def test_nothing_that_is_sent_raises_or_is_lost(answers: list[Answer]) -> None:
    """Every text of a form is found again, in a field or beside them, whatever the form asks."""
    found = asdict(read_answers(answers, Program()))
    kept = [value for value in found.values() if isinstance(value, str)]
    kept += [extra["text"] for extra in found["extra"]]
    assert {answer.text for answer in answers} <= {*kept, ""}


@pytest.mark.parametrize("text", ["a" * 500_000, "a." * 250_000, "a@" * 250_000, "@ " * 250_000])
def test_a_book_in_one_field_is_read_at_once(text: str) -> None:
    """The largest form that is let in is read whole; were it read in squares, this never ends."""
    found = read(("Email", text), ("Main link", text), ("Other", text))
    assert {"label": "Other", "text": text.strip()} in found.extra


def test_ten_thousand_answers_are_read_at_once() -> None:
    """Nor does one with more rows than anybody asks for."""
    boxes = [Answer(f"g_{n}", f"I agree {n}", "", n % 2 == 0, "g") for n in range(5000)]
    others = [Answer(f"q{n}", f"Question {n}", "x") for n in range(5000)]
    found = read_answers([*boxes, *others], Program())
    assert (len(found.terms), len(found.extra)) == (5000, 5000)
