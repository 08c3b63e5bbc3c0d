"""Promo codes: what makes one good, and a better one where it is not."""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.code_words import HARMLESS, OFFENSIVE
from domain.effects import update_promotion_code
from domain.errors import InvalidError
from domain.program import Program
from storage import affiliates as affiliate_rows
from storage import codes as rows
from storage import links
from storage.codes import ACTIVE, PAUSED, DiscountCode
from storage.locks import take_turn

SHORTEST = 3
CAMPAIGN_LENGTH = 40
RANDOM_LETTERS = 6
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without those that people mix up when they read a code aloud or from paper."""
_ALLOWED = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_LOOKALIKES = str.maketrans("0134578", "OIEASTB")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a code: `problem` is a sentence, empty when the code is good.

    `suggestion` is a good and free code where one could be made, otherwise empty.
    """

    code: str
    problem: str = ""
    suggestion: str = ""

    @property
    def advice(self) -> str:
        """The problem, and the better code where there is one."""
        return f"{self.problem} {better_code(self.suggestion)}".strip()

    def require_good(self) -> None:
        """Raise `InvalidError` with the advice if the code cannot be used."""
        if self.problem:
            raise InvalidError(self.advice, {"code": self.advice})


def better_code(suggestion: str) -> str:
    """A suggested code as a sentence; empty without one."""
    return f"{suggestion} would work." if suggestion else ""


def problem_with(code: str, program: Program, *, campaign: bool = False) -> str:
    """Why a code as typed cannot be used, as a sentence; empty if it can.

    The code of a campaign may be longer than one that an affiliate says aloud, and as generic as
    its operator wants. Whether it is taken is another question: see `judge`.
    """
    longest = CAMPAIGN_LENGTH if campaign else program.code_max_length
    checks = (
        (not code, "Type a code."),
        (any(c.isspace() for c in code), "A code has no spaces."),
        (code != code.upper(), "A code is written in upper case."),
        (len(code) < SHORTEST, f"A code has at least {SHORTEST} characters."),
        (
            len(code) > longest,
            f"A code is short: at most {longest} characters.",
        ),
        (
            not _ALLOWED.fullmatch(code),
            "A code is made of the letters A to Z, digits, and single dashes between them.",
        ),
        (
            not campaign and _is_generic(code, program),
            f"{code} is too generic: anybody would guess it. Use the affiliate's name.",
        ),
        (_is_offensive(code, program), f"{code} could be read as offensive."),
    )
    return next((sentence for fails, sentence in checks if fails), "")


def _is_generic(code: str, program: Program) -> bool:
    """Whether it is one of the generic words, also with digits or dashes around it."""
    generic = {word.upper() for word in program.generic_codes}
    return code in generic or re.sub(r"[-0-9]", "", code) in generic


def _is_offensive(code: str, program: Program) -> bool:
    plain = code.replace("-", "")
    for harmless in HARMLESS:
        plain = plain.replace(harmless, " ")
    readings = (plain, plain.translate(_LOOKALIKES))
    banned = (*OFFENSIVE, *(word.upper() for word in program.banned_code_words))
    return any(word in reading for word in banned for reading in readings)


def tidy(text: str) -> str:
    """The nearest thing to `text` that has only characters a code may have."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", "", plain.upper())


async def judge(
    session: AsyncSession,
    code: str,
    program: Program,
    *,
    name: str = "",
    also_taken: str = "",
    campaign: bool = False,
) -> Verdict:
    """Check a code against the rules and the codes that exist here, offering a better one.

    `name` is the affiliate's, for suggestions; `also_taken` is a code that is known to be
    taken elsewhere. `campaign` as in `problem_with`.
    """
    problem = problem_with(code, program, campaign=campaign)
    if not problem and (code == also_taken or await taken(session, {code})):
        problem = f"{code} is taken already."
    if not problem:
        return Verdict(code)
    return Verdict(code, problem, await _suggest(session, code, program, name, also_taken))


def good_codes_like(code: str, name: str, program: Program) -> list[str]:
    """Codes that the rules allow, near to the one asked for and the person's name, best first."""
    offer, room = str(program.offer_percent), program.code_max_length
    words = name.split()
    stems = [tidy(code), *(tidy(part) for part in (*words[:1], name, *words[-1:]))]
    # What is too long for a code was a sentence, or a name too many: it comes last.
    stems.sort(key=lambda stem: len(stem) > room)
    candidates: list[str] = []
    for stem in filter(None, stems):
        bare = stem.rstrip("0123456789") or stem
        candidates += [stem[:room], bare[: room - len(offer)] + offer]
        candidates += [f"{bare[: room - 2]}{number}" for number in range(2, 30)]
    return [c for c in dict.fromkeys(candidates) if not problem_with(c, program)]


async def _suggest(
    session: AsyncSession, code: str, program: Program, name: str, also_taken: str
) -> str:
    good = good_codes_like(code, name, program)
    gone = await taken(session, set(good)) | {also_taken}
    return next((candidate for candidate in good if candidate not in gone), "")


async def taken(session: AsyncSession, candidates: set[str]) -> set[str]:
    """Which of these somebody has here: as a code, as a link, or in a public id."""
    references = {f"aff_{code}": code for code in candidates}
    in_references = await affiliate_rows.references_taken(session, set(references))
    return (
        await rows.taken(session, candidates)
        | await links.taken(session, candidates)
        | {references[reference] for reference in in_references}
    )


async def free_words(session: AsyncSession, prefix: str, count: int) -> list[str]:
    """Words that nobody has, in random order; a guess at one tells nothing of the others."""
    words: set[str] = set()
    while len(words) < count:
        more = {
            f"{prefix}-{''.join(secrets.choice(_LETTERS) for _ in range(RANDOM_LETTERS))}"
            for _ in range(count - len(words))
        }
        words |= more - await taken(session, more)
    return sorted(words)


async def require_good(
    session: AsyncSession,
    code: str,
    program: Program,
    *,
    name: str = "",
    campaign: bool = False,
) -> str:
    """The code, if the rules allow it and it is free here; otherwise `InvalidError`.

    Until the transaction ends nobody else gets the same code.
    """
    await take_turn(session, f"code:{code}")
    verdict = await judge(session, code, program, name=name, campaign=campaign)
    verdict.require_good()
    return code


async def create_for_affiliate(
    session: AsyncSession, affiliate_id: UUID, code: str, program: Program, created_by: str
) -> DiscountCode:
    """Make an affiliate's promo code with the program's customer offer."""
    made = DiscountCode(
        code=code,
        description="Affiliate promo code",
        discount_value=program.offer_percent,
        affiliate_user_id=affiliate_id,
        created_by=created_by,
    )
    session.add(made)
    await session.flush()
    await update_promotion_code(session, made.id)
    return made


async def set_honoured(session: AsyncSession, affiliate_id: UUID, *, honoured: bool) -> None:
    """Let an affiliate's codes work at checkout, or stop them."""
    wanted = ACTIVE if honoured else PAUSED
    for code in await rows.of_affiliate(session, affiliate_id):
        if code.status in {ACTIVE, PAUSED} and code.status != wanted:
            code.status = wanted
            code.updated_at = clock.now()
            session.add(code)
            await session.flush()
            await update_promotion_code(session, code.id)
