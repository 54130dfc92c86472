"""Memberships and regular deliveries. Pure."""

from enum import StrEnum

from madoguchi.core.policy.pack.common import Days, Part


class UsedShare(StrEnum):
    """What is given back of a period that was used."""

    PRO_RATA = "pro_rata"
    NOTHING = "nothing"


class SubscriptionRules(Part, frozen=True, kw_only=True):
    """Ending memberships and regular deliveries. An unused current period is given back in full."""

    used: UsedShare
    accidental_days: Days  # since signing up, if unused
    skip_days: Days  # the next delivery can be changed until so many days before it
