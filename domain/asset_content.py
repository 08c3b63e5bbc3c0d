"""What may stand in a resource: its type, title, text, link and file."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from domain.asset_files import File
from domain.errors import InvalidError
from domain.program_values import fillable
from domain.texts import keepable
from storage.assets import AssetContent

TYPES: Final = {
    "faq": "FAQ",
    "best_practice": "Best practices",
    "swipe_file": "Swipe files",
    "email_template": "Email templates",
    "social_post": "Social posts",
    "text_snippet": "Text snippets",
    "banner": "Banners",
    "video_tutorial": "Video tutorials",
}
"""Every type, as its list is headed, in the order of the lists."""

VIDEO: Final = "video_tutorial"
TITLE_MAX: Final = 150
BODY_MAX: Final = 3000
URL_MAX: Final = 1000
PLACE_MAX: Final = 10_000
SEARCH_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator wants a resource to be. Without a `place` it stands where it stood.

    `file` comes in place of the one before; `drop_file` leaves it without any.
    """

    asset_type: str
    title: str
    body: str = ""
    url: str = ""
    file: File | None = None
    drop_file: bool = False
    place: int | None = None
    published: bool = True


def require_usable(wish: Wish, *, has_file: bool) -> None:
    """Raise `InvalidError` for what could not be saved, with a file or without, by field."""
    digest = "0" if has_file else None
    checked(wish, AssetContent(asset_type="", title="", file_digest=digest))


def content_of(of: AssetContent) -> AssetContent:
    """What a resource, or a version of it, says."""
    return AssetContent(**{name: getattr(of, name) for name in AssetContent.model_fields})


def checked(wish: Wish, before: AssetContent) -> AssetContent:
    """The content that a wish asks for. Raises `InvalidError` with every field's complaint."""
    made = content_of(before)
    made.asset_type = wish.asset_type
    made.title = " ".join(keepable(wish.title).split())
    made.body = keepable(wish.body).replace("\r\n", "\n").strip()
    made.url = keepable(wish.url).strip()
    if wish.file is not None:
        made.file_digest, made.file_name = wish.file.digest, wish.file.name
        made.media_type, made.file_size = wish.file.media_type, len(wish.file.content)
    elif wish.drop_file:
        made.file_digest, made.file_name, made.media_type, made.file_size = None, "", "", 0
    if wrong := _complaints(made, wish.place):
        raise InvalidError(" ".join(wrong.values()), wrong)
    return made


def _complaints(made: AssetContent, place: int | None) -> dict[str, str]:
    wrong = {}
    if made.asset_type not in TYPES:
        wrong["asset_type"] = "Choose one of the types."
    if not 0 < len(made.title) <= TITLE_MAX:
        wrong["title"] = f"Give it a title of at most {TITLE_MAX} characters."
    if len(made.body) > BODY_MAX:
        wrong["body"] = f"Keep the text under {BODY_MAX} characters."
    for name in ("title", "body"):
        try:
            fillable(getattr(made, name))
        except ValueError as error:
            wrong.setdefault(name, f"{error}.")
    if made.url and not _is_usable(made.url):
        wrong["url"] = "Use an address that begins with https:// and can be opened."
    elif made.asset_type == VIDEO and not made.url:
        wrong["url"] = "Say where the video is: an address that begins with https://."
    if not (made.body or made.url or made.file_digest):
        wrong.setdefault("body", "Write a text, or add a link or a file.")
    if place is not None and not 0 <= place <= PLACE_MAX:
        wrong["place"] = f"Use a whole number from 0 to {PLACE_MAX}."
    return wrong


def _is_usable(url: str) -> bool:
    """Whether people can be sent there: HTTPS, a host, nobody's name or password in it."""
    if len(url) > URL_MAX or not url.isprintable() or any(one in url for one in ' "<>\\'):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = parts.username is None and parts.password is None
    return parts.scheme == "https" and "." in host.strip(".") and plain and port != 0
