"""Tokens for tests of the operators' API."""

from domain import operator_tokens
from domain.audit import Actor
from storage.db import Database
from storage.operator_tokens import OperatorToken
from tests.builders import RITA

ROOT = Actor("root", "", "cli")


async def make_token(
    db: Database, *scopes: str, operator: Actor = RITA, name: str = "CRM"
) -> tuple[OperatorToken, str]:
    """A token with these scopes, and its text."""
    async with db.transaction() as session:
        return await operator_tokens.create(session, name, operator, scopes, ROOT)
