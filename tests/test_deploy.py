"""`deploy/` and docs/running.md: what they name is there, and they say the same."""

import configparser
import inspect
import json
import re
import shlex
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
import yaml

import main
from commands import serve
from settings import Settings
from storage.worker import Worker
from tests.server import Server
from tests.standing import free_port

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "running.md").read_text()
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
UNITS = sorted(DEPLOY.glob("affiliate-desk*.service"))
NOT_OURS = {"POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB", "LOGNAME", "POSTGRES", "FILE"}
NOT_OURS |= {"FOLDER", "ADDRESS", "CODE", "UTC", "SIGTERM", "PYTHONDONTWRITEBYTECODE"}
"""Words in capitals that are no settings of ours."""


class Unit(configparser.RawConfigParser):
    """A unit of systemd: names keep their case, and may stand there more than once."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(path.read_text())


def stages() -> list[str]:
    """The Containerfile in parts, each from its FROM."""
    return re.split(r"^FROM ", CONTAINERFILE, flags=re.MULTILINE)[1:]


def instructions(word: str, text: str = CONTAINERFILE) -> list[str]:
    """What follows an instruction, lines that go on joined."""
    joined = re.sub(r"\\\n", " ", text)
    return re.findall(rf"^\s*{word} +(.*)$", joined, re.MULTILINE)


def stops_within() -> float:
    """What a graceful stop takes at most: requests, then each worker, in seconds."""
    grace: float = inspect.signature(Worker.stop).parameters["grace"].default
    workers = (ROOT / "desk.py").read_text().count(".stop()\n") - 1  # the scheduler only ends
    assert workers == 3
    return serve._SHUTDOWN_S + workers * grace  # noqa: SLF001 - what it really waits


def test_the_image_has_every_module() -> None:
    """What the program is made of is copied, and nothing that is not there."""
    copied = {
        name
        for line in instructions("COPY", stages()[0])
        for name in line.split()[:-1]
        if not name.startswith("requirements")
    }
    pieces = (ROOT / "pyproject.toml").read_text()
    modules = re.search(r"py-modules = \[(.*)\]", pieces)
    packages = re.search(r'include = \["(.*)"\]', pieces)
    assert modules
    assert packages
    wanted = {f"{name}.py" for name in re.findall(r'"(\w+)"', modules[1])}
    wanted |= set(packages[1].replace('"', "").replace("*", "").split(", "))
    assert copied == wanted | {"manifest.yml"}
    assert all((ROOT / name).exists() for name in copied)
    listed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if "!" in line}
    assert {name if "." not in name or name == "manifest.yml" else "*.py" for name in wanted} <= (
        listed
    )
    assert {"manifest.yml", "requirements.lock"} <= listed


def test_the_image_is_installed_by_hash_and_runs_as_nobody() -> None:
    """No compiler in either stage, no pip in the last one, and a user without rights."""
    first, last = stages()
    assert "--require-hashes --only-binary :all: -r /tmp/requirements.lock" in first
    assert not re.search(r"gcc|build-essential|-dev\b", CONTAINERFILE)
    assert "pip" not in last
    assert instructions("USER", last) == ["desk"]
    assert last.index("USER desk") < last.index("CMD [")
    assert {line.split(":")[-1].split()[0] for line in instructions("FROM")} == {
        "3.11-slim-bookworm"
    }
    assert instructions("STOPSIGNAL", last) == ["SIGTERM"]
    assert json.loads(instructions("VOLUME", last)[0]) == ["/data", "/backups"]


async def test_the_health_check_of_the_image_tells_ready_from_not(tmp_path: Path) -> None:
    """Run as it stands there, against a real server, and against none."""
    command = re.search(r"^HEALTHCHECK .*\n +CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    assert command
    program, *arguments = json.loads(command[1])
    assert program == "/opt/venv/bin/python"
    port = free_port()

    def status() -> int:
        return subprocess.run(  # noqa: S603 - a command of our own
            [sys.executable, *arguments],
            env={"PORT": str(port)},
            capture_output=True,
            check=False,
        ).returncode

    assert status() != 0
    settings = Settings(
        _env_file=None,
        port=port,
        database_url=f"sqlite+aiosqlite:///{tmp_path}/desk.db",
        secret_key="a-secret-key-of-more-than-32-characters",
    )
    server = Server(port, tmp_path, "serve", settings=settings)
    await server.start()
    assert status() == 0
    assert await server.stop() == 0
    assert status() != 0


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_one_for_systemd(path: Path, tmp_path: Path) -> None:
    """Systemd itself finds nothing wrong with it, and little that an intruder could use."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed here")
    text = path.read_text().replace("/opt/affiliate-desk/.venv/bin/affiliate-desk", "/bin/true")
    unit = tmp_path / path.name
    unit.write_text(text)
    for command in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=30"]):
        done = subprocess.run(  # noqa: S603 - a command of our own
            [analyze, *command, str(unit)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert str(unit) not in done.stderr
        assert path.name not in done.stderr


def test_the_units_say_the_same() -> None:
    """One user, one environment, one folder; the timer begins the backup that there is."""
    for path in UNITS:
        service = Unit(path)["Service"]
        assert service["User"] == service["Group"] == "affiliate-desk"
        assert service["EnvironmentFile"] == "/etc/affiliate-desk.env"
        assert service["WorkingDirectory"] == "/var/lib/affiliate-desk"
        assert service["StateDirectory"].split()[0] == "affiliate-desk"
        assert service["ExecStart"].startswith("/opt/affiliate-desk/.venv/bin/affiliate-desk ")
        assert service["ProtectSystem"] == "strict"
        assert service["NoNewPrivileges"] == "yes"
    backup = Unit(DEPLOY / "affiliate-desk-backup.service")["Service"]
    folder = backup["StateDirectory"].split()[1]
    assert f" backup /var/lib/{folder} " in backup["ExecStart"]
    timer = Unit(DEPLOY / "affiliate-desk-backup.timer")
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert int(Unit(DEPLOY / "affiliate-desk.service")["Service"]["LimitNOFILE"]) >= 65536


def test_there_is_time_to_stop() -> None:
    """Whoever stops the server waits for longer than it takes to finish what was begun."""
    service = Unit(DEPLOY / "affiliate-desk.service")["Service"]
    patience = {
        service["TimeoutStopSec"],
        COMPOSE["services"]["server"]["stop_grace_period"].removesuffix("s"),
        re.search(r"--stop-timeout (\d+)", PAGE)[1],  # type: ignore[index]
        re.search(r"therefore allow (\d+) seconds", PAGE)[1],  # type: ignore[index]
    }
    assert len(patience) == 1
    assert float(patience.pop()) >= stops_within() + 30
    assert f"requests {serve._SHUTDOWN_S:g} seconds" in PAGE  # noqa: SLF001 - as above


def test_compose_is_whole() -> None:
    """Networks, volumes and files that are named are there; nothing but the proxy is outside."""
    services = COMPOSE["services"]
    assert set(services) == {"server", "db", "proxy"}
    for name, service in services.items():
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            there = (DEPLOY / source).exists() if "/" in source else source in COMPOSE["volumes"]
            assert there, volume
        assert set(service.get("depends_on", ())) <= set(services), name
        assert ("ports" in service) == (name == "proxy")
        assert service["restart"] == "unless-stopped"
    assert services["db"]["image"].endswith("/postgres:16")
    assert services["server"]["build"]["args"] == {"POSTGRES": "16"}
    assert (DEPLOY / services["server"]["build"]["context"] / "deploy" / "Containerfile").exists()
    assert services["server"]["read_only"] is True
    assert "healthcheck" in services["db"]
    assert "HEALTHCHECK" in CONTAINERFILE
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_what_compose_sets_is_a_setting() -> None:
    """The server starts with it, trusts the proxy's network and finds its database."""
    server = COMPOSE["services"]["server"]
    given = {
        name.lower(): re.sub(r"\$\{\w+:\?.*?\}", "word", value)
        for name, value in server["environment"].items()
    }
    assert set(given) <= set(Settings.model_fields)
    settings = Settings(_env_file=None, **given)  # type: ignore[arg-type]
    (network,) = COMPOSE["networks"]["outside"]["ipam"]["config"]
    assert [str(one) for one in settings.trusted_proxies] == [network["subnet"]]
    assert settings.database_url == "postgresql+asyncpg://desk:word@db/desk"
    database = COMPOSE["services"]["db"]["environment"]
    assert (database["POSTGRES_USER"], database["POSTGRES_DB"]) == ("desk", "desk")
    environment = dict(
        pair.split("=", 1) for pair in instructions("ENV", stages()[1])[0].split() if "=" in pair
    )
    assert {name.lower() for name in environment} - set(Settings.model_fields) == {
        "pythondontwritebytecode"
    }
    ports = {environment["PORT"], server["environment"]["PORT"], *instructions("EXPOSE")}
    assert ports == {"8080"}
    assert f"reverse_proxy server:{environment['PORT']}" in (DEPLOY / "Caddyfile").read_text()


def commands() -> list[list[str]]:
    """Every command of ours in the files and on the page, as its words."""
    texts = [PAGE, CONTAINERFILE, *(path.read_text() for path in UNITS)]
    found = []
    for text in texts:
        joined = re.sub(r"\\\n\s*", " ", text)
        for line in re.findall(r"(?<![\w/.-])(?:\S*/)?affiliate-desk ((?:[a-z]).*)", joined):
            said = re.split(r"`|,|\. | {2,}|\||\n| fetches| shows", line)[0]
            found.append(shlex.split(said.strip().removesuffix(".")))
    return [words for words in found if words[0] in main.COMMANDS]


def test_every_command_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands there, the command line takes it."""
    named = commands()
    assert {words[0] for words in named} >= {"serve", "backup", "restore", "doctor", "migrate"}
    for words in named:
        parser: ArgumentParser = main._parser(words[:1])  # noqa: SLF001 - the grammar itself
        parser.parse_args(words)


def test_every_file_that_is_named_is_there() -> None:
    """Paths of the checkout, chapters of the pages, and the health of the server."""
    named = set(re.findall(r"(?<![\w/])deploy/[\w.-]+\w", PAGE)) - {"deploy/.env"}
    assert {path.name for path in DEPLOY.iterdir() if path.suffix in {".yml", ".service"}} >= {
        Path(name).name for name in named if name.endswith((".yml", ".service"))
    }
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    for link in re.findall(r"\]\((?!http)([^)]+)\)", PAGE):
        page, _, chapter = link.partition("#")
        path = ROOT / "docs" / page if page else ROOT / "docs" / "running.md"
        assert path.exists(), link
        heads = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE) if chapter else []
        slugs = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
        assert not chapter or chapter in slugs, link
    health = (ROOT / "health.py").read_text()
    for path in re.findall(r"^\| `(/\w+)`", PAGE, re.MULTILINE):
        assert f'"{path}"' in health


def test_every_setting_that_is_named_is_one() -> None:
    """On the page, in the units, in compose.yml and the Caddyfile."""
    texts = [PAGE, (DEPLOY / "Caddyfile").read_text(), *(path.read_text() for path in UNITS)]
    named = {word for text in texts for word in re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b", text)}
    named |= set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yml").read_text()))
    assert len(named) > 8
    assert {name for name in named if name.lower() not in Settings.model_fields} <= NOT_OURS


def test_nothing_here_is_a_secret() -> None:
    """What has to be secret has no value in these files, and its absence is said."""
    text = (DEPLOY / "compose.yml").read_text()
    assert text.count("${POSTGRES_PASSWORD:?") == 2
    assert not re.search(r"POSTGRES_PASSWORD: +[^$\s]", text)
    assert (
        "/.env"
        not in subprocess.run(
            ["git", "ls-files", "deploy"],  # noqa: S607 - the git that made this checkout
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
