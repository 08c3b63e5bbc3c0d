"""Where in the App Home somebody is: the tab, and what they look at on it."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final, Self

from bot.code_lists import NEWEST, Looking


class Tab(StrEnum):
    """The tabs, in the order of their buttons."""

    QUEUE = "queue"
    AFFILIATES = "affiliates"
    CODES = "codes"
    PROGRAM = "program"
    MONEY = "money"
    HEALTH = "health"


@dataclass(frozen=True, slots=True)
class Place:
    """Travels in the `private_metadata` of somebody's App Home, which only Slack and we write.

    `codes` are the discount codes that the tab of codes shows, `sought` is what was last looked
    for among affiliates.
    """

    tab: Tab = Tab.QUEUE
    codes: Looking = field(default=NEWEST)
    sought: str = ""

    def packed(self) -> str:
        """As text for `private_metadata`."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def carried(cls, packed: str) -> Self:
        """What `packed` made; the beginning where nothing was carried.

        An App Home that was shown before there were tabs carries no tab, and begins anew.
        """
        told = json.loads(packed) if packed else {}
        if "tab" not in told:
            return cls()
        return cls(Tab(told["tab"]), Looking(**told["codes"]), told["sought"])


BEGINNING: Final = Place()
"""Where somebody is who has not chosen anything."""
