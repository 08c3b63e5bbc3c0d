"""What a measurement comes to, and how it is shown."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the results.

    `ours` and `floor` are figures in words. `share` is ours over the floor as the line's claim has
    it, and `owed` the share that we promise; `at_most` says that less is better. None where
    something could not be measured here, and `note` then says why.
    """

    work: str
    ours: str
    floor: str
    share: float | None
    owed: float
    at_most: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the promise is kept; None where it is not known."""
        if self.share is None:
            return None
        return self.share <= self.owed if self.at_most else self.share >= self.owed

    @property
    def promise(self) -> str:
        """The promise in words."""
        return f"{'≤' if self.at_most else '≥'} {self.owed:g}"
