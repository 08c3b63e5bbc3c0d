"""Column types that mean the same on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import JSON, Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

JSON_TYPE = JSON().with_variant(JSONB(), "postgresql")


def json_field(default_factory: Any) -> Any:
    """A column of JSON. Assign a new value to change it: edits in place are not seen."""
    return Field(default_factory=default_factory, sa_column=Column(JSON_TYPE, nullable=False))
