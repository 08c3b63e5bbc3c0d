"""What a post must hold, and what it must not, before it may be published."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from domain.claims import plain, risky_words
from domain.errors import InvalidError
from domain.program import Program
from domain.promo_channels import Channel, addresses

_NUMBER: Final = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|a few)"
_SCARCITY: Final = tuple(
    re.compile(rf"(?<!\w)(?:{words})(?!\w)")
    for words in (
        r"last chance",
        r"(?:act|buy|order|hurry) (?:now|fast|quickly)|hurry(?: up)?",
        r"limited[- ]time|limited (?:offer|places|spots|supply|stock)",
        r"(?:today|tonight|this week) only|only (?:today|tonight|this week)",
        rf"(?:only|just) {_NUMBER} (?:\w+ )?(?:left|remain(?:ing|s)?)",
        rf"{_NUMBER} (?:spots?|places?|seats?|codes?|copies) (?:left|remain(?:ing|s)?)",
        (
            r"(?:ends?|ending|expires?|expiring|runs? out) "
            r"(?:soon|today|tonight|tomorrow|at midnight|in \d+ (?:minutes|hours|days))"
        ),
        r"(?:almost|nearly) (?:gone|sold out)|sell(?:s|ing) out|while (?:supplies|stocks?) lasts?",
        r"before it(?:'s| is) (?:gone|too late)|final hours?|clock is ticking|once in a lifetime",
        r"don't miss out|never (?:again|be this cheap)",
    )
)
_CODE: Final = re.compile(
    r"(?<!\w)(?:promo |discount |coupon )?codes?:? [“\"']?([\w-]{3,40})", re.IGNORECASE
)
_SHOUTED: Final = re.compile(r"(?<![\w-])[A-Z0-9-]{3,40}(?![\w-])")
_ALIKE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Post:
    """A post as it would be published; link, code and disclosure are what it owes."""

    channel: Channel
    title: str
    text: str
    link: str
    code: str
    disclosure: str
    program: Program

    @property
    def own_words(self) -> str:
        """Its title and text without what we put in."""
        return "\n".join((self.title, self.text.replace(self.link, " "))).replace(
            self.disclosure, " "
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one rule; `problem` is a sentence for the author, empty where all is well."""

    rule: str
    problem: str


Rule = Callable[[Post], str]


def _discloses(post: Post) -> str:
    owed, said = plain(post.disclosure), plain(post.text)
    place = said.find(owed)
    if place < 0:
        return f"Put the disclosure back in: “{post.disclosure}”"
    if post.channel.fold and place + len(owed) > max(post.channel.fold, len(owed)):
        return (
            f"Move the disclosure to the beginning: {post.channel.name} shows the first "
            f"{post.channel.fold} characters only, until somebody asks for more."
        )
    return ""


def _links(post: Post) -> str:
    if post.link in addresses(post.text):
        return ""
    return f"Put your link back in, as it is: {post.link}"


def _spells_the_code(post: Post) -> str:
    said = post.own_words
    own = post.code.casefold()
    mine = re.findall(rf"(?<![\w-]){re.escape(post.code)}(?![\w-])", said, re.IGNORECASE)
    named = [word for word in _CODE.findall(said) if word.isupper() or word.casefold() == own]
    alike = [word for word in _SHOUTED.findall(said) if _is_like(word, post.code)]
    wrong = [word for word in (*mine, *named, *alike) if word != post.code]
    return f"Spell your code {post.code}, not {wrong[0]}." if wrong else ""


def _is_like(word: str, code: str) -> bool:
    """Whether a word was probably meant to be the code: a digit or two differ."""
    return SequenceMatcher(None, word, code, autojunk=False).ratio() >= _ALIKE


def _promises_nothing(post: Post) -> str:
    offer = f"{post.program.offer_percent}%"
    words = [word for word in risky_words(post.own_words, post.program) if word != offer]
    listed = ", ".join(f"“{word}”" for word in words)
    return f"Leave out {listed}: promises of results are against the terms." if words else ""


def _invents_no_hurry(post: Post) -> str:
    said = plain(post.own_words)
    for pattern in _SCARCITY:
        if found := pattern.search(said):
            return f"Leave out “{found[0]}”: your offer does not run out, so nobody has to hurry."
    return ""


def _fits(post: Post) -> str:
    if not post.text.strip():
        return "Write something."
    over = post.channel.length(post.text) - post.channel.limit
    if over > 0:
        letters = "character" if over == 1 else "characters"
        return f"Shorten it by {over} {letters}: {post.channel.name} takes {post.channel.limit}."
    return ""


def _has_its_title(post: Post) -> str:
    if post.channel.title and not post.title.strip():
        return f"Write the {post.channel.title.lower()}."
    if len(post.title) > post.channel.title_max:
        name = post.channel.title.lower() or "title"
        return f"Keep the {name} under {post.channel.title_max} characters."
    return ""


_RULES: Final[tuple[tuple[str, Rule], ...]] = (
    ("Says that you earn", _discloses),
    ("Holds your link", _links),
    ("Spells your code right", _spells_the_code),
    ("Promises no results", _promises_nothing),
    ("Invents no hurry", _invents_no_hurry),
    ("Fits the channel", _fits),
)


def check(post: Post) -> tuple[Finding, ...]:
    """Every rule, with what came of it."""
    titled = (("Has a title", _has_its_title),) if post.channel.title else ()
    return tuple(Finding(name, rule(post)) for name, rule in (*_RULES, *titled))


def require_publishable(post: Post) -> None:
    """Raises `InvalidError` with every sentence, unless each rule is kept."""
    problems = [found.problem for found in check(post) if found.problem]
    if problems:
        sentence = " ".join(problems)
        raise InvalidError(sentence, {"text": sentence})
