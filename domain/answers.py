"""From the answers of a form to the fields of an application, by the program's mapping."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.emails import parse_email
from domain.program import Program

_WORDS = re.compile(r"\w+(?:'\w+)?|-", re.UNICODE)
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


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
    terms: dict[str, bool] = field(default_factory=dict)
    extra: list[dict[str, str]] = field(default_factory=list)


def read_answers(answers: Sequence[Answer], program: Program) -> ApplicationFields:
    """Sort answers into fields by their labels (or keys), as `program.field_labels` says.

    Fields choose in the order of the mapping, each taking the first answer that it matches
    and no other field took. Ticked boxes whose label speaks of terms become terms. Nothing
    is dropped: what no field takes is kept in `extra`.
    """
    found = ApplicationFields()
    left = list(answers)
    for name, words in program.field_labels.items():
        if name == "terms":
            continue
        taken = next((a for a in left if a.checked is None and _matches(a, words)), None)
        if taken is not None and taken.text:
            setattr(found, name, taken.text.strip())
            left.remove(taken)
    open_questions = {answer.key for answer in left} | {""}
    terms = [
        answer
        for answer in left
        if answer.checked is not None
        and answer.part_of in open_questions
        and _matches(answer, program.field_labels.get("terms", ()))
    ]
    found.terms = {answer.label: bool(answer.checked) for answer in terms}
    told = {answer.key for answer in terms} | {answer.part_of for answer in terms}
    for answer in left:
        if answer.text and not answer.part_of and answer.key not in told:
            found.extra.append({"label": answer.label or answer.key, "text": answer.text})
    _mend(found)
    return found


def _matches(answer: Answer, words: Sequence[str]) -> bool:
    """Whether the label holds one of the words (whole words, any case), or the key is one."""
    label = " ".join(_WORDS.findall(answer.label.casefold()))
    return any(
        answer.key == word or re.search(rf"\b{re.escape(word.casefold())}", label) for word in words
    )


def _mend(found: ApplicationFields) -> None:
    """Take the address and the link out of where people also type them."""
    if not found.platform_url and (url := _URL.search(found.platform)):
        found.platform_url = url.group()
    if not found.email:
        texts = [extra["text"] for extra in found.extra]
        found.email = next((text for text in texts if parse_email(text)), "")
