"""Sums by day of a made-up year, packed: those of ten thousand affiliates are millions."""

from collections.abc import Iterator
from datetime import date, timedelta
from struct import Struct
from typing import Any

Key = tuple[str, ...]


class Sums:
    """Whole numbers by key and day. Days come one after the other, and are closed.

    `figures` says how each day's numbers are packed, as `struct` does.
    """

    def __init__(self, first: date, figures: str) -> None:
        self._first, self._packing = first, Struct(f"<H{figures}")
        self._none = [0] * len(figures)
        self._today: dict[Key, list[int]] = {}
        self._kept: dict[Key, bytearray] = {}

    def add(self, key: Key, figure: int, amount: int) -> None:
        """Add to one of the day's numbers."""
        found = self._today.get(key)
        if found is None:
            found = self._today[key] = self._none.copy()
        found[figure] += amount

    def close(self, day: date) -> None:
        """Keep what was added as the numbers of a day."""
        number, pack, kept = (day - self._first).days, self._packing.pack, self._kept
        for key, figures in self._today.items():
            packed = pack(number, *figures)
            if key in kept:
                kept[key] += packed
            else:
                kept[key] = bytearray(packed)
        self._today.clear()

    def rows(self) -> Iterator[tuple[Key, date, tuple[Any, ...]]]:
        """Every key's days with their numbers, in the order of keys: so an index only grows."""
        days = [self._first + timedelta(days=number) for number in range(400)]
        for key in sorted(self._kept):
            for number, *figures in self._packing.iter_unpack(self._kept[key]):
                yield key, days[number], tuple(figures)
