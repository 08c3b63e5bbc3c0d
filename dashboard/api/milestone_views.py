"""Milestones as programs send and read them."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict

from dashboard.api.moments import Moment
from dashboard.api.taking import Id, Taken, Told


class Named(Taken):
    """A milestone, by its id."""

    missing: ClassVar[str] = "There is no such milestone any more."

    id: Id


class Asked(Taken):
    """Whether it is only asked what would be."""

    model_config = ConfigDict(extra="ignore")

    # Whatever else it is called is no dry run, as it always was.
    dry_run: Annotated[bool, BeforeValidator(lambda given: str(given).lower() in {"1", "true"})] = (
        False
    )


class NewMilestone(Taken):
    """A milestone to make; the bonus is minor units of the program's currency."""

    refused: ClassVar[str] = "This milestone cannot be made."

    name: str
    referral_threshold: int
    bonus_amount_cents: int
    description: str = ""
    is_active: bool = True
    sort_order: int = 0


class Changes(Taken):
    """What is named changes; the rest stays."""

    refused: ClassVar[str] = "This milestone cannot be saved."

    name: str = ""
    referral_threshold: int = 0
    bonus_amount_cents: int = 0
    description: str = ""
    is_active: bool = True
    sort_order: int = 0


class MilestoneView(Told):
    """A bonus in money for a number of converted referrals."""

    id: UUID
    name: str
    referral_threshold: int
    bonus_amount_cents: int
    description: str
    is_active: bool
    sort_order: int
    currency: str
    created_at: Moment
    updated_at: Moment


class CountedMilestone(MilestoneView):
    """A milestone, how many have its bonus, and how many get it within minutes."""

    affiliates_awarded: int
    affiliates_due: int


class WouldBe(Told):
    """What a milestone would be, and what it would cost at once."""

    name: str
    referral_threshold: int
    bonus_amount_cents: int
    description: str
    is_active: bool
    sort_order: int
    currency: str
    affiliates_due: int
    bonuses_due_cents: int


class NextMilestone(Told):
    """What is ahead."""

    name: str
    referral_threshold: int
    bonus_amount_cents: int
    currency: str
    description: str


class AwardView(Told):
    """A bonus that was given; on hold until `available_at`."""

    milestone_id: UUID
    name: str
    referral_threshold: int
    bonus_amount_cents: int
    currency: str
    awarded_at: Moment
    available_at: Moment
    withdrawn: bool


class OwnMilestones(Told):
    """The milestones in force, and an affiliate's own way along them."""

    converted_referrals: int
    next: NextMilestone | None
    data: list[MilestoneView]
    awards: list[AwardView]


class AllMilestones(Told):
    """Every milestone in its order."""

    data: list[CountedMilestone]
