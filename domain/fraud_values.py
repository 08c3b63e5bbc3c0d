"""The settings of the fraud score: what each reason weighs, and from how much on it counts."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Points = Annotated[int, Field(ge=0, le=100)]
Percent = Annotated[int, Field(ge=1, le=100)]
Least = Annotated[int, Field(ge=1, le=100_000)]
Several = Annotated[int, Field(ge=2, le=100_000)]
"""One referral is never a pattern."""


class FraudWeights(BaseModel):
    """The points of each reason. Those not named have their defaults.

    What one office, school or household explains by itself (`same_network`, `same_domain`,
    `shared_card` and `velocity`) adds `one_place_max` points together at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    same_network: Points = 20
    idle_signups: Points = 15
    self_referral: Points = 30
    same_domain: Points = 10
    quick_cancels: Points = 25
    far_away: Points = 5
    velocity: Points = 10
    refunds: Points = 15
    disposable: Points = 15
    shared_card: Points = 25
    leaked_code: Points = 10
    violation: Points = 20
    suspicion: Points = 10
    one_place_max: Points = 40


class FraudMinimums(BaseModel):
    """From how much on each reason counts. Those not named have their defaults.

    Numbers ending in `_percent` are shares of what is known; `refunds_factor` is percent of what
    is usual in the program. `idle_signups` and `velocity` are sign-ups in 24 hours and in ten
    minutes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    same_network: Several = 5
    same_network_percent: Percent = 50
    idle_signups: Several = 20
    self_referral: Least = 1
    same_domain: Several = 5
    quick_cancels: Several = 3
    quick_cancels_percent: Percent = 30
    far_away: Several = 10
    velocity: Several = 20
    refunds: Several = 5
    refunds_percent: Percent = 40
    refunds_factor: Annotated[int, Field(ge=100, le=10_000)] = 300
    disposable: Several = 3
    disposable_percent: Percent = 30
    shared_card: Several = 3
    leaked_code: Least = 1
    violation: Least = 1
    suspicion: Least = 1
