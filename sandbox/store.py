"""What a stand-in remembers: JSON in memory, and in a file so that a restart forgets nothing."""

import json
import os
from pathlib import Path
from typing import Any


class Store:
    """One stand-in's state: a dict of JSON values.

    `path=None` keeps it in memory only, which is what tests want.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.data: dict[str, Any] = {}
        if path is not None and path.exists():
            self.data = json.loads(path.read_text(encoding="utf-8"))

    def save(self) -> None:
        """Write the state so that a kill leaves either the old file or the new one."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self.data, ensure_ascii=False), encoding="utf-8")
        os.replace(temporary, self.path)  # noqa: PTH105 - atomic replace, both paths known
