"""Money back: on which ways and by when, and before the parcel is back. Pure."""

from enum import StrEnum

from madoguchi.core.policy.pack.common import Amount, Count, Days, Part, WorkingDays
from madoguchi.core.shop.port import TenderKind


class Way(StrEnum):
    """Where money can go back to."""

    ORIGINAL = "original"
    GIFT_BALANCE = "gift_balance"
    BANK = "bank"
    CREDIT = "credit"


class WayBack(Part, frozen=True, kw_only=True):
    """A way for money, and the least and most working days until it shows there."""

    way: Way
    least_days: WorkingDays
    most_days: WorkingDays


class RefundRules(Part, frozen=True, kw_only=True):
    """`within_days`: until when we have sent the money, counted from the moment it is owed.

    Per kind of payment the ways back, the usual one first.
    """

    within_days: Days
    tenders: dict[TenderKind, tuple[WayBack, ...]]
    other_tenders: tuple[WayBack, ...]

    def ways(self, kind: TenderKind) -> tuple[WayBack, ...]:
        """The ways back of one kind of payment, the usual one first."""
        return self.tenders.get(kind, self.other_tenders)


class AdvanceRules(Part, frozen=True, kw_only=True):
    """Money before the parcel is back: for whom, how much, and when it is called back."""

    limit: Amount
    customer_since_days: Days
    open_at_most: Count
    recover_after_days: Days
