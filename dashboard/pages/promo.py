"""`/affiliate/dashboard/promo`: have a post written, make it one's own, and publish it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

from aiohttp import web

from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.limits import POSTS_PER_AFFILIATE
from dashboard.rendering import render, see_other
from dashboard.security import CSP
from dashboard.standing import Member
from dashboard.writer import write
from domain import promo_posts
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.promo_channels import CHANNELS, TONES, Channel
from domain.promo_checks import Post, check
from domain.promo_texts import ABOUT_MAX, Order, Owed, owed_by
from domain.texts import keepable
from storage import links
from storage import promo as rows
from storage.promo import DRAFT, FAILED, MODEL, PromoPost

HERE: Final = "/affiliate/dashboard/promo"
HISTORY: Final = 50
_LIVE: Final = f"{CSP}; connect-src 'self'"
_FURTHEST: Final = 14 * 60
_DONE: Final = {
    "written": ("success", "Here is a post. Change whatever you like."),
    "instead": (
        "info",
        (
            "Our writing service did not come up with something good in time, so this is one of "
            "our own texts. Press “Another one” to try again."
        ),
    ),
    "saved": ("success", "Saved. You find it under “Your posts”."),
    "publish": ("success", "Your post is on its way."),
    "schedule": ("success", "Your post is scheduled."),
    "posted": ("success", "Noted as posted. Its clicks are counted under its own tag."),
    "deleted": ("success", "The post is deleted."),
}


async def show(request: web.Request, member: Member) -> web.Response:
    """The maker, the post that is open, and all the others."""
    if done := _DONE.get(request.query.get("done", "")):
        request[VISIT].notice = Notice(*done)
    open_id = request.query.get("post", "")
    post = await _own(request, member, open_id) if open_id else None
    asked = {"channel": post.channel, "tone": post.tone, "about": post.about} if post else {}
    return await _page(request, member, FormView(asked | dict(request.query)), post)


async def generate(request: web.Request, member: Member) -> web.Response:
    """Write a first post for a channel and a tone."""
    sent = request[FORM]
    form = FormView({name: sent.get(name, "") for name in ("channel", "tone", "about")})
    about = " ".join(keepable(form.values["about"]).split())
    if form.values["channel"] not in CHANNELS:
        form.errors["channel"] = "Choose where you want to post."
    if form.values["tone"] not in TONES:
        form.errors["tone"] = "Choose a tone."
    if len(about) > ABOUT_MAX:
        form.errors["about"] = f"Keep it under {ABOUT_MAX} characters."
    if form.errors:
        return await _page(request, member, form, None, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if wait := await _wait(request, member):
        return await _too_many(request, member, form, None, wait)
    channel, tone = CHANNELS[form.values["channel"]], form.values["tone"]
    owed = await _owed(request, member, channel)
    order = Order(channel, tone, about, member.affiliate.id.int % 97, owed)
    return await _write(request, member, order)


async def change(request: web.Request, member: Member) -> web.Response:
    """Do something with a post as its author left it; `do` says what."""
    post = await _own(request, member, request.match_info["id"])
    sent = request[FORM]
    typed = {name: sent.get(name, "") for name in ("title", "text", "when", "offset")}
    form = FormView({"channel": post.channel, "tone": post.tone, "about": post.about, **typed})
    do, context = sent.get("do", ""), request.app[CONTEXT]
    mine = member.affiliate.id
    if do == "check":
        return await _page(request, member, form, post)
    if do == "another" and (wait := await _wait(request, member)):
        return await _too_many(request, member, form, post, wait)
    channel = promo_posts.channel_of(post)
    owed = await _owed(request, member, channel)
    written = owed.post(channel, " ".join(typed["title"].split()), typed["text"].strip())
    try:
        async with context.db.transaction() as session:
            if do == "delete":
                await promo_posts.delete(session, mine, post.id)
            elif do in {"publish", "schedule"}:
                _require_service(request)
                at = _moment(typed["when"], typed["offset"]) if do == "schedule" else None
                await promo_posts.hand_over(
                    session, mine, post.id, written, actor=member.actor, at=at
                )
            elif do == "posted":
                await promo_posts.mark_posted(session, mine, post.id, written, actor=member.actor)
            else:
                post = await promo_posts.save(
                    session, mine, post.id, title=written.title, text=written.text
                )
    except InvalidError as error:
        form.errors = error.fields or {"text": str(error)}
        return await _page(request, member, form, post, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if do == "another":
        order = Order(channel, post.tone, post.about, post.seed + 1, owed)
        return await _write(request, member, order, instead_of=post.id)
    if do == "delete":
        return see_other(f"{HERE}?done=deleted#posts")
    return see_other(f"{HERE}?post={post.id}&done={do if do in _DONE else 'saved'}#post")


async def _write(
    request: web.Request, member: Member, order: Order, *, instead_of: UUID | None = None
) -> web.Response:
    context = request.app[CONTEXT]
    written = await write(context.llm, order)
    async with context.db.transaction() as session:
        kept = await promo_posts.add(
            session,
            member.affiliate.id,
            written.post,
            tone=order.tone,
            about=order.about,
            seed=order.seed,
            source=written.source,
            instead_of=instead_of,
        )
    done = "instead" if written.fell_back else "written"
    return see_other(f"{HERE}?post={kept.id}&done={done}#post")


async def _own(request: web.Request, member: Member, given: str) -> PromoPost:
    try:
        post_id = UUID(given)
    except ValueError as error:
        raise NotFoundError(promo_posts.GONE) from error
    async with request.app[CONTEXT].db.read() as session:
        return await promo_posts.own(session, member.affiliate.id, post_id)


async def _owed(request: web.Request, member: Member, channel: Channel) -> Owed:
    settings = request.app[CONTEXT].settings
    async with request.app[CONTEXT].db.read() as session:
        own = await links.of_affiliate(session, member.affiliate.id)
    return owed_by(
        member.affiliate,
        own.ref if own else member.affiliate.promo_code,
        channel,
        request[VISIT].program,
        product=settings.product_name,
        public_url=settings.public_url,
        product_url=settings.product_url,
    )


async def _wait(request: web.Request, member: Member) -> int:
    return await request.app[CONTEXT].limits.wait(POSTS_PER_AFFILIATE, str(member.affiliate.id))


async def _too_many(
    request: web.Request, member: Member, form: FormView, post: PromoPost | None, wait: int
) -> web.Response:
    minutes = -(-wait // 60)
    unit = "minute" if minutes == 1 else "minutes"
    sentence = f"That were many posts in a short time. You get the next one in {minutes} {unit}."
    request[VISIT].notice = Notice("warning", sentence)
    page = await _page(request, member, form, post, status=HTTPStatus.TOO_MANY_REQUESTS)
    page.headers["Retry-After"] = str(wait)
    return page


def _require_service(request: web.Request) -> None:
    if request.app[CONTEXT].settings.passivepost_api_key is None:
        raise ConflictError("Posts can only be published by hand here: copy yours, and post it.")


def _moment(when: str, offset: str) -> datetime:
    """What was chosen, in UTC; `offset` is how many minutes the browser's zone is behind it."""
    try:
        behind = int(offset or "0")
        zone = timezone(timedelta(minutes=-max(-_FURTHEST, min(_FURTHEST, behind))))
        return datetime.fromisoformat(when).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        sentence = "Choose a day and a time."
        raise InvalidError(sentence, {"when": sentence}) from error


