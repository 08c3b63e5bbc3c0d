"""Engines of a test process share what they have compiled, as one server's do over its life.

Each test opens a database of its own, and to compile the same statements again for each was a
third of what tests of the domain cost.
"""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import db

_FIRST: dict[str, Engine] = {}
"""By kind of database, the first engine that has connected, and so knows the server's version."""


def share_compiled_statements() -> None:
    """Let every `Database` that is opened from here on take part."""
    db.create_async_engine = _create


def _create(url: str, **options: Any) -> AsyncEngine:
    made = create_async_engine(url, **options)
    engine = made.sync_engine
    first = _FIRST.get(engine.name)
    if first is None:

        @event.listens_for(engine, "connect")
        def remember(*_: Any) -> None:
            _FIRST.setdefault(engine.name, engine)

    else:
        # What is compiled is kept by dialect, which knows nothing of a single connection.
        engine.dialect = engine.pool._dialect = first.dialect  # noqa: SLF001 - there is no door
        engine._compiled_cache = first._compiled_cache  # noqa: SLF001 - as above
    return made
