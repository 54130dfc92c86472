"""Parcels and goods that went wrong. Pure."""

from enum import StrEnum

from madoguchi.core.policy.pack.common import Amount, Approver, Count, Days, Hours, Part


class Problem(StrEnum):
    """What a claim is about."""

    NOT_RECEIVED = "not_received"
    LATE = "late"
    MISDELIVERED = "misdelivered"
    UNKNOWN_CHARGE = "unknown_charge"
    DEFECTIVE = "defective"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    MISSING_PART = "missing_part"


class Remedy(StrEnum):
    """What makes a claim good."""

    RESEND = "resend"
    REFUND = "refund"


class GoodFaith(Part, frozen=True, kw_only=True):
    """Below these a claim is believed and solved at once, without proof: per claim, and in the last `days`."""

    limit: Amount
    claims: Count
    amount: Amount
    days: Days


class ClaimRules(Part, frozen=True, kw_only=True):
    """Parcels and goods that went wrong."""

    check_list: tuple[str, ...]  # where a parcel is often found; asked before anything else
    wait_hours: Hours  # after a scan that says delivered
    late_days: Days  # past the last promised day
    unpromised_days: Days  # after the order, where no day was promised
    report_days: Days  # until when after delivery a claim can be made
    remedies: tuple[Remedy, ...]
    good_faith: GoodFaith
    approval: Approver  # who decides what good faith does not
