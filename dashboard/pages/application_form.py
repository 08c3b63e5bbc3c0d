"""The application as a form: blank, filled in, read, and checked."""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from multidict import MultiDict

from dashboard.forms import FormView
from dashboard.pages.two_tier import tally_address
from domain.answers import Answer, ApplicationFields
from domain.applications import Submission
from domain.codes import problem_with
from domain.emails import parse_email
from domain.program import Program
from storage.applications import Application

Choices = tuple[tuple[str, str], ...]

SOURCE: Final = "form"
TRAP: Final = "homepage_2"
"""A field that no person sees. Whoever fills it in is a program that fills in every field."""

PLATFORMS: Final[Choices] = (
    ("youtube", "YouTube"),
    ("tiktok", "TikTok"),
    ("instagram", "Instagram"),
    ("x", "X"),
    ("twitch", "Twitch"),
    ("discord", "Discord or Telegram"),
    ("podcast", "Podcast"),
    ("newsletter", "Newsletter"),
    ("website", "Website or blog"),
    ("other", "Something else"),
)
METHODS: Final[Choices] = (
    ("video", "Videos"),
    ("social", "Posts on social media"),
    ("stream", "Live streams"),
    ("community", "In a community that I run"),
    ("mail", "Mails to my subscribers"),
    ("content", "Articles and reviews"),
    ("ads", "Paid ads"),
    ("other", "In another way"),
)
# The words under which each answer is kept, and the most characters it may have.
_TEXTS: Final[Mapping[str, tuple[str, int, str]]] = {
    "legal_name": ("Legal name", 200, "Type your legal name."),
    "display_name": ("Creator name", 200, "Type the name your audience knows."),
    "platform_link": ("Link to it", 500, "Give a link to your main platform."),
    "audience_size": ("Audience size", 80, "Say roughly how many people you reach."),
    "audience_focus": ("Audience focus", 1000, "Say what your audience is about."),
    "requested_code": ("Requested promo code", 40, "Type the promo code you would like."),
}
_SUBMISSION: Final = re.compile(r"[0-9a-f]{32}")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def page(program: Program, form: FormView, recruiter: str = "") -> dict[str, Any]:
    """What the form's template needs. `recruiter` is the ref of the link that led here, if any."""
    return {
        "form": form,
        "platforms": PLATFORMS,
        "methods": METHODS,
        "terms": [(_terms_name(text), text) for text in program.terms],
        "terms_url": program.terms_url,
        "tally_url": tally_address(program.tally_form_url, recruiter),
        "recruiter": recruiter,
    }


def _terms_name(text: str) -> str:
    """A box's field name changes with its words, so that nobody agrees to what they did not see."""
    return f"terms_{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def blank(email: str = "") -> FormView:
    """A new form. With `email`, a proven address, that field is filled in and stays."""
    return FormView({"submission": secrets.token_hex(16), "email": email, "email_fixed": email})


def filled_in(application: Application) -> FormView:
    """The form as somebody last sent it, to be changed; the terms are agreed to afresh."""
    form = blank(application.email)
    methods = application.promotion_methods.split(", ")
    form.values |= {
        "legal_name": application.legal_name,
        "display_name": application.display_name,
        "platform": next((v for v, label in PLATFORMS if label == application.platform), ""),
        "platform_link": application.platform_url,
        "audience_size": application.audience_size,
        "audience_focus": application.audience_focus,
        "methods": [value for value, label in METHODS if label in methods],
        "requested_code": application.requested_code,
    }
    return form


def read(posted: MultiDict[str], program: Program, email: str = "") -> FormView:
    """Take in what was posted, and what is wrong with it, in the order of the page.

    `email` is the proven address of who is signed in; it goes before the posted one.
    """
    form = blank(email)
    values, errors = form.values, form.errors
    if _SUBMISSION.fullmatch(posted.get("submission", "")):
        values["submission"] = posted["submission"]
    texts = {name: posted.get(name, "").strip() for name in (*_TEXTS, "email", "platform")}
    values |= texts | {"email": email or texts["email"]}
    values["requested_code"] = texts["requested_code"].upper()
    values["platform_link"] = _with_scheme(texts["platform_link"])
    known = {value for value, _ in METHODS}
    values["methods"] = [value for value in posted.getall("methods", ()) if value in known]
    for text in program.terms:
        values[_terms_name(text)] = posted.get(_terms_name(text), "")
    for name in _ORDER:
        if sentence := _problem(name, values, program):
            errors[name] = sentence
    for text in program.terms:
        if not values[_terms_name(text)]:
            errors[_terms_name(text)] = f"Please agree: {text}"
    return form


_ORDER: Final = (
    *("legal_name", "display_name", "email", "platform", "platform_link"),
    *("audience_size", "audience_focus", "methods", "requested_code"),
)


def _problem(name: str, values: Mapping[str, Any], program: Program) -> str:
    """What is wrong with one answer, as a sentence; empty if nothing is."""
    value = values[name]
    if name in _TEXTS:
        _, most, missing = _TEXTS[name]
        if not value:
            return missing
        if len(value) > most:
            return f"Keep this under {most} characters."
    if name == "requested_code":
        return problem_with(value, program)
    is_good, sentence = _SHAPES.get(name, (bool, ""))
    return "" if is_good(value) else sentence


def _with_scheme(link: str) -> str:
    return link if not link or _SCHEME.match(link) else f"https://{link}"


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and "." in host.strip(".") and " " not in text


_SHAPES: Final[Mapping[str, tuple[Callable[[Any], object], str]]] = {
    "email": (parse_email, "Type your mail address, like name@example.com."),
    "platform": (dict(PLATFORMS).get, "Choose your main platform."),
    "platform_link": (_is_link, "Give a whole link, like https://youtube.com/@you."),
    "methods": (bool, "Choose at least one way in which you will promote."),
}


def submission(
    form: FormView, program: Program, recruiter: str = ""
) -> tuple[Submission, ApplicationFields]:
    """A form without errors, as the domain takes it.

    The same form sent twice is one submission. One that was changed after "back" is another,
    although the page still carries the same id: so the answers count towards its name.
    """
    values = form.values
    platform = dict(PLATFORMS)[values["platform"]]
    methods = ", ".join(label for value, label in METHODS if value in values["methods"])
    answers = [
        *(Answer(name, label, values[name]) for name, (label, _, _) in _TEXTS.items()),
        Answer("email", "Email", values["email"]),
        Answer("platform", "Main platform", platform),
        Answer("methods", "Promotion methods", methods),
        *(Answer(_terms_name(text), text, "Yes", checked=True) for text in program.terms),
        *([Answer("recruiter", "Recruiter", recruiter)] if recruiter else []),
    ]
    fields = ApplicationFields(
        email=values["email"],
        legal_name=values["legal_name"],
        display_name=values["display_name"],
        platform=platform,
        platform_url=values["platform_link"],
        audience_size=values["audience_size"],
        audience_focus=values["audience_focus"],
        requested_code=values["requested_code"],
        promotion_methods=methods,
        recruited_by=recruiter,
        terms=dict.fromkeys(program.terms, True),
    )
    content = hashlib.sha256(repr([(a.key, a.text) for a in answers]).encode()).hexdigest()
    external_id = f"{values['submission']}-{content[:16]}"
    return Submission(SOURCE, external_id, tuple(answers)), fields
