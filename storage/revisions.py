"""The migrations that this code knows, by the names of their files: none needs to be loaded."""

from functools import cache
from pathlib import Path
from typing import Final

VERSIONS: Final = [Path(__file__).parent / "migrations" / "versions"]
"""The folders of migrations."""

NAME: Final = "affiliate-desk"


@cache
def revisions() -> tuple[str, ...]:
    """Every migration that this code knows, the oldest first."""
    found = (file.name[:4] for folder in VERSIONS for file in folder.glob("[0-9]*.py"))
    return tuple(sorted(found))


def connection_name() -> str:
    """As what servers of this code are connected: by its last migration one can tell how old."""
    return f"{NAME} {revisions()[-1]}"
