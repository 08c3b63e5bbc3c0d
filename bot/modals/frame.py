"""The frame of every modal."""

from bot.cards.blocks import Json, clean, plain, rich, section, words
from bot.cards.notices import NOTICE_MAX

TITLE_MAX = 24


def modal(
    title: str,
    blocks: list[Json],
    *,
    callback_id: str = "",
    submit: str = "",
    metadata: str = "",
) -> Json:
    """A modal; without `submit` there is nothing to send, only to read and press."""
    view: Json = {
        "type": "modal",
        "title": plain(title, TITLE_MAX),
        "close": plain("Cancel" if submit else "Close", TITLE_MAX),
        "blocks": blocks,
        "private_metadata": metadata,
        "callback_id": callback_id,
    }
    return view | ({"submit": plain(submit, TITLE_MAX)} if submit else {})


def notice_modal(text: str) -> Json:
    """A sentence or two, where there is no message to answer beside."""
    shown = words(clean(text, NOTICE_MAX, lines=True), NOTICE_MAX, lines=True)
    return modal("Affiliate Desk", [rich(section(shown))])