async def _page(
    request: web.Request,
    member: Member,
    form: FormView,
    post: PromoPost | None,
    *,
    status: int = HTTPStatus.OK,
) -> web.Response:
    context = request.app[CONTEXT]
    async with context.db.read() as session:
        history = await rows.of_affiliate(session, member.affiliate.id, HISTORY)
    for name in ("channel", "tone", "about", "when"):
        form.values.setdefault(name, "")
    view = {
        "form": form,
        "channels": [(one.slug, one.name) for one in CHANNELS.values()],
        "manners": list(TONES.items()),
        "about_max": ABOUT_MAX,
        "can_think": context.llm is not None,
        "post": await _shown(request, member, form, post) if post else None,
        "posts": [_line(one) for one in history],
        "more": len(history) == HISTORY,
    }
    response = render(request, "promo.html", view, status=status)
    response.headers["Content-Security-Policy"] = _LIVE
    return response


async def _shown(
    request: web.Request, member: Member, form: FormView, post: PromoPost
) -> dict[str, Any]:
    """The open post, as it was typed or else as it is kept, with what its check found."""
    channel = promo_posts.channel_of(post)
    form.values.setdefault("title", post.title)
    form.values.setdefault("text", post.text)
    title, text = " ".join(form.values["title"].split()), form.values["text"].strip()
    owed = await _owed(request, member, channel)
    findings = check(owed.post(channel, title, text))
    length = channel.length(text)
    on = request.app[CONTEXT].settings.passivepost_api_key is not None
    return {
        **_line(post),
        "open": post.status in {DRAFT, FAILED},
        "by_model": post.source == MODEL and not post.edited,
        "title_name": channel.title,
        "title_max": channel.title_max,
        "hint": channel.hint,
        "findings": findings,
        "good": not any(found.problem for found in findings),
        "length": length,
        "limit": channel.limit,
        "left": channel.limit - length,
        "share": share_link(channel, owed.post(channel, title, text)),
        "service": on and channel.hand_over,
    }


def _line(post: PromoPost) -> dict[str, Any]:
    channel = promo_posts.channel_of(post)
    return {
        "id": str(post.id),
        "href": f"{HERE}?post={post.id}#post",
        "channel": channel.name,
        "tone": TONES.get(post.tone, post.tone),
        "title": post.title,
        "text": post.text,
        "status": post.status,
        "at": post.published_at or post.scheduled_at or post.updated_at,
        "scheduled_at": post.scheduled_at,
        "problem": post.problem,
    }


def share_link(channel: Channel, post: Post) -> str:
    """Where a channel lets one post; with the text filled in where it takes one."""
    words: Mapping[str, tuple[str, dict[str, str]]] = {
        "x": ("https://x.com/intent/post", {"text": post.text}),
        "linkedin": ("https://www.linkedin.com/feed/", {"shareActive": "true", "text": post.text}),
        "facebook": ("https://www.facebook.com/sharer/sharer.php", {"u": post.link}),
        "reddit": (
            "https://www.reddit.com/submit",
            {"type": "TEXT", "title": post.title, "text": post.text},
        ),
        "newsletter": ("mailto:", {"subject": post.title, "body": post.text}),
        "instagram": ("https://www.instagram.com/", {}),
        "youtube": ("https://studio.youtube.com/", {}),
    }
    address, asked = words[channel.slug]
    return address + ("?" + urlencode(asked, quote_via=quote) if asked else "")
