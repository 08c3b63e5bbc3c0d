"""What the domain asks of the outside, in its own words; `outbox/` knows who does it.

Most effects say "make it show the truth" and carry only an id: whoever runs them reads the
present state, so that one late, repeated or overtaken update still ends right.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import live
from storage import affiliates, outbox

APPLICATION_CARD = "card.application"
NOTICE = "card.notice"
DIRECTORY = "directory.person"
PROMOTION_CODE = "promotion_code"
MAIL = "mail"
INTAKE_REPORT = "report.intake"
CUSTOMER_TAG = "customer.tag"
PAYOUT_CARD = "card.payout"
TRANSFER = "transfer"
LANDING_CARD = "card.landing"
PROMO_POST = "promo.post"
LEAK_CARD = "card.leak"
CASE_CARD = "card.case"
CASE_NOTE = "note.case"
CODE_BATCH = "card.code_batch"
CODE_BATCH_FILE = "file.code_batch"
TAX_CARD = "card.tax_form"
CONTEST_CARD = "card.contest"
CONTEST_MAILS = "contest.mails"
DIGEST = "card.digest"
ERASURE_CARD = "card.erasure"
CARD_WIPE = "card.wipe"
DIRECTORY_FORGET = "directory.forget"
FRAUD_SCORE = "fraud.score"
FRAUD_CARD = "card.fraud"
FRAUD_NOTE = "note.fraud"
NETWORK_CONVERSION = "network.conversion"
ALERT_CARD = "card.alert"

_WORDS: Final = {
    APPLICATION_CARD: "the card of an application",
    NOTICE: "a notice in the operators' channel",
    DIRECTORY: "the entry of {email_key} in the user directory",
    PROMOTION_CODE: "a promotion code at the payment provider",
    MAIL: "the mail “{template}” to {to}",
    INTAKE_REPORT: "the report on the latest form",
    CUSTOMER_TAG: "the mark on customer {customer} of who brought them",
    PAYOUT_CARD: "the card of a payout",
    TRANSFER: "the transfer of a payout",
    LANDING_CARD: "the card of a partner page",
    PROMO_POST: "the publication of an affiliate's post",
    LEAK_CARD: "the card about a discount code that may have leaked",
    CASE_CARD: "the card of a case of violations",
    CASE_NOTE: "a note below the card of a case",
    CODE_BATCH: "the card of codes that were made at once",
    CODE_BATCH_FILE: "the file with codes that were made at once",
    TAX_CARD: "the card of a tax form",
    CONTEST_CARD: "the card of a contest that has ended",
    CONTEST_MAILS: "the mails that tell affiliates of a contest",
    DIGEST: "the summary of week {week}",
    ERASURE_CARD: "the card of a request for erasure",
    CARD_WIPE: "the removal of erased data from a card",
    DIRECTORY_FORGET: "the removal of somebody erased from the user directory",
    FRAUD_SCORE: "the fraud score of an affiliate",
    FRAUD_CARD: "the card of a pause for a fraud score",
    FRAUD_NOTE: "an appeal below the card of a pause",
    NETWORK_CONVERSION: "what an affiliate network is told of a sale",
    ALERT_CARD: "an alert in the operators' channel",
}


def in_words(kind: str, payload: Mapping[str, Any]) -> str:
    """What an effect was to bring about, for the operators who must look at it.

    A row of an older release may lack what is said today.
    """
    said = defaultdict(lambda: "…", payload)
    said["template"] = str(said["template"]).replace("_", " ")
    return _WORDS.get(kind, kind).format_map(said)


async def show_application(session: AsyncSession, application_id: UUID) -> None:
    """Bring the operators' card of an application up to date, posting it if it is new."""
    await outbox.put(
        session, APPLICATION_CARD, lane=f"card:{application_id}", application=str(application_id)
    )


async def tell_operators(session: AsyncSession, text: str) -> None:
    """Post a plain notice in the operators' channel."""
    await outbox.put(session, NOTICE, text=text)


async def post_digest(session: AsyncSession, week: str) -> None:
    """Post the summary of a week, such as `2026-W47`, in the operators' channel."""
    await outbox.put(session, DIGEST, lane=f"card:digest:{week}", week=week)


