"""Column types that mean the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Date, cast, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

JSON_TYPE = JSON().with_variant(JSONB(), "postgresql")


def json_field(default_factory: Any) -> Any:
    """A column of JSON. Assign a new value to change it: edits in place are not seen."""
    return Field(default_factory=default_factory, sa_column=Column(JSON_TYPE, nullable=False))


def utc_day(session: AsyncSession) -> Callable[[Any], ColumnElement[date]]:
    """How a moment becomes its UTC day in this database."""
    if session.get_bind().dialect.name == "postgresql":
        return lambda moment: cast(func.timezone("UTC", moment), Date)
    return lambda moment: func.date(moment, type_=Date)
