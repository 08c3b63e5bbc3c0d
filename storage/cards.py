"""Where the operators' cards are, so that a card can be brought up to date later."""

from uuid import UUID

from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

APPLICATION = "application"
PAYOUT = "payout"
LANDING = "landing"
LEAK = "leak"
CODE_BATCH = "code_batch"
TAX_FORM = "tax_form"
CONTEST = "contest"
CASE = "case"
ERASURE = "erasure"
FRAUD = "fraud"
ALERT = "alert"


class Card(SQLModel, table=True):
    """A posted card: `kind` and `subject` say what it shows, channel and message where."""

    __tablename__ = "operator_cards"

    kind: str = Field(primary_key=True)
    subject: UUID = Field(primary_key=True)
    channel: str
    message: str


async def get(session: AsyncSession, kind: str, subject: UUID) -> Card | None:
    """The card of a subject, if it was posted."""
    return await session.get(Card, (kind, subject))
