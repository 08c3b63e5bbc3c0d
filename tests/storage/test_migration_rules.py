"""Migrations run while servers of the release before work: each says whether they may go on."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from alembic.script import ScriptDirectory

from storage import migrating
from storage.revisions import VERSIONS, revisions
from storage.tables import METADATA
from tests.large import FEW

FIRST: Final = "0037"
"""Earlier ones were never met by a server that goes on beside them."""
SMALL: Final = FEW | {"oldest_code"}
TAKES_AWAY: Final = frozenset(
    {
        *("alter_column", "drop_column", "drop_constraint", "drop_table", "rename_table"),
        *("batch_alter_table", "create_unique_constraint", "create_check_constraint"),
        *("create_foreign_key", "create_exclude_constraint"),
    }
)
"""What the code of before may stumble over."""


def _calls(tree: ast.AST, owner: str) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            if isinstance(of, ast.Name) and of.id == owner:
                yield node.func.attr, node


def _text(node: ast.expr | None, tree: ast.Module) -> str:
    """A text as it stands there, or as a constant of the module has it; empty if it is none."""
    if isinstance(node, ast.Name):
        for each in tree.body:
            if isinstance(each, ast.Assign | ast.AnnAssign) and each.value is not None:
                targets = each.targets if isinstance(each, ast.Assign) else [each.target]
                if any(isinstance(one, ast.Name) and one.id == node.id for one in targets):
                    return _text(each.value, tree)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text and isinstance(node, ast.Constant) else ""


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    given = {one.arg: one.value for one in call.keywords}
    return given.get(name) or (call.args[place] if len(call.args) > place else None)


def problems(source: str, *, phase: str, needs: str = "", known: tuple[str, ...] = ()) -> list[str]:
    """What a migration does against the rules of docs/upgrading.md."""
    tree = ast.parse(source)
    upgrade = next(
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    )
    found = []
    if phase not in {"expand", "contract"}:
        found.append('say phase = "expand" or "contract"')
    if phase == "contract" and needs not in known:
        found.append("say needs = the migration that code has to know to go on")
    if phase == "expand" and needs:
        found.append("a migration that needs newer code contracts")
    calls = list(_calls(upgrade, "op"))
    made = {
        _text(_argument(call, 0, "table_name"), tree) for n, call in calls if n == "create_table"
    }
    for name, call in calls:
        if name in TAKES_AWAY and phase == "expand":
            found.append(f"{name} contracts")
        if name == "execute" and phase == "expand":
            found.append("SQL of your own may do anything: it contracts, or belongs into the code")
        if name in {"create_index", "drop_index"}:
            place = 1
            table = _text(_argument(call, place, "table_name"), tree)
            if table not in made | SMALL:
                found.append(f"{name} on {table or 'a table'}: use online.{name}")
            unique = any(one.arg == "unique" for one in call.keywords)
            if unique and table not in made and phase == "expand":
                found.append("a unique index on what there is contracts")
    online = list(_calls(upgrade, "online"))
    if online and calls:
        found.append("an index that is made online has its migration alone")
    if phase == "expand" and any(
        one.arg == "unique" for _, call in online for one in call.keywords
    ):
        found.append("a unique index on what there is contracts")
    return found


def _scripts() -> list[ModuleType]:
    found = ScriptDirectory.from_config(migrating.config()).walk_revisions()
    return sorted((one.module for one in found), key=lambda module: module.revision)


def test_files_are_named_by_their_revisions_one_behind_the_other() -> None:
    """Servers tell by the names of files which migrations they know, and in which order."""
    scripts = _scripts()
    numbers = [module.revision for module in scripts]
    assert tuple(numbers) == revisions()
    assert [module.down_revision for module in scripts] == [None, *numbers[:-1]]
    files = [Path(module.__file__ or "") for module in scripts]
    assert all(file.name.startswith(n + "_") for file, n in zip(files, numbers, strict=True))


def test_each_migration_says_whether_servers_of_before_may_go_on() -> None:
    """And does nothing of which they would notice, unless it says so."""
    strays = {}
    for module in _scripts():
        if module.revision < FIRST:
            continue
        known = tuple(number for number in revisions() if number <= module.revision)
        source = Path(module.__file__ or "").read_text()
        phase, needs = getattr(module, "phase", ""), getattr(module, "needs", "")
        if found := problems(source, phase=phase, needs=needs, known=known):
            strays[module.revision] = found
    assert strays == {}


def test_tables_that_are_called_small_are_there() -> None:
    """A name that is misspelt, or gone, would excuse nothing and look as if it did."""
    assert set(METADATA.tables) >= SMALL - {"operator_alerts"}
    assert all(folder.is_dir() for folder in VERSIONS)


@pytest.mark.parametrize(
    ("work", "says", "complaint"),
    [
        ('op.drop_column("sales", "tax")', {"phase": "expand"}, "drop_column contracts"),
        ('op.alter_column("sales", "tax")', {"phase": "expand"}, "alter_column contracts"),
        ('op.rename_table("sales", "sold")', {"phase": "expand"}, "rename_table contracts"),
        ('op.execute("UPDATE sales SET tax = 0")', {"phase": "expand"}, "SQL of your own"),
        ('op.create_index("ix", "sales", ["tax"])', {"phase": "expand"}, "use online.create_index"),
        ('op.create_index("ix", _T, ["tax"])', {"phase": "expand"}, "on sales: use online"),
        ('op.drop_index("ix", table_name="sales")', {"phase": "expand"}, "use online.drop_index"),
        (
            'online.create_index("ix", "sales", ["tax"], unique=True)',
            {"phase": "expand"},
            "unique index on what there is",
        ),
        (
            'online.create_index("ix", "sales", ["tax"]); op.add_column("sales", c)',
            {"phase": "expand"},
            "alone",
        ),
        ('op.add_column("sales", c)', {"phase": ""}, "say phase"),
        ('op.drop_column("sales", "tax")', {"phase": "contract"}, "say needs"),
        ('op.drop_column("sales", "tax")', {"phase": "contract", "needs": "77"}, "say needs"),
        ('op.add_column("sales", c)', {"phase": "expand", "needs": "0001"}, "contracts"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_stop_a_server_is_found(work: str, says: dict[str, str], complaint: str) -> None:
    """The check finds each thing that it is there for."""
    (found,) = problems(_migration(work), **says, known=("0001",))
    assert complaint in found


@pytest.mark.parametrize(
    ("work", "says"),
    [
        ('op.add_column("sales", c)', {"phase": "expand"}),
        ('op.create_table("new", c); op.create_index("ix", "new", ["a"], unique=True)', None),
        ('op.create_index("ix", "affiliate_program", ["a"])', None),
        ('online.create_index("ix", "sales", ["tax"])', None),
        ('op.drop_column("sales", "tax")', {"phase": "contract", "needs": "0001"}),
    ],
)
def test_what_servers_do_not_notice_is_left_alone(work: str, says: dict[str, str] | None) -> None:
    """New tables and columns, indexes that hold nobody up, and what says that it takes away."""
    given = says or {"phase": "expand"}
    assert problems(_migration(work), **given, known=("0001",)) == []


def _migration(work: str) -> str:
    return f'_T = "sales"\n\ndef upgrade() -> None:\n    {work}\n'
