"""Applications: received, reviewed, decided once."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import affiliates, codes, effects, program, recruits, terms, webhook_moments
from domain.answers import Answer, ApplicationFields
from domain.application_checks import Check, Review, run_checks
from domain.audit import Actor, record
from domain.emails import email_key, parse_email
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.network_partners import joined
from domain.recruits import Named
from domain.statuses import Status
from domain.texts import require_reason
from storage import affiliates as affiliate_rows
from storage import applications as rows
from storage.affiliates import Affiliate
from storage.applications import Application, ApplicationSubmission
from storage.locks import take_turn


@dataclass(frozen=True, slots=True)
class Submission:
    """A form as it was sent. `(source, external_id)` names it: the same one counts once."""

    source: str
    external_id: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class View:
    """An application with what a reviewer needs to decide, and who came of it.

    `named` is whom a pending one names as its recruiter, `recruiter` whose recruit came of it.
    """

    application: Application
    checks: list[Check]
    code: codes.Verdict
    needs_attention: str
    affiliate: Affiliate | None = None
    named: Named | None = None
    recruiter: Affiliate | None = None


async def submit(
    session: AsyncSession, submission: Submission, fields: ApplicationFields, actor: Actor
) -> Application:
    """Take in a submission.

    The same person's second one updates the first while that is pending, and is only kept
    beside it once it was decided. Without a usable address the application is kept and
    shown as needing attention. The same submission again changes nothing.
    """
    # Neither a first submission nor a first application has a row yet that could be locked.
    await take_turn(session, f"submission:{submission.source}:{submission.external_id}")
    seen = await rows.submission(session, submission.source, submission.external_id)
    if seen is not None:
        return await _found(session, seen.application_id)
    settings = await program.load(session)
    email = parse_email(fields.email)
    key = email_key(email) if email else None
    application = await _of_person(session, key) if key else None
    is_new = application is None
    if application is None:
        application = Application(email_key=key)
    else:
        application.submissions += 1
    if application.status == Status.PENDING:
        recruiter = await _recruiter(session, application)
        _fill(application, fields, email or fields.email, settings)
        application.recruited_by = recruiter or fields.recruited_by[: recruits.REF_MAX]
    application.updated_at = clock.now()
    session.add(application)
    await session.flush()
    session.add(
        ApplicationSubmission(
            application_id=application.id,
            source=submission.source,
            external_id=submission.external_id,
            answers=[asdict(answer) for answer in submission.answers],
        )
    )
    if application.agreed_to_terms and application.status == Status.PENDING:
        ticked = list(application.terms)
        version = application.terms_version
        await terms.agreed_at_application(
            session, application.id, version, ticked, submission.source
        )
    action = "application.submitted" if is_new else "application.submitted_again"
    await webhook_moments.application(session, action, application)
    await record(session, actor, action, f"application:{application.id}", source=submission.source)
    await effects.show_application(session, application.id)
    if key is not None and application.status == Status.PENDING:
        await effects.update_directory(session, key)
        if is_new:
            await effects.send_mail(
                session, "application_received", application.email, application=str(application.id)
            )
    return application


async def _of_person(session: AsyncSession, key: str) -> Application | None:
    """The application of this address, ours alone until the transaction ends."""
    await take_turn(session, f"applicant:{key}")
    return await rows.by_email_key(session, key, lock=True)


async def _recruiter(session: AsyncSession, application: Application) -> str:
    """Whom the application names already, if that counts: the first who invited somebody stays."""
    known = await recruits.named(session, application)
    return known.ref if known and not known.problem else ""


def _fill(
    application: Application, fields: ApplicationFields, email: str, settings: program.Program
) -> None:
    for name, value in asdict(fields).items():
        setattr(application, name, value)
    application.email = email
    application.agreed_to_terms = bool(fields.terms) and all(fields.terms.values())
    application.terms_version = settings.terms_version


async def view(session: AsyncSession, application_id: UUID) -> View:
    """An application with its checklist, as of now."""
    application = await _found(session, application_id)
    settings = await program.load(session)
    wanted = application.chosen_code or application.requested_code.strip().upper()
    if application.status == Status.PENDING:
        verdict = await codes.judge(session, wanted, settings, name=application.name)
    else:
        verdict = codes.Verdict(wanted)
    checks = run_checks(Review(application, settings, verdict))
    affiliate, named, recruiter = None, None, None
    if application.affiliate_id is not None:
        affiliate = await affiliate_rows.get(session, application.affiliate_id)
        recruiter = await recruits.recruiter_of(session, application.affiliate_id)
    else:
        named = await recruits.named(session, application)
    attention = await _attention(session, application)
    return View(application, checks, verdict, attention, affiliate, named, recruiter)


async def pending_view(session: AsyncSession, application_id: UUID) -> View:
    """The same, of an application that can still be decided. Raises `ConflictError`."""
    seen = await view(session, application_id)
    _require_pending(seen.application)
    return seen


async def _attention(session: AsyncSession, application: Application) -> str:
    """What stands in the way of an approval, as a sentence; empty if nothing does."""
    if application.status != Status.PENDING:
        return ""
    if application.email_key is None:
        given = f"“{application.email}” is none" if application.email else "none was given"
        return f"No usable mail address: {given}. Set one before approving."
    affiliate = await affiliate_rows.by_email_key(session, application.email_key)
    if affiliate is not None:
        return f"{application.email} is in the program already, with {affiliate.promo_code}."
    return ""


async def set_promo_code(
    session: AsyncSession, application_id: UUID, code: str, actor: Actor
) -> Application:
    """Choose the code that an approval will use. Raises `InvalidError`, `ConflictError`."""
    application = await _pending(session, application_id)
    settings = await program.load(session)
    application.chosen_code = await codes.require_good(
        session, code, settings, name=application.name
    )
    return await _changed(session, application, actor, "application.code_set", code=code)


async def set_email(
    session: AsyncSession, application_id: UUID, text: str, actor: Actor
) -> Application:
    """Give an application the address that it lacked. Raises `InvalidError`, `ConflictError`."""
    email = parse_email(text)
    if email is None:
        raise InvalidError("That is no mail address.", {"email": "That is no mail address."})
    other = await _of_person(session, email_key(email))
    application = await _pending(session, application_id)
    if other is not None and other.id != application.id:
        sentence = f"{email} has an application already ({other.status})."
        raise InvalidError(sentence, {"email": sentence})
    application.email, application.email_key = email, email_key(email)
    changed = await _changed(session, application, actor, "application.email_set", email=email)
    await effects.update_directory(session, email_key(email))
    return changed


async def approve(
    session: AsyncSession, application_id: UUID, code: str, actor: Actor
) -> Affiliate:
    """Let somebody into the program with a promo code.

    Of two people who decide at once, one wins; the other gets `ConflictError` saying who.
    Raises `InvalidError` for a code that the rules refuse or that exists, or if something
    else stands in the way: see `View.needs_attention`.
    """
    application = await _pending(session, application_id)
    if application.email_key is not None:
        await take_turn(session, f"affiliate:{application.email_key}")
    if obstacle := await _attention(session, application):
        raise InvalidError(obstacle)
    settings = await program.load(session)
    await codes.require_good(session, code, settings, name=application.name)
    named = await recruits.named(session, application)
    recruiter = named.recruiter if named and not named.problem else None
    affiliate = await affiliates.create(
        session, application, code, settings, actor, recruiter=recruiter
    )
    await joined(session, application, affiliate)
    application.chosen_code = code
    application.affiliate_id = affiliate.id
    _decide(application, Status.APPROVED, actor)
    detail = {"recruiter": recruiter.promo_code} if recruiter else {}
    await _changed(session, application, actor, "application.approved", code=code, **detail)
    await effects.update_directory(session, affiliate.email_key)
    await effects.send_mail(
        session, "application_approved", affiliate.email, affiliate=str(affiliate.id)
    )
    return affiliate


async def reject(
    session: AsyncSession, application_id: UUID, reason: str, actor: Actor
) -> Application:
    """Turn somebody away, with a reason that they are told. Raises as `approve` does."""
    application = await _pending(session, application_id)
    application.decision_reason = reason = require_reason(reason)
    _decide(application, Status.REJECTED, actor)
    await _changed(session, application, actor, "application.rejected", reason=reason)
    if application.email_key is not None:
        await effects.update_directory(session, application.email_key)
        await effects.send_mail(
            session, "application_rejected", application.email, application=str(application.id)
        )
    return application


async def reopen(session: AsyncSession, application_id: UUID, actor: Actor) -> Application:
    """Take back a rejection; the application waits for a decision again.

    Raises `ConflictError` if it was not rejected, or not any more.
    """
    application = await _found(session, application_id, lock=True)
    if application.status != Status.REJECTED:
        raise ConflictError("Only a rejected application can be reopened.")
    application.status = Status.PENDING
    application.decided_at, application.decided_by, application.decision_reason = None, "", ""
    await _changed(session, application, actor, "application.reopened")
    if application.email_key is not None:
        await effects.update_directory(session, application.email_key)
    return application


async def _found(session: AsyncSession, application_id: UUID, *, lock: bool = False) -> Application:
    application = await rows.get(session, application_id, lock=lock)
    if application is None:
        raise NotFoundError("There is no such application.")
    return application


async def _pending(session: AsyncSession, application_id: UUID) -> Application:
    application = await _found(session, application_id, lock=True)
    _require_pending(application)
    return application


def _require_pending(application: Application) -> None:
    if application.status != Status.PENDING:
        raise ConflictError(f"Already {application.status} by {application.decided_by}.")


def _decide(application: Application, status: Status, actor: Actor) -> None:
    application.status = status
    application.decided_at = clock.now()
    application.decided_by = actor.name or actor.id


async def _changed(
    session: AsyncSession, application: Application, actor: Actor, action: str, **detail: str
) -> Application:
    application.updated_at = clock.now()
    session.add(application)
    await webhook_moments.application(session, action, application)
    await record(session, actor, action, f"application:{application.id}", **detail)
    await effects.show_application(session, application.id)
    return application
