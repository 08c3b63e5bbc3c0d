"""Each command as a person starts it: other tests fork it from a process with all loaded."""

import subprocess
import sys

import pytest

from main import COMMANDS
from tests.server import MAIN


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_loads_all_that_it_needs(name: str) -> None:
    """Only its own file is loaded, which must not count on what another one brings."""
    asked = [sys.executable, str(MAIN), name, "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: affiliate-desk {name} ")
