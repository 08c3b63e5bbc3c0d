"""Rules of the house that reading the code can check, and that no linter knows."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST = 300
GROUND = ("clock", "logs", "measures", "settings")
"""Modules that everything stands on, and that stand on nothing of ours but each other."""


def kept() -> list[Path]:
    """Every file that is kept, less the tests."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - the git that made this checkout
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [Path(name) for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.parts[0] != "tests" and (ROOT / path).exists()]


def sources() -> list[Path]:
    """Every Python file that is kept, less the tests."""
    return [path for path in kept() if path.suffix == ".py"]


def dotted(node: ast.expr) -> str:
    """`a.b.c` as it is written."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imports(tree: ast.Module) -> Iterator[str]:
    """The full name of everything that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def looks_at_a_clock(source: str) -> list[str]:
    """Where a module asks another clock than ours for the time of day."""
    forbidden_calls = {
        f"{owner}.{name}"
        for owner in ("datetime", "datetime.datetime", "date", "datetime.date")
        for name in ("now", "utcnow", "today")
    } | {"time.time", "time.time_ns"}
    tree = ast.parse(source)
    calls = [
        f"line {node.lineno}: {dotted(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and dotted(node) in forbidden_calls
    ]
    return calls + [name for name in imports(tree) if name in {"time.time", "time.time_ns"}]


def test_time_comes_from_the_clock() -> None:
    """What asks the system for the time cannot be tested on another day."""
    strays = {
        str(path): found
        for path in sources()
        if path != Path("clock.py") and (found := looks_at_a_clock((ROOT / path).read_text()))
    }
    assert strays == {}


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import UTC, datetime\ndatetime.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "import time\ntime.time()",
        "from time import time",
        "from datetime import date\nfield(default_factory=date.today)",
    ],
)
def test_the_check_sees_a_stray_clock(source: str) -> None:
    """The rule above can fail."""
    assert looks_at_a_clock(source)


def test_durations_may_be_measured() -> None:
    """A stopwatch is no time of day."""
    assert looks_at_a_clock("import time\ntime.monotonic() - time.perf_counter()") == []


@pytest.mark.parametrize("module", GROUND)
def test_the_ground_stands_on_nothing_above_it(module: str) -> None:
    """What anything may import imports nothing of ours."""
    ours = {path.parts[0].removesuffix(".py") for path in sources()} - set(GROUND)
    tree = ast.parse((ROOT / f"{module}.py").read_text())
    assert {name.split(".")[0] for name in imports(tree)} & ours == set()
    assert {"domain", "storage"} <= ours


def test_no_file_is_long() -> None:
    """A file that outgrows a few screens is two files."""
    long = {
        str(path): lines
        for path in sources()
        if "migrations" not in path.parts
        and (lines := len((ROOT / path).read_text().splitlines())) > LONGEST
    }
    assert long == {}


def test_no_drawer_for_everything() -> None:
    """A module is named after what is in it."""
    drawers = {"utils.py", "util.py", "helpers.py", "misc.py", "common.py"}
    assert [str(path) for path in sources() if path.name in drawers] == []


def test_an_installed_package_has_what_it_reads() -> None:
    """Templates, styles, migrations and the manifest are listed as data of their package."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    listed: dict[str, list[str]] = build["package-data"]
    installed = {name.removesuffix("*") for name in build["packages"]["find"]["include"]}
    packages = {
        path.parent for path in kept() if path.name == "__init__.py" and path.parts[0] in installed
    }
    unlisted = []
    for path in kept():
        package = next((folder for folder in path.parents if folder in packages), None)
        if package is None or (path.suffix == ".py" and path.parent == package):
            continue
        patterns = [*listed["*"], *listed.get(".".join(package.parts), ())]
        inside = path.relative_to(package)
        if not any(
            inside.match(pattern) and len(inside.parts) == len(Path(pattern).parts)
            for pattern in patterns
        ):
            unlisted.append(str(path))
    assert unlisted == []


_SQL_CALLS = {"text", "execute", "exec", "exec_driver_sql", "from_statement", "literal_column"}
_SQL_KNOWN = {
    "storage/raw_sums.py": (1, "names of tables of ours, which no database binds"),
    "bench/bulk.py": (1, "names of indexes that are set aside"),
    "bench/lab.py": (2, "the name of a database that is made"),
}


def mixed_sql(source: str) -> list[str]:
    """Where a module puts together the text of a statement instead of binding its values."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = dotted(node.func).rpartition(".")[2]
        asked = node.args[0]
        mixed = (
            isinstance(asked, ast.JoinedStr)
            or (isinstance(asked, ast.BinOp) and isinstance(asked.op, ast.Add | ast.Mod))
            or (isinstance(asked, ast.Call) and dotted(asked.func).endswith(".format"))
        )
        # A builder of forms has a method of that name; what it is given is no statement.
        own = isinstance(node.func, ast.Attribute) and dotted(node.func).startswith("self.")
        if name in _SQL_CALLS and mixed and not own:
            found.append(f"line {node.lineno}: {name}")
    return found


def test_statements_are_not_put_together_from_texts() -> None:
    """Values are bound, so that nobody's words are ever taken for a statement."""
    strays = {
        str(path): found
        for path in sources()
        if "migrations" not in path.parts
        and str(path) not in _SQL_KNOWN
        and (found := mixed_sql((ROOT / path).read_text()))
    }
    assert strays == {}
    for name, (count, _) in _SQL_KNOWN.items():
        assert len(mixed_sql((ROOT / name).read_text())) == count


