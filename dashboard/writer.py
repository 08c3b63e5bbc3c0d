"""Writing a post: by the model, if one is connected and does it well, else from the templates."""

import asyncio
from dataclasses import dataclass

import structlog

from domain.promo_checks import Post
from domain.promo_texts import Order, from_model, from_template, prompt
from integrations.errors import TransportError
from integrations.llm import Llm
from storage.promo import MODEL, TEMPLATE

_TRIES = 2
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """A post and who wrote it; `fell_back` where the model was asked in vain."""

    post: Post
    source: str
    fell_back: bool = False


async def write(llm: Llm | None, order: Order) -> Written:
    """Write a post. It takes no longer than the model's patience, and never fails."""
    if llm is not None:
        post = await _ask(llm, order)
        if post is not None:
            return Written(post, MODEL)
    return Written(from_template(order), TEMPLATE, fell_back=llm is not None)


async def _ask(llm: Llm, order: Order) -> Post | None:
    """What the model wrote, if one of two answers within its patience can be used."""
    rules, asked = prompt(order)
    try:
        async with asyncio.timeout(llm.patience):
            for _ in range(_TRIES):
                try:
                    made = from_model(order, await llm.write(rules, asked))
                except TransportError as error:
                    _log.warning("post_not_written", error=str(error), permanent=error.permanent)
                    if error.permanent:
                        return None
                    continue
                if isinstance(made, Post):
                    return made
                _log.warning("post_not_usable", why=made)
    except TimeoutError:
        _log.warning("post_not_written", error="The language model took too long.")
    return None
