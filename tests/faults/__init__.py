"""Faults of every kind, and what has to be so after each of them."""

import pytest

pytest.register_assert_rewrite("tests.faults.verdict", "tests.faults.town")
