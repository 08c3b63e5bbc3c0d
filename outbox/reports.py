"""The report on the latest form submission, as a file that other tools of the company read."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects
from outbox.registry import effect
from outbox.services import Services
from storage import applications
from storage.outbox import Effect
from storage.worker import Job

FILE_NAME = "affiliate_tally_webhook_latest.json"


@effect(effects.INTAKE_REPORT)
async def report_intake(_job: Job[Effect], services: Services) -> None:
    """Write REPORTS_DIR/affiliate_tally_webhook_latest.json, whole or not at all."""
    folder = services.settings.reports_dir
    if folder is None:
        return
    async with services.db.read() as session:
        report = await _latest(session)
    if report is not None:
        await asyncio.to_thread(_write, folder / FILE_NAME, report)


async def _latest(session: AsyncSession) -> dict[str, Any] | None:
    submission = await applications.latest_submission(session, "tally")
    if submission is None:
        return None
    application = await applications.get(session, submission.application_id)
    if application is None:
        return None
    return {
        "ok": application.email_key is not None,
        "receivedAt": submission.received_at.isoformat(),
        "submissionId": submission.external_id,
        "applicationId": str(application.id),
        "email": application.email,
        "status": application.status,
        "needsAttention": application.email_key is None,
        "clerkUserId": application.clerk_user_id or None,
    }


def _write(path: Path, report: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(report, indent=2, ensure_ascii=False), encoding="utf-8")
    os.replace(temporary, path)  # noqa: PTH105 - the atomic one