async def show_alert(session: AsyncSession, alert_id: UUID) -> None:
    """Bring an alert in the operators' channel up to date, posting it if it is new."""
    await outbox.put(session, ALERT_CARD, lane=f"card:{alert_id}", alert=str(alert_id))


async def update_directory(session: AsyncSession, email_key: str) -> None:
    """Bring the user directory's entry of a person up to date."""
    await outbox.put(session, DIRECTORY, lane=f"directory:{email_key}", email_key=email_key)


async def update_promotion_code(session: AsyncSession, code_id: UUID) -> None:
    """Make the payment provider honour a code, or stop honouring it, as its status says."""
    await outbox.put(session, PROMOTION_CODE, lane=code_lane(code_id), code=str(code_id))


async def update_promotion_codes(session: AsyncSession, due: Mapping[UUID, datetime]) -> None:
    """The same for many codes, each not before its moment."""
    asked = ((code_lane(each), moment, {"code": str(each)}) for each, moment in due.items())
    await outbox.put_many(session, PROMOTION_CODE, asked)


def code_lane(code_id: UUID) -> str:
    """Where everything that the provider is asked about a code stands in line."""
    return f"code:{code_id}"


async def send_mail(session: AsyncSession, template: str, to: str, **context: str) -> None:
    """Send a mail; `context` holds ids and words, never a secret."""
    await outbox.put(session, MAIL, template=template, to=to, context=context)


async def report_intake(session: AsyncSession) -> None:
    """Write the report on the latest form submission."""
    await outbox.put(session, INTAKE_REPORT, lane="report.intake")


async def update_balance(session: AsyncSession, affiliate_id: UUID) -> None:
    """Bring the balance that the user directory and open pages show up to date, soon."""
    await live.touch(session, affiliate_id)
    affiliate = await affiliates.get(session, affiliate_id)
    if affiliate is not None:
        await outbox.put_once(
            session,
            DIRECTORY,
            lane=f"directory:{affiliate.email_key}",
            email_key=affiliate.email_key,
        )


async def tag_customer(session: AsyncSession, customer_id: str, referral_id: UUID) -> None:
    """Write the code that brought a customer into the provider's and the directory's metadata."""
    await outbox.put(
        session,
        CUSTOMER_TAG,
        lane=f"customer:{customer_id}",
        customer=customer_id,
        referral=str(referral_id),
    )


async def show_payout(session: AsyncSession, payout_id: UUID) -> None:
    """Bring the operators' card of a payout up to date, posting it if it is new."""
    await outbox.put(session, PAYOUT_CARD, lane=f"card:{payout_id}", payout=str(payout_id))


async def show_tax_form(session: AsyncSession, form_id: UUID) -> None:
    """Bring the operators' card of a tax form up to date, posting it if it is new."""
    await outbox.put(session, TAX_CARD, lane=f"card:{form_id}", tax_form=str(form_id))


async def show_leak(session: AsyncSession, leak_id: UUID) -> None:
    """Bring the operators' card of a leak up to date, posting it if it is new."""
    await outbox.put(session, LEAK_CARD, lane=f"card:{leak_id}", leak=str(leak_id))


async def show_case(session: AsyncSession, case_id: UUID) -> None:
    """Bring the operators' card of a case up to date, posting it if it is new."""
    await outbox.put(session, CASE_CARD, lane=_case_lane(case_id), case=str(case_id))


async def show_case_soon(session: AsyncSession, case_id: UUID, due: datetime) -> None:
    """The same at `due`, once for all who ask until then: reports may come by the thousand."""
    lane = _case_lane(case_id)
    await outbox.put_once(session, CASE_CARD, lane=lane, due=due, case=str(case_id))


async def note_violation(session: AsyncSession, case_id: UUID, violation_id: UUID) -> None:
    """Say below the card of a case that a violation was added to it."""
    lane, name = _case_lane(case_id), str(violation_id)
    await outbox.put(session, CASE_NOTE, lane=lane, case=str(case_id), violation=name)


async def note_answer(session: AsyncSession, case_id: UUID, answer_id: UUID) -> None:
    """Say below the card of a case what the affiliate answered."""
    lane, name = _case_lane(case_id), str(answer_id)
    await outbox.put(session, CASE_NOTE, lane=lane, case=str(case_id), answer=name)


