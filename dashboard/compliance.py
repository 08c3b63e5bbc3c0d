"""What the program's rules ask of an affiliate, above every page of their dashboard."""

from typing import Final

from dashboard.context import Banner
from domain import terms
from domain.program import Program
from storage import compliance as rows
from storage.affiliates import Affiliate
from storage.db import Database

HERE: Final = "/affiliate/dashboard/rules"


async def banner(db: Database, affiliate: Affiliate, program: Program) -> Banner | None:
    """A warning that was not read yet, or rules to agree to; None where nothing is asked."""
    async with db.read() as session:
        asked = await terms.asked(session, affiliate, program.rules, program.terms_grace_days)
        unread = await rows.unread(session, affiliate.id)
    if unread:
        text = "You have a warning about the program's rules. Read it, and answer if you like."
        return Banner("warning", text, "Read the warning", HERE)
    if asked is None:
        return None
    text = "You have not agreed to the program's rules yet."
    if asked.until is not None:
        day = f"{asked.until.day} {asked.until:%B %Y}"
        text = f"The program's rules have changed. From {day} payouts wait until you agree to them."
    return Banner("info", text, "Read and agree", HERE)
