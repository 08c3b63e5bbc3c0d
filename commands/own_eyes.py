"""Files that hold what is known of people: nobody reads them but whose command wrote them."""

import os
import stat

MODE = 0o600


def own_eyes(path: str, flags: int) -> int:
    """Open a file for its owner alone, also if it was there before: `open(…, opener=own_eyes)`."""
    opened = os.open(path, flags, MODE)
    if stat.S_ISREG(os.fstat(opened).st_mode):
        os.fchmod(opened, MODE)
    return opened
