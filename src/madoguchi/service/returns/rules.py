"""What a return is made of, in words, and where each part of it may go. Pure.

A unit has two machines: reception, what physically happened, and acceptance, what we decide.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)
REMIND_BEFORE = timedelta(days=5)  # the end of the label
LOST_AFTER = timedelta(days=21)  # since the carrier had it in hand


class Wish(StrEnum):
    """What the customer gets for what comes back."""

    REFUND = "refund"
    REPLACEMENT = "replacement"
    EXCHANGE = "exchange"


class Reception(StrEnum):
    """What happened to a unit."""

    AWAITING = "awaiting"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    SHORT = "short"  # the parcel came without it
    WRONG_ITEM = "wrong_item"  # something else was in its place
    LOST = "lost"  # by the carrier
    KEPT = "kept"  # it need not come back
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Acceptance(StrEnum):
    """What we decide about a unit."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REDUCED = "reduced"  # for a part of its price
    REJECTED = "rejected"  # it goes back to the customer, or never came
    MANUAL = "manual"  # somebody has to decide


RECEPTION: Mapping[Reception, frozenset[Reception]] = {
    Reception.AWAITING: frozenset(Reception) - {Reception.AWAITING},
    Reception.IN_TRANSIT: frozenset(
        {Reception.AWAITING, Reception.RECEIVED, Reception.SHORT, Reception.WRONG_ITEM, Reception.LOST}
    ),
    Reception.LOST: frozenset({Reception.RECEIVED}),  # found after all: the customer keeps the money
    Reception.RECEIVED: frozenset(),
    Reception.SHORT: frozenset(),
    Reception.WRONG_ITEM: frozenset(),
    Reception.KEPT: frozenset(),
    Reception.CANCELLED: frozenset({Reception.RECEIVED}),  # sent all the same: somebody decides about it
    Reception.EXPIRED: frozenset({Reception.IN_TRANSIT, Reception.RECEIVED}),
}
DECIDED = frozenset({Acceptance.ACCEPTED, Acceptance.REDUCED, Acceptance.REJECTED})
ACCEPTANCE: Mapping[Acceptance, frozenset[Acceptance]] = {
    Acceptance.PENDING: DECIDED | {Acceptance.MANUAL},
    Acceptance.MANUAL: DECIDED,
    Acceptance.REJECTED: frozenset({Acceptance.ACCEPTED, Acceptance.REDUCED}),  # on appeal
    Acceptance.REDUCED: frozenset({Acceptance.ACCEPTED, Acceptance.REDUCED}),
    Acceptance.ACCEPTED: frozenset(),
}
NOT_COMING = frozenset({Reception.CANCELLED, Reception.EXPIRED})
COMING = frozenset({Reception.AWAITING, Reception.IN_TRANSIT})
WITHOUT_GOODS = frozenset({Reception.LOST, Reception.KEPT})  # made good though nothing came
NOT_HERE = frozenset({Reception.SHORT, Reception.WRONG_ITEM})


class Stage(StrEnum):
    """Whether a return was agreed to."""

    REQUESTED = "requested"
    REVIEW = "review"  # somebody has to agree
    AGREED = "agreed"
    DECLINED = "declined"
    CANCELLED = "cancelled"  # taken back before, or the store did not take it


class ReturnState(StrEnum):
    """Where a return is as a whole."""

    REQUESTED = "requested"
    REVIEW = "review"
    DECLINED = "declined"
    APPROVED = "approved"  # the slip is there, the parcel is not on its way
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    LOST = "lost"
    KEPT = "kept"


ENDED = frozenset(
    {
        ReturnState.DECLINED,
        ReturnState.SETTLED,
        ReturnState.CANCELLED,
        ReturnState.EXPIRED,
        ReturnState.LOST,
        ReturnState.KEPT,
    }
)


class Condition(StrEnum):
    """How the goods are, as the customer tells it."""

    UNOPENED = "unopened"
    OPENED = "opened"
    USED = "used"
    INCOMPLETE = "incomplete"
    UNTAGGED = "untagged"


class Doubt(StrEnum):
    """What is not clear of a parcel that should be here."""

    SEARCH = "search"  # it is looked for
    MISSING = "missing"  # nobody found it: a leader decides
    WENT_BACK = "went_back"  # to the customer, who was paid for it as lost: a leader decides
    EXPECTED = "expected"  # after that; the customer was asked to send it again

    @property
    def said(self) -> "Doubt":
        """What the customer hears, who knows of no difference between one who looks and one who decides."""
        return Doubt.MISSING if self is Doubt.SEARCH else self


UNFOUND = frozenset({Doubt.SEARCH, Doubt.MISSING})


class Grade(StrEnum):
    """How the goods are, as the warehouse finds them."""

    NEW = "new"
    GOOD = "good"
    WORN = "worn"
    BROKEN = "broken"


class Disposition(StrEnum):
    """What becomes of the goods."""

    RESTOCK = "restock"
    RESELL = "resell"
    REPAIR = "repair"
    DISCARD = "discard"
    BACK_TO_CUSTOMER = "back_to_customer"
    MISSING = "missing"


class Why(StrEnum):
    """Why less than promised is given for a unit."""

    OPENED = "opened"
    USED = "used"
    INCOMPLETE = "incomplete"
    DAMAGED = "damaged"
    NOT_OURS = "not_ours"
    EMPTY = "empty"


class Fee(StrEnum):
    """What is taken off, where the fault is the customer's."""

    RETURN_POSTAGE = "return_postage"
    RESTOCKING = "restocking"


class Stray(StrEnum):
    """Why a parcel is put aside."""

    UNKNOWN = "unknown"  # nobody knows what it is
    AGAIN = "again"  # all that it could hold is here already
    ENDED = "ended"  # its return was called off, or has expired


class Booked(StrEnum):
    """How the ledger has a unit."""

    OPEN = "open"
    RETURNED = "returned"
    KEPT = "kept"
    FREE = "free"


def may_go(machine: Mapping[S, frozenset[S]], old: S, new: S) -> bool:
    """Whether a machine can go from one state to the other."""
    return new in machine[old]
