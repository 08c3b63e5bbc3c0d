"""The built-in words of posts: for each channel and tone, several that say the same honestly.

None claims what only its author can know (that they use the product, or what it did for them);
that is what their own words are for.
"""

from collections.abc import Iterator
from itertools import product as combinations
from typing import Final

from domain.promo_channels import Channel

Texts = tuple[str, ...]

_SHORT: Final[dict[str, Texts]] = {
    "friendly": (
        (
            "Curious about {product}? Have a look in peace. If it suits you, my code {code} takes "
            "{offer} off your first purchase."
        ),
        "Something to pass on: {offer} off your first {product} purchase with my code {code}.",
        (
            "Thinking about {product}? Ask me what you want to know. And if you go for it, {code} "
            "takes {offer} off your first purchase."
        ),
    ),
    "expert": (
        (
            "Before you pay for {product}, compare its plans with what you need. If one fits, code "
            "{code} takes {offer} off the first purchase."
        ),
        (
            "My advice on {product}: begin with the smallest plan that does the job. Code {code} "
            "takes {offer} off that first purchase."
        ),
        (
            "Two questions before you buy {product}: what for, and how often? Then choose the "
            "plan. {code}: {offer} off the first purchase."
        ),
    ),
    "playful": (
        (
            "You bring the curiosity, I bring the code: {code} takes {offer} off your first "
            "{product} purchase."
        ),
        (
            "My share of your {product} budget: {offer} of the first purchase. The magic word is "
            "{code}."
        ),
        (
            "Not quite a spell, but close: type {code}, and your first {product} purchase costs "
            "{offer} less."
        ),
    ),
    "urgent": (
        (
            "Going to buy {product} anyway? Enter {code} before you pay: {offer} off, and it "
            "counts for first purchases only."
        ),
        "Your first {product} purchase comes once. Take the {offer} off with it: code {code}.",
        (
            "Do not pay the full price for your first {product} purchase: {code} takes {offer} "
            "off. No rush, just do not forget it."
        ),
    ),
}

_OPENERS: Final[dict[str, Texts]] = {
    "friendly": (
        "If you have been thinking about {product}, this is for you.",
        "Something I like to pass on: {offer} off your first {product} purchase.",
        "Let me make the start with {product} a little cheaper for you.",
    ),
    "expert": (
        "How I would decide whether {product} is for you:",
        "What to look at before you pay for {product}:",
        "A very short buyer's guide to {product}:",
    ),
    "playful": (
        "You bring the curiosity, I bring the code.",
        "Somewhere between a recommendation and a high five: {product}.",
        "Plot twist: your first {product} purchase just got cheaper.",
    ),
    "urgent": (
        "Is {product} on your list already? Read this before you pay.",
        "Your first {product} purchase comes once. Make it the cheaper one.",
        "About to buy {product}? Take ten seconds for this first.",
    ),
}

_BODIES: Final[dict[str, Texts]] = {
    "linkedin": (
        (
            "• Which job should it do for you?\n"
            "• How often will you really use it?\n"
            "• Which plan covers that, and nothing more?"
        ),
        (
            "Look at what it does, hold it against what you need, and begin with a small plan. "
            "Whether it has earned its place, you decide before it renews."
        ),
    ),
    "instagram": (
        (
            "1. Open the page and look around.\n"
            "2. Choose the plan that suits you.\n"
            "3. Type the code when you pay."
        ),
        (
            "Have a look when you have a quiet minute. If it is for you, type the code when you "
            "pay, and the price goes down right there."
        ),
    ),
    "facebook": (
        (
            "Have a look around first; the page shows every plan with its price. Do you have a "
            "question? Put it in the comments, and I will answer what I can."
        ),
        (
            "It is not for everybody, and that is fine. If it is for you, the code makes the "
            "beginning cheaper. Tell me in the comments what you think of it."
        ),
    ),
    "reddit": (
        (
            "I have an interest in this, so please read other people's reviews as well, and "
            "compare it with what you use now. Critical questions are welcome in the comments."
        ),
        (
            "Look at the plans and prices first, and think about how often you would use it. I am "
            "happy to answer what I can in the comments, also where it falls short."
        ),
    ),
    "newsletter": (
        (
            "Behind the link you find what it does, and every plan with its price. Compare, take "
            "your time, and begin with the smallest plan that does what you need.\n\n"
            "Do you want to know something before you buy? Answer this mail, and I will tell you "
            "what I know."
        ),
        (
            "Three questions help to decide:\n\n"
            "1. What should it do for you?\n"
            "2. How often would you use it?\n"
            "3. Which plan covers that, and nothing more?\n\n"
            "If you cannot answer the first one, keep your money. If you can, have a look."
        ),
    ),
    "youtube": (
        (
            "Plans and prices are behind the link. Choose one, type the code when you pay, and the "
            "discount comes off there."
        ),
        "• Product: {product}\n• Code: {code}\n• What it does: {offer} off your first purchase",
    ),
}

_CLOSERS: Final[dict[str, Texts]] = {
    "friendly": (
        "My code {code} takes {offer} off your first purchase.",
        "With my code {code}, your first purchase costs {offer} less.",
    ),
    "expert": (
        "If it fits: code {code} takes {offer} off the first purchase.",
        "For the first purchase, code {code} takes {offer} off the price.",
    ),
    "playful": (
        "The magic word is {code}: {offer} off your first purchase.",
        "Type {code} and wave goodbye to {offer} of your first bill.",
    ),
    "urgent": (
        "Enter {code} before you pay: {offer} off, and it counts for first purchases only.",
        "The discount is for first purchases, so take it with yours: {code}, {offer} off.",
    ),
}

_TITLES: Final[dict[str, dict[str, Texts]]] = {
    "newsletter": {
        "friendly": ("{offer} off {product}, if you like", "For you: {offer} off {product}"),
        "expert": ("Is {product} for you?", "Before you pay for {product}"),
        "playful": ("The magic word is {code}", "I bring the code: {offer} off {product}"),
        "urgent": ("Read this before you buy {product}", "Your first {product} purchase"),
    },
    "reddit": {
        "friendly": ("{product}: {offer} off the first purchase (affiliate code)",),
        "expert": ("How to decide on {product}, and an affiliate code for {offer} off",),
        "playful": ("I bring the code: {offer} off {product} (affiliate)",),
        "urgent": ("Before you buy {product}: {offer} off the first purchase (affiliate code)",),
    },
}


def texts(channel: Channel, tone: str, seed: int) -> Iterator[tuple[str, list[str]]]:
    """Every title and text, as paragraphs, with its blanks; each seed begins with another."""
    titles = _TITLES.get(channel.slug, {}).get(tone, ("",))
    if channel.slug not in _BODIES:
        made = [[text] for text in _SHORT[tone]]
    else:
        parts = (_CLOSERS[tone], _BODIES[channel.slug], _OPENERS[tone])
        made = [
            [*_greeting(channel), opener, body, closer]
            for closer, body, opener in combinations(*parts)
        ]
    for number in range(len(made)):
        turn = seed + number
        yield titles[turn % len(titles)], made[turn % len(made)]


def _greeting(channel: Channel) -> Texts:
    return ("Hi,",) if channel.slug == "newsletter" else ()
