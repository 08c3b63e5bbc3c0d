"""What is kept of people, why and for how long: what pages, exports and tests share."""

from typing import Final

from domain.erasure import ANSWER_DAYS
from domain.privacy_list import LIST
from domain.privacy_terms import PEOPLE
from domain.program import Program

RIGHTS: Final = (
    "Affiliates get everything that is kept about them as a file, at once, from their settings.",
    f"They can ask to be erased there, too. We answer within {ANSWER_DAYS} days.",
    "Everybody else writes to us, and we look what there is.",
)


def sections(program: Program) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """`(whom, [(what, why, until)])`, as the settings are now."""
    return [
        (
            title,
            [(one.what, one.why, one.until(program)) for one in LIST if one.of == whom],
        )
        for whom, title in PEOPLE.items()
    ]
