"""Releases that are still to come, as far as a database and other servers can tell.

Each is this code with migrations of its own behind those that there are.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent, indent
from typing import Final

from storage.revisions import revisions

_HEAD: Final = '''\
"""A migration of a release to come."""

from alembic import op
import sqlalchemy as sa

from storage.migrations import online

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None

{says}


def upgrade() -> None:
    """Apply."""
{work}
'''
_LAUNCH: Final = """\
import sys
from pathlib import Path

sys.path.insert(0, {root!r})
from storage import revisions

revisions.VERSIONS.append(Path({folder!r}))
import main

main.main()
"""

EXPANDING: Final = """
    op.add_column("inbox", sa.Column("later", sa.String(), nullable=False, server_default=""))
    op.add_column("referral_clicks", sa.Column("later", sa.Integer(), nullable=True))
    op.add_column("sales", sa.Column("later", sa.Integer(), nullable=False, server_default="7"))
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
"""
INDEX: Final = """
    online.create_index("ix_referral_clicks_later", "referral_clicks", ["later", "clicked_at"])
"""
CONTRACTING: Final = """
    op.drop_column("sales", "later")
"""


def release(folder: Path, *works: str, needs: str = "") -> Path:
    """A script to run in place of `main.py`, with a migration for each of `works`.

    The last of them needs code that knows the migration `needs`.
    """
    versions = folder / "versions"
    versions.mkdir(parents=True)
    before = revisions()[-1]
    for number, work in enumerate(works):
        revision = f"{9000 + number}"
        last = number == len(works) - 1
        says = f'phase = "contract"\nneeds = "{needs}"' if needs and last else 'phase = "expand"'
        text = _HEAD.format(
            revision=revision, before=before, says=says, work=indent(dedent(work).strip(), "    ")
        )
        (versions / f"{revision}_later.py").write_text(text)
        before = revision
    script = folder / "release.py"
    root = str(Path(__file__).parents[1])
    script.write_text(_LAUNCH.format(root=root, folder=str(versions)))
    return script


def command(script: Path, *arguments: str) -> Sequence[str]:
    """How a release is run."""
    return (sys.executable, str(script), *arguments)
