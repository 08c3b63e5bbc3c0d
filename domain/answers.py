"""From the answers of a form to the fields of an application, by the program's mapping."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from domain.emails import email_within, parse_email
from domain.program import Program
from domain.texts import keepable

_URL = re.compile(
    r"https?://[^\s<>\"]+|(?<![@\w.-])[\w-]+(\.[\w-]+)*\.[a-z]{2,}\b(?!@)[^\s<>\"]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a form. `text` is readable; `checked` is set for a single checkbox.

    `part_of` is the key of the question whose answer this checkbox repeats, if it does.
    """

    key: str
    label: str
    text: str
    checked: bool | None = None
    part_of: str = ""

    def __post_init__(self) -> None:
        for name in ("key", "label", "text", "part_of"):
            object.__setattr__(self, name, keepable(getattr(self, name)).strip())


@dataclass(slots=True)
class ApplicationFields:
    """What an application holds, as far as a form gave it; `extra` is everything else."""

    email: str = ""
    legal_name: str = ""
    display_name: str = ""
    platform: str = ""
    platform_url: str = ""
    audience_size: str = ""
    audience_focus: str = ""
    requested_code: str = ""
    promotion_methods: str = ""
    recruited_by: str = ""
    terms: dict[str, bool] = field(default_factory=dict)
    extra: list[dict[str, str]] = field(default_factory=list)

    def keep(self, answer: Answer) -> None:
        """Put an answer that no field takes beside them."""
        self.extra.append({"label": answer.label or answer.key, "text": answer.text})


def read_answers(answers: Sequence[Answer], program: Program) -> ApplicationFields:
    """Sort answers into fields by their labels (or keys), as `program.field_labels` says.

    Fields choose in the order of the mapping, each among the answers that it matches and no
    other field took: the first that looks like one (an address, a link), or else the first.
    Single checkboxes whose label speaks of terms become terms. Nothing is dropped: what no
    field takes is kept in `extra`.
    """
    found = ApplicationFields()
    taken = _take(answers, program)
    for name, answer in taken.items():
        setattr(found, name, answer.text)
    fields = {answer.key for answer in taken.values()} - {""}
    boxes = [
        answer
        for answer in answers
        if answer.checked is not None
        and answer.part_of not in fields
        and _matches(answer, program.field_labels["terms"])
    ]
    found.terms = {box.label: bool(box.checked) for box in boxes}
    told = {*taken.values(), *boxes}
    # A group of boxes is told by its boxes, if each of them is one of the terms.
    groups = {box.part_of for box in boxes} - {a.part_of for a in answers if a not in told} - {""}
    for answer in answers:
        if answer.text and not answer.part_of and answer not in told and answer.key not in groups:
            found.keep(answer)
    _mend_email(found, taken.get("email"))
    _mend_link(found, taken.get("platform_url"))
    return found


def _take(answers: Sequence[Answer], program: Program) -> dict[str, Answer]:
    """The answer that each field takes."""
    taken: dict[str, Answer] = {}
    left = [answer for answer in answers if answer.checked is None and answer.text]
    for name, words in program.field_labels.items():
        matching = [answer for answer in left if name != "terms" and _matches(answer, words)]
        if matching:
            suits = _LOOKS_RIGHT.get(name, bool)
            taken[name] = next((a for a in matching if suits(a.text)), matching[0])
            left.remove(taken[name])
    return taken


def _matches(answer: Answer, words: Sequence[str]) -> bool:
    """Whether a word of the label begins with one of these (any case), or the key is one."""
    label = " ".join(answer.label.casefold().split())
    return any(
        answer.key == word or re.search(rf"\b{re.escape(word.casefold())}", label) for word in words
    )


def _has_link(text: str) -> bool:
    return _URL.search(text) is not None


def _has_email(text: str) -> bool:
    return email_within(text) is not None


_LOOKS_RIGHT: dict[str, Callable[[str], bool]] = {"email": _has_email, "platform_url": _has_link}


def _mend_email(found: ApplicationFields, answer: Answer | None) -> None:
    """Take the address out of the words around it, or from where it stands by itself.

    Only there: an address in the middle of another answer may be somebody else's.
    """
    if inside := email_within(found.email):
        found.email = inside
        return
    alone = next((extra["text"] for extra in found.extra if parse_email(extra["text"])), None)
    if alone is not None:
        found.email = alone
        if answer is not None:
            found.keep(answer)


def _mend_link(found: ApplicationFields, answer: Answer | None) -> None:
    """Part the platform's name from its link where one answer holds both."""
    match = _URL.search(found.platform_url) or _URL.search(found.platform)
    link = match.group().rstrip(".,;:!?)") if match else ""
    found.platform_url = link if not link or "://" in link else f"https://{link}"
    if answer is not None and answer.text != link:
        if found.platform:
            found.keep(answer)
        else:
            found.platform = answer.text
