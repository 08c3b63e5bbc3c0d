"""Promo codes of affiliates who are brought over: their own where it can be, else a like one."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import codes
from domain.codes import CAMPAIGN_LENGTH, SHORTEST
from domain.program import Program
from storage.staging import NEW, ODD, Staging

_SHAPE: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_AT_ONCE: Final = 100


async def choose(session: AsyncSession, staging: Staging, program: Program) -> None:
    """Give each new affiliate a promo code that is free, or say why their own cannot be kept."""
    query = (
        "SELECT n, code, email, name, COALESCE((SELECT ref FROM links WHERE owner = affiliates.n"
        " AND fate = 'new' ORDER BY links.n LIMIT 1), '') FROM affiliates WHERE fate = ? ORDER BY n"
    )
    for part in staging.parts(query, [NEW], size=_AT_ONCE):
        wanted = {row[0]: list(dict.fromkeys(_wanted(row, program))) for row in part}
        gone = await codes.taken(session, {word for words in wanted.values() for word in words})
        for n, code, email, name, ref in part:
            if code:
                _keep(staging, n, code, gone)
                continue
            free = next((w for w in wanted[n] if w not in gone and _claim(staging, w, n)), "")
            if not free:
                free = await _any(session, staging, n, [name, ref, email], program)
            _set(staging, n, free)


def _wanted(row: Sequence[Any], program: Program) -> Iterator[str]:
    """The codes that would suit, the best first."""
    _, code, email, name, ref = row
    if code:
        yield code
        return
    for text in (ref, codes.tidy(ref), codes.tidy(name), codes.tidy(email.partition("@")[0])):
        if text and not codes.problem_with(text, program):
            yield text


def _keep(staging: Staging, n: int, code: str, gone: set[str]) -> None:
    """Keep the code that customers know, or tell why that cannot be."""
    why = ""
    if not _SHAPE.fullmatch(code) or not SHORTEST <= len(code) <= CAMPAIGN_LENGTH:
        why = f"“{code[:50]}” cannot be a code here: letters A to Z, digits and single dashes."
    elif code in gone:
        why = f"The code {code} is taken here already."
    elif not _claim(staging, code, n):
        why = f"Further up the code {code} is of another one."
    if why:
        staging.run("UPDATE affiliates SET fate = ?, why = ? WHERE n = ?", [ODD, why, n])
    else:
        _set(staging, n, code)


def _set(staging: Staging, n: int, word: str) -> None:
    staging.run("UPDATE affiliates SET word = ? WHERE n = ?", [word, n])


def _claim(staging: Staging, word: str, n: int) -> bool:
    """Take a word, unless it is somebody else's in these files."""
    staging.run("INSERT OR IGNORE INTO words VALUES (?, ?)", [word, n])
    found = staging.one("SELECT n FROM words WHERE word = ?", [word])
    return found is not None and found[0] == n


async def _any(
    session: AsyncSession, staging: Staging, n: int, texts: Sequence[str], program: Program
) -> str:
    """Any free code that is like one of these texts; a number makes the last one free."""
    name, ref, email = texts
    like = codes.good_codes_like(ref or email.partition("@")[0], name, program)
    gone = await codes.taken(session, set(like))
    for word in like:
        if word not in gone and _claim(staging, word, n):
            return word
    for word in await codes.free_words(session, "AFF", 5):
        if _claim(staging, word, n):
            return word
    raise AssertionError("five random words were all taken")