def _case_lane(case_id: UUID) -> str:
    return f"card:{case_id}"


async def show_landing(session: AsyncSession, page_id: UUID, card: UUID) -> None:
    """Bring one of the operators' cards of a partner page up to date, posting it if it is new."""
    await outbox.put(
        session, LANDING_CARD, lane=f"card:{card}", landing=str(page_id), card=str(card)
    )


async def publish_post(session: AsyncSession, post_id: UUID, due: datetime | None = None) -> None:
    """Have the posting service publish an affiliate's post, or see what became of it there."""
    await outbox.put(session, PROMO_POST, lane=f"post:{post_id}", due=due, post=str(post_id))


async def transfer(session: AsyncSession, payout_id: UUID) -> None:
    """Have the payment provider transfer an approved payout."""
    await outbox.put(session, TRANSFER, lane=f"payout:{payout_id}", payout=str(payout_id))


async def show_code_batch(
    session: AsyncSession, batch: UUID, due: datetime | None = None, *, waited: int = 0
) -> None:
    """Show operators how far the provider is with codes that were made at once.

    It comes back by itself until there is nothing more to tell; `waited` is how many seconds
    it let pass before this look.
    """
    await outbox.put(
        session, CODE_BATCH, lane=batch_lane(batch), due=due, batch=str(batch), waited=waited
    )


async def send_code_batch(session: AsyncSession, batch: UUID) -> None:
    """Send operators the file with codes that were made at once, and what became of each."""
    await outbox.put(session, CODE_BATCH_FILE, lane=batch_lane(batch), batch=str(batch))


def batch_lane(batch: UUID) -> str:
    """Where everything that is shown of a batch of codes stands in line."""
    return f"card:{batch}"


async def show_contest(session: AsyncSession, contest_id: UUID) -> None:
    """Bring the operators' card of a contest that has ended up to date, posting it if it is new."""
    await outbox.put(session, CONTEST_CARD, lane=f"card:{contest_id}", contest=str(contest_id))


async def mail_contest(
    session: AsyncSession, contest_id: UUID, news: str, after: UUID | None = None
) -> None:
    """Ask for the mails that tell affiliates something of a contest, from behind `after` on."""
    behind = str(after) if after else ""
    await outbox.put(session, CONTEST_MAILS, contest=str(contest_id), news=news, after=behind)


async def look_again(session: AsyncSession, affiliate_id: UUID, because: str) -> None:
    """Find the fraud score of an affiliate anew, once for all who ask until it is begun."""
    name = str(affiliate_id)
    await outbox.put_once(
        session, FRAUD_SCORE, lane=f"fraud:{name}", affiliate=name, because=because
    )


async def show_fraud(session: AsyncSession, flag_id: UUID) -> None:
    """Bring the operators' card of a pause up to date, posting it if it is new."""
    await outbox.put_once(session, FRAUD_CARD, lane=f"card:{flag_id}", flag=str(flag_id))


async def note_appeal(session: AsyncSession, flag_id: UUID, appeal_id: UUID) -> None:
    """Say below the card of a pause what the affiliate says to it."""
    name = str(appeal_id)
    await outbox.put(session, FRAUD_NOTE, lane=f"card:{flag_id}", flag=str(flag_id), appeal=name)


async def show_erasure(session: AsyncSession, erasure_id: UUID) -> None:
    """Bring the operators' card of a request for erasure up to date, posting it if it is new."""
    await outbox.put(session, ERASURE_CARD, lane=f"card:{erasure_id}", erasure=str(erasure_id))


async def wipe_card(session: AsyncSession, kind: str, subject: UUID) -> None:
    """Have an operators' card tell nothing any more of somebody who was erased."""
    await outbox.put(session, CARD_WIPE, lane=f"card:{subject}", card=kind, subject=str(subject))


async def forget_in_directory(
    session: AsyncSession, affiliate_id: UUID, user: str, email: str
) -> None:
    """Take what we wrote about somebody out of the user directory; by their id there, if known."""
    await outbox.put(
        session, DIRECTORY_FORGET, lane=f"forget:{affiliate_id}", user=user, email=email
    )
