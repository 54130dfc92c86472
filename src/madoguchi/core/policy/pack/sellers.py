"""Marketplace sellers, and what the shop guarantees of what they sell. Pure."""

from enum import StrEnum

from madoguchi.core.policy.pack.common import Amount, Approver, Days, Hours, Part


class SellerRules(Part, frozen=True, kw_only=True):
    """Marketplace sellers: by when they answer a customer, and how they are reminded of it."""

    answer_hours: Hours = 48
    remind_hours: Hours = 12  # before that
    close_days: Days = 14  # after an answer to which nothing was said


class Ground(StrEnum):
    """What the guarantee answers for, of what a marketplace seller sold."""

    NOT_RECEIVED = "not_received"
    NOT_AS_DESCRIBED = "not_as_described"  # and a return was asked for
    NOT_REFUNDED = "not_refunded"  # though it was sent back
    REFUND_NOT_PAID = "refund_not_paid"  # though it was agreed


class GuaranteeRules(Part, frozen=True, kw_only=True):
    """The shop's word for what marketplace sellers sell. Without a ground it gives none."""

    covers: tuple[Ground, ...] = ()
    never: tuple[str, ...] = ()  # flags of goods that it does not answer for
    most: Amount = 0  # with shipping
    contact_hours: Hours = 48  # the seller is asked first, and has so long
    late_days: Days = 3  # past the last promised day
    refund_days: Days = 14  # after a return was asked for
    report_days: Days = 90  # past the last promised day, until when it can be claimed
    answer_hours: Hours = 48  # until when the seller answers a claim
    silent_most: Amount = 0  # up to which a seller's silence grants it
    review_hours: Hours = 72  # until when people decide
    approval: Approver = Approver.LEADER  # who agrees to a decision
    appeal_days: Days = 30