@pytest.mark.parametrize(
    "source",
    [
        'session.execute(text(f"DELETE FROM x WHERE a = {b}"))',
        'text("SELECT " + name)',
        'connection.exec_driver_sql("SELECT %s" % name)',
        'session.exec("SELECT {}".format(name))',
    ],
)
def test_the_check_sees_a_mixed_statement(source: str) -> None:
    """The rule above can fail."""
    assert mixed_sql(source)


def test_every_table_for_a_spreadsheet_is_inert() -> None:
    """Whoever writes CSV has cells made inert, so that no name of somebody's is a formula."""
    writers = {
        str(path): {"domain.spreadsheets.inert"} <= set(imports(ast.parse(text)))
        for path in sources()
        if re.search(r"csv\.(DictW|w)riter\(", text := (ROOT / path).read_text())
    }
    assert writers
    assert [name for name, is_inert in writers.items() if not is_inert] == []


def test_nothing_is_run_that_was_sent() -> None:
    """No module evaluates text, unpickles, or starts a shell."""
    forbidden = {"eval", "exec", "compile", "pickle.loads", "pickle.load", "os.system", "os.popen"}
    forbidden |= {"yaml.load", "marshal.loads", "subprocess.getoutput"}
    strays = [
        f"{path}:{node.lineno} {dotted(node.func)}"
        for path in sources()
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Call) and dotted(node.func) in forbidden
    ]
    assert strays == []


def test_templates_escape_and_hold_no_script() -> None:
    """Nothing is marked as safe but our own drawings, and no page has a script or style inline."""
    pages = [path for path in kept() if "templates" in path.parts and path.suffix == ".html"]
    assert len(pages) > 30
    # A text that stands in the template itself may be.
    marked = re.compile(r"[^\"']\s*\|\s*safe")
    safe = {str(path) for path in pages if marked.search((ROOT / path).read_text())}
    assert safe <= {"dashboard/templates/icons.html"}
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|javascript:|autoescape false")
    dashboard = [path for path in pages if path.parts[0] == "dashboard"]
    assert [str(p) for p in dashboard if inline.search((ROOT / p).read_text())] == []


def test_scripts_write_texts_and_no_markup() -> None:
    """What a script of ours shows is text: it builds no HTML and runs no words."""
    risky = re.compile(
        r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    )
    scripts = [path for path in kept() if path.suffix == ".js" and path.parts[0] == "dashboard"]
    assert len(scripts) > 5
    strays = {str(path) for path in scripts if risky.search((ROOT / path).read_text())}
    # It puts in cards that our own server has rendered, with everything escaped.
    assert strays <= {"dashboard/static/live.js"}


def test_every_door_compares_in_constant_time() -> None:
    """Whoever proves themselves to a module that makes seals or reads tokens is compared so."""
    proofs = re.compile(r"hmac\.digest\(|bearer\(request\)|BadSignature\(")
    keyed_hashes = {
        "dashboard/limits.py",
        "domain/clicks.py",
        "domain/compliance_reports.py",
    }
    elsewhere = {
        "dashboard/api/keys.py": "domain/api_keys.py judges it",
        "dashboard/api/operators.py": "domain/operator_tokens.py compares",
        "dashboard/bearer.py": "reads, and leaves it to others to compare",
        "dashboard/session.py": "integrations/clerk_session.py judges it",
        "integrations/clerk_session.py": "PyJWT",
        "webhooks/stripe/verify.py": "stripe.WebhookSignature",
        "webhooks/errors.py": "names the refusal",
        "domain/webhook_endpoints.py": "signs what leaves, which receivers compare",
    }
    doors = {
        str(path): "compare_digest(" in text
        for path in sources()
        if path.parts[0] in {"dashboard", "domain", "webhooks", "integrations"}
        and proofs.search(text := (ROOT / path).read_text())
    }
    left = {name for name, is_safe in doors.items() if not is_safe}
    assert left <= keyed_hashes | set(elsewhere)
    assert {"webhooks/tally/verify.py", "webhooks/clerk/verify.py", "dashboard/csrf.py"} <= set(
        doors
    )


def test_certificates_are_checked() -> None:
    """Nothing switches off what proves that a service is the one that it says."""
    off = re.compile(
        r"verify_ssl|ssl=False|verify=False|CERT_NONE|validate_certs=False|_unverified_"
    )
    assert [str(path) for path in sources() if off.search((ROOT / path).read_text())] == []


def test_pages_keep_nothing_in_browsers() -> None:
    """But the tracker, which remembers on the product's pages by whose link somebody came."""
    kept_there = re.compile(r"localStorage|sessionStorage|indexedDB|document\.cookie")
    scripts = [path for path in kept() if path.suffix == ".js" and path.parts[0] == "dashboard"]
    found = {path.name for path in scripts if kept_there.search((ROOT / path).read_text())}
    assert found == {"tracker.js"}


def test_everything_is_installed_by_its_hash() -> None:
    """Each package of both lists has one, and is installed by it."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        named = re.findall(
            r"^[\w.-]+==[^\n]*(?:\n    [^\n]*)*", (ROOT / name).read_text(), re.MULTILINE
        )
        assert len(named) > 50
        assert [entry for entry in named if "--hash=sha256:" not in entry] == []
        assert f"--require-hashes -r {name}" in (ROOT / "Makefile").read_text()
