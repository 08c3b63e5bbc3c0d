"""Ids of ours: UUIDv7, so that they sort by the moment they were made."""

from datetime import datetime
from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A fresh UUIDv7; later ones of the same process sort after earlier ones."""
    return uuid_utils.compat.uuid7()


def first_id(moment: datetime) -> UUID:
    """The least id that can have been made at a moment: all that were made before are less.

    None was before 1970: ids count from there.
    """
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
