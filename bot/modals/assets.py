"""The modals in which operators write resources, and go back to what they were."""

from collections.abc import Sequence
from typing import Final

from bot.asset_drafts import Draft
from bot.cards.assets import in_short
from bot.cards.blocks import (
    Json,
    actions,
    asked,
    button,
    clean,
    confirmation,
    plain,
    rich,
    said,
    section,
    sign,
    when,
    words,
)
from bot.errands import Errand
from bot.modals.frame import modal
from domain.asset_content import BODY_MAX, PLACE_MAX, TITLE_MAX, TYPES, URL_MAX
from storage.assets import DRAFT, PUBLISHED, Asset, AssetVersion

CREATE: Final = "asset.create"
EDIT: Final = "asset.edit"
VERSIONS_SHOWN: Final = 20

_STATES: Final = {PUBLISHED: "Published: affiliates see it", DRAFT: "A draft: nobody sees it yet"}
_BLANKS: Final = "{product}, {code}, {offer} and {link} become each affiliate's own."


def form(draft: Draft, errand: Errand, problem: str = "") -> Json:
    """Make or change a resource; `problem` is what kept it from being saved."""
    new = not errand.subject
    blocks = []
    if problem:
        again = " Choose the file again." if draft.file else ""
        blocks.append(rich(section(sign(good=False), said(" "), words(problem + again, 700))))
    kinds = [_option(name, label) for name, label in TYPES.items()]
    blocks += [
        _input("Type", _menu("asset_type", kinds, draft.asset_type)),
        _input("Title", _text("title", draft.title, TITLE_MAX), hint="For the FAQ: the question."),
        _input("Text", _body(draft.body), hint=_BLANKS, optional=True),
        _input(
            "Link",
            _text("url", draft.url, URL_MAX, "https://"),
            hint="Where a video is, or a page to look at.",
            optional=True,
        ),
        _input("File", _file(), hint=_about_file(draft), optional=True),
    ]
    if draft.kept_file:
        blocks.append(_input("The file that is there", _drop(draft), optional=True))
    states = [_option(name, label) for name, label in _STATES.items()]
    blocks += [
        _input("Who sees it", _menu("status", states, draft.status)),
        _input(
            "Place in its list",
            _place(draft.place),
            hint="The smallest number stands first. Left empty, it stands last.",
            optional=True,
        ),
    ]
    return modal(
        "New resource" if new else "Edit resource",
        blocks,
        callback_id=CREATE if new else EDIT,
        submit="Save",
        metadata=errand.packed(),
    )


def fetching(errand: Errand, name: str) -> Json:
    """While the file comes from Slack. Says what to do should nothing follow.

    Under its own `name` it cannot be replaced before it is there.
    """
    text = (
        "Fetching the file from Slack … This takes a few seconds. If it still says so after a "
        "minute, nothing was saved: close this and try again."
    )
    view = modal("Saving resource", [rich(section(said(text)))], metadata=errand.packed())
    return view | {"external_id": name}


def saved(sentence: str, errand: Errand) -> Json:
    """The end of what `fetching` began."""
    shown = section(sign(good=True), said(" "), words(sentence, 600))
    return modal("Resource saved", [rich(shown)], metadata=errand.packed())


def history(asset: Asset, versions: Sequence[AssetVersion], errand: Errand, news: str = "") -> Json:
    """Every version with who saved it; all but the newest can be restored."""
    blocks = [rich(section(words(asset.title, TITLE_MAX, bold=True), said(f" · {asset.status}")))]
    if news:
        blocks.append(rich(section(sign(good=True), said(" "), words(news, 300, bold=True))))
    for each in versions:
        about = [said(f"Version {each.version}", bold=True), said(" · ")]
        about += [words(each.saved_by, 100), said(" · "), when(each.saved_at), said("\n")]
        about.append(words(each.title, TITLE_MAX))
        if each.body:
            about += [said("\n"), words(each.body, 200)]
        if each.file_name:
            about += [said("\n"), words(each.file_name, 100)]
        blocks.append(rich(section(*about)))
        if each.version != asset.version:
            question = confirmation(
                f"Restore version {each.version}?",
                "It becomes the newest version. The present one stays in this list.",
                "Restore",
            )
            value = f"{asset.id}:{each.version}"
            blocks.append(actions(button("Restore", "asset.restore", value, confirm=question)))
    return modal("History", blocks, metadata=errand.packed())


def about(asset: Asset, sentence: str, errand: Errand) -> Json:
    """The outcome of a step, where there is no message to tell it beside."""
    shown = section(sign(good=True), said(" "), words(sentence, 600, bold=True))
    return modal(
        "Resource", [rich(shown), rich(section(words(in_short(asset))))], metadata=errand.packed()
    )


def _about_file(draft: Draft) -> str:
    if draft.kept_file:
        return f"Comes in place of {clean(draft.kept_file, 100)}. At most 10 MB."
    return "A picture, PDF, ZIP or anything else to download. At most 10 MB."


def _input(label: str, element: Json, *, hint: str = "", optional: bool = False) -> Json:
    made = asked(label, element, block_id=element["action_id"], hint=hint)
    return made | ({"optional": True} if optional else {})


def _text(name: str, value: str, longest: int, example: str = "") -> Json:
    field: Json = {"type": "plain_text_input", "action_id": name, "max_length": longest}
    if example:
        field["placeholder"] = plain(example)
    shown = clean(value, longest)
    return field | ({"initial_value": shown} if shown else {})


def _body(value: str) -> Json:
    field: Json = {
        "type": "plain_text_input",
        "action_id": "body",
        "multiline": True,
        "max_length": BODY_MAX,
    }
    shown = clean(value, BODY_MAX, lines=True)
    return field | ({"initial_value": shown} if shown else {})


def _file() -> Json:
    return {"type": "file_input", "action_id": "file", "max_files": 1}


def _drop(draft: Draft) -> Json:
    label = f"Remove {clean(draft.kept_file, 60)}"
    options = [_option("drop", label)]
    field: Json = {"type": "checkboxes", "action_id": "drop_file", "options": options}
    return field | ({"initial_options": options} if draft.drop_file else {})


def _place(value: str) -> Json:
    field: Json = {
        "type": "number_input",
        "action_id": "place",
        "is_decimal_allowed": False,
        "min_value": "0",
        "max_value": str(PLACE_MAX),
    }
    usable = value.isascii() and value.isdecimal() and int(value) <= PLACE_MAX
    return field | ({"initial_value": value} if usable else {})


def _menu(name: str, options: list[Json], chosen: str) -> Json:
    field: Json = {"type": "static_select", "action_id": name, "options": options}
    initial = next((each for each in options if each["value"] == chosen), None)
    return field | ({"initial_option": initial} if initial else {})


def _option(value: str, text: str) -> Json:
    return {"text": plain(text, 75), "value": value}
