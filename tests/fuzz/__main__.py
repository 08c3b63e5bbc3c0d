"""The long hunt; see `tests/fuzz/long_run.py`."""

import sys

from tests.fuzz.long_run import main

if __name__ == "__main__":
    sys.exit(main())
