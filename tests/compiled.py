"""All of a test process shares what was compiled, as one server does over its life.

Each test opens a database and often a dashboard of its own. To compile the same statements and
templates again for each was half of what such tests cost.
"""

from functools import partial
from types import CodeType
from typing import Any

import aiohttp_jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import db

_FIRST: dict[str, Engine] = {}
"""By kind of database, the first engine that has connected, and so knows the server's version."""


def share_compiled() -> None:
    """Let every `Database` and every dashboard that is opened from here on take part."""
    vars(db)["create_async_engine"] = _create
    aiohttp_jinja2.setup = partial(aiohttp_jinja2.setup, bytecode_cache=_Templates())


class _Templates(BytecodeCache):
    """Compiled templates by their addresses, each with the checksum of what it was made from."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put in what was compiled from the same text."""
        checksum, code = self._made.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._made[bucket.key] = (bucket.checksum, bucket.code)


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
