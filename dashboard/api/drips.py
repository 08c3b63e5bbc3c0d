"""`/api/admin/onboarding-mails`: the mails of an affiliate's first two weeks."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.taking import Taken, Told
from domain import drips
from domain.drip_texts import Text
from domain.drips import StepView
from domain.errors import ConflictError

_TAG: Final = "Onboarding mails"
_TEXTS: Final = frozenset({"subject", "preheader", "body"})


class Named(Taken):
    """A mail, by its name."""

    missing: ClassVar[str] = "There is no such mail."

    name: str


class Change(Taken):
    """What to change; the rest stays. The marks of the text are those of the form in Slack.

    With `version`, the one that was seen, nothing is saved over what somebody else saved since.
    """

    refused: ClassVar[str] = "This mail cannot be saved."

    subject: str = ""
    preheader: str = ""
    body: str = ""
    is_on: Annotated[bool, Field(description="Whether it is sent at all.")] = True
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class Recipient(Taken):
    """Where a test mail goes."""

    refused: ClassVar[str] = "No test mail was sent."

    to: Annotated[str, Field(max_length=320, examples=["maria@example.com"])]


class MailView(Told):
    """A mail of day `day` after the approval; `is_own` where its text is not the ready-made one."""

    name: str
    title: str
    day: int
    is_on: bool
    is_own: bool
    version: int
    subject: str
    preheader: str
    body: str


class MailList(Told):
    """Every mail, in the order of their days."""

    data: list[MailView]


class Sent(Told):
    """The address that a test mail is on its way to."""

    to: str


@operation("List onboarding mails", tag=_TAG, who=operator("program:read"))
async def index(call: Call[Operator]) -> MailList:
    """With the texts that are in force."""
    async with call.db.read() as session:
        return MailList(data=[_shown(each) for each in await drips.views(session)])


@operation("Show an onboarding mail", tag=_TAG, who=operator("program:read"))
async def show(call: Call[Operator], path: Named) -> MailView:
    """One mail."""
    async with call.db.read() as session:
        return _shown(await drips.view(session, path.name))


@operation(
    "Change an onboarding mail",
    tag=_TAG,
    who=operator("program:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def change(call: Call[Operator], path: Named, body: Change) -> Answer[MailView]:
    """Change its text, switch it on or off; for all mails from now on."""
    given, actor = body.model_fields_set, call.caller.actor
    async with writing(call) as write:
        seen = await drips.view(write.session, path.name)
        version = body.version if "version" in given else seen.version
        if version != seen.version:
            raise ConflictError("Somebody changed this mail meanwhile. Look at it again.")
        if given & _TEXTS:
            kept = {name: getattr(seen.text, name) for name in _TEXTS - given}
            wish = body.model_copy(update=kept)
            text = Text(wish.subject, wish.preheader, wish.body)
            seen = await drips.edit(write.session, path.name, text, version, actor)
        if "is_on" in given and body.is_on != seen.is_on:
            on, version = body.is_on, seen.version
            seen = await drips.switch(write.session, path.name, actor, on=on, version=version)
        return write.told(_shown(seen))


@operation(
    "Use the ready-made onboarding mail",
    tag=_TAG,
    who=operator("program:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def reset(call: Call[Operator], path: Named) -> Answer[MailView]:
    """Go back to the text that comes with the program; the log keeps the other one."""
    async with writing(call) as write:
        return write.told(_shown(await drips.reset(write.session, path.name, call.caller.actor)))


@operation(
    "Send a test of an onboarding mail", tag=_TAG, who=operator("program:write"), key="optional"
)
@once
async def send_test(call: Call[Operator], path: Named, body: Recipient) -> Answer[Sent]:
    """Mail it, filled with made-up words."""
    async with writing(call) as write:
        actor = call.caller.actor
        to = await drips.send_test(write.session, path.name, body.to, actor)
        return write.told(Sent(to=to))


def _shown(seen: StepView) -> MailView:
    return MailView(
        name=seen.step.name,
        title=seen.step.title,
        day=seen.step.day,
        is_on=seen.is_on,
        is_own=seen.is_own,
        version=seen.version,
        subject=seen.text.subject,
        preheader=seen.text.preheader,
        body=seen.text.body,
    )
