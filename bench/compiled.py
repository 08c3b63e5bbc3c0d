"""Small programs in C, compiled where they run; without a compiler there is Python."""

import shutil
import subprocess
from pathlib import Path

_HERE = Path(__file__).parent


def compiled(name: str, folder: Path, *options: str) -> Path | None:
    """`bench/NAME.c` as a program or library in this folder; None without a working compiler."""
    compiler = shutil.which("cc")
    made = folder / name
    if compiler is None:
        return None
    command = [compiler, "-O2", *options, "-o", str(made), str(_HERE / f"{name}.c"), "-ldl"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own source
    return made if done.returncode == 0 else None
