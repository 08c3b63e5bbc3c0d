"""Posts for tests: what they owe, and finished ones."""

from domain.program import Program
from domain.promo_channels import CHANNELS
from domain.promo_checks import Post
from domain.promo_texts import Order, Owed, from_template

DISCLOSURE = "I am an affiliate of PropMine and earn a commission when you buy with my code."


def owed(channel: str = "x", code: str = "JARED30", program: Program | None = None) -> Owed:
    """What Jared's posts owe in a channel."""
    link = f"https://desk.example/r/{code}?src={channel}"
    return Owed("PropMine", code, "30%", link, DISCLOSURE, program or Program())


def order(channel: str = "x", tone: str = "friendly", about: str = "", seed: int = 0) -> Order:
    """An order for a post of Jared's."""
    return Order(CHANNELS[channel], tone, about, seed, owed(channel))


def finished(channel: str = "x", title: str | None = None, text: str | None = None) -> Post:
    """A post of Jared's that may be published, with what a test changes about it."""
    good = from_template(order(channel))
    return owed(channel).post(
        CHANNELS[channel],
        good.title if title is None else title,
        good.text if text is None else text,
    )
