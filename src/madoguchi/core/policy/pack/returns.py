"""Sending things back, for money or for something else. Pure."""

from enum import StrEnum

import msgspec

from madoguchi.core.policy.pack.common import Amount, Approver, Count, Days, MonthDay, Part, Percent
from madoguchi.core.policy.pack.faults import Fault, Payer


class Season(Part, frozen=True, kw_only=True):
    """What is bought from the one day to the other may come back until a third (month-day)."""

    bought_from: MonthDay
    bought_to: MonthDay
    back_until: MonthDay


class ReturnReason(StrEnum):
    """Why something comes back. What never came (LOST) is no wish of a form; it tells whose fault that is."""

    NO_LONGER_NEEDED = "no_longer_needed"
    MISTAKE = "mistake"
    SIZE = "size"
    DISLIKE = "dislike"
    BETTER_PRICE = "better_price"
    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong_item"
    MISSING_PART = "missing_part"
    NOT_AS_DESCRIBED = "not_as_described"
    LATE = "late"
    DAMAGED = "damaged"
    LOST = "lost"


def _faults() -> dict[ReturnReason, Fault]:
    wishes = (
        ReturnReason.NO_LONGER_NEEDED,
        ReturnReason.MISTAKE,
        ReturnReason.SIZE,
        ReturnReason.DISLIKE,
        ReturnReason.BETTER_PRICE,
    )
    carriers = (ReturnReason.DAMAGED, ReturnReason.LOST)
    return {
        reason: Fault.CUSTOMER if reason in wishes else Fault.CARRIER if reason in carriers else Fault.SELLER
        for reason in ReturnReason
    }


class Asked(StrEnum):
    """What a shop asks before it takes something back."""

    REASON = "reason"
    OPENED = "opened"  # the maker's packaging, not the box it was sent in
    USED = "used"  # worn, washed or used; trying on is not
    COMPLETE = "complete"
    TAGS = "tags"  # still on; asked of goods that one tries on


class Worn(StrEnum):
    """What becomes of goods that are not as they were sold, from the least for a customer to the best."""

    REFUSED = "refused"
    INSPECTED = "inspected"  # taken back; what they are still worth is seen when they are there
    ACCEPTED = "accepted"


class Trigger(StrEnum):
    """What sets money, or the goods of an exchange, on their way; from the earliest to the latest."""

    NOW = "now"
    FIRST_SCAN = "first_scan"  # the carrier has the parcel
    RECEIVED = "received"
    INSPECTED = "inspected"

    @property
    def rank(self) -> int:
        """0 for the earliest."""
        return list(Trigger).index(self)


class Method(StrEnum):
    """How goods are sent back."""

    LABEL = "label"  # a slip of ours to print
    CODE = "code"  # a code shown at a convenience store or depot
    PICKUP = "pickup"  # fetched at the door
    OWN = "own"  # as the customer likes, at their own cost


class PhotoRules(Part, frozen=True, kw_only=True):
    """When a fault is to be shown by a photo: above an amount, or from so many returns in the last `days` on."""

    above: Amount
    returns: Count
    days: Days


class RefundTriggers(Part, frozen=True, kw_only=True):
    """What the money waits for: usually, on its way to gift balance, and for customers who may be paid in advance."""

    usual: Trigger
    gift_balance: Trigger
    trusted: Trigger


class ExchangeRules(Part, frozen=True, kw_only=True):
    """The same, but another: `ship` and `ship_trusted` say what the new goods wait for."""

    offered: bool
    same_product: bool  # another variant of it; else anything the shop sells
    difference: bool  # another price is paid or given back; else only what costs the same
    ship: Trigger
    ship_trusted: Trigger


NEVER_BY_ITSELF = frozenset({"gift_card", "digital_opened"})
"""Flags of goods that are paid back only after a person has looked (I11)."""

_OURS = (Method.LABEL, Method.CODE, Method.PICKUP)


class ReturnRules(Part, frozen=True, kw_only=True):
    """Sending things back. `days` count from delivery; flags are those of order lines."""

    days: Days
    terms_shown: bool  # the shop tells its terms before the purchase
    season: Season | None = None
    defect_days: Days  # where it is not the customer's fault
    asks: tuple[Asked, ...] = tuple(Asked)
    reasons: dict[ReturnReason, Fault] = msgspec.field(default_factory=_faults)
    status: tuple[str, ...] = ()  # the store's own words for orders of which something may come back; none: any
    never: tuple[str, ...] = ()  # flags of goods that do not come back unless they are faulty
    free: tuple[str, ...] = ()  # flags of goods that one tries on: opened or not, they are worth the same
    free_for: tuple[ReturnReason, ...] = (ReturnReason.SIZE, ReturnReason.DISLIKE)  # why those come back free
    opened_percent: Percent
    used: Worn = Worn.REFUSED
    incomplete: Worn = Worn.INSPECTED
    untagged: Worn = Worn.INSPECTED
    restocking_percent: Percent = 0
    postage: Amount = 0  # taken off where the customer pays for a way of ours
    methods: dict[Payer, tuple[Method, ...]] = msgspec.field(
        default_factory=lambda: {Payer.SHOP: _OURS, Payer.CUSTOMER: (Method.OWN,)}
    )
    label_days: Days  # how long an unused label is good
    grace_days: Days = 7  # after that a parcel may still come, before the return ends
    search_after_days: Days = 3  # since a carrier handed over here what nobody has found
    search_days: Days = 7  # how long it is looked for before a leader decides
    photos: PhotoRules = PhotoRules(above=0, returns=0, days=90)
    keep: tuple[str, ...] = ()  # flags of goods that need not come back when they are faulty
    keep_below: Amount = 0  # faulty goods worth less than this need not come back either
    refund: RefundTriggers = RefundTriggers(
        usual=Trigger.INSPECTED, gift_balance=Trigger.RECEIVED, trusted=Trigger.INSPECTED
    )
    exchange: ExchangeRules = ExchangeRules(
        offered=True, same_product=True, difference=True, ship=Trigger.RECEIVED, ship_trusted=Trigger.RECEIVED
    )
    approval: Approver = Approver.LEADER  # who decides what is never paid back by itself
    appeal_days: Days = 30  # until when a refusal or a reduction can be objected to
    named_method: bool = False  # the store itself gives the price back, to a method that the customer names
