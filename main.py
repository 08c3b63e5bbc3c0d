"""The command line: `affiliate-desk serve | sandbox | migrate | doctor | replay | …`."""

import argparse
import asyncio
import gc
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

import logs
from domain.errors import DomainError
from domain.texts import printable
from integrations.errors import TransportError
from storage.errors import DatabaseError

COMMANDS: Final = MappingProxyType(
    {
        "serve": "serve",
        "sandbox": "sandbox",
        "migrate": "migrate",
        "doctor": "doctor",
        "replay": "replay",
        "export": "moving",
        "import": "importing",
        "backup": "backup",
        "restore": "restore",
        "clerk-metadata": "clerk_metadata",
        "reconcile": "reconcile",
        "rollups": "rollups",
        "archive": "archive",
        "tax": "tax",
        "privacy": "privacy",
        "token": "tokens",
        "audit": "audit",
    }
)
"""Each command and its file in `commands/`. Only what is asked for is loaded."""


def main() -> None:
    """Run a command; exits 1 where it failed and 2 where it was asked wrongly."""
    # What is loaded stays: to look through it again and again was a fifth of a start.
    gc.disable()
    arguments = _parser(sys.argv[1:2]).parse_args()
    gc.freeze()
    gc.enable()
    logs.configure()
    try:
        sys.exit(_loop().run(arguments.run(arguments)))
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{name}: {problem['msg']}" if name else problem["msg"], file=sys.stderr)
        sys.exit(2)
    except (DomainError, TransportError, DatabaseError) as error:
        print("\n".join(map(printable, str(error).split("\n"))), file=sys.stderr)
        sys.exit(1)


def _loop() -> asyncio.Runner:
    """Prefer uvloop, which is faster; there is no build of it for every platform."""
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=importlib.import_module("uvloop").new_event_loop)


def _parser(first: Iterable[str]) -> argparse.ArgumentParser:
    """The grammar of the command that is named first, or of all where none is."""
    parser = argparse.ArgumentParser(
        prog="affiliate-desk", description="The affiliate program that a product runs from Slack."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in [name for name in COMMANDS if name in first] or COMMANDS:
        importlib.import_module(f"commands.{COMMANDS[name]}").add(commands)
    return parser


if __name__ == "__main__":
    main()
