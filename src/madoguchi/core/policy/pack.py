"""What a rule pack holds: one Struct per matter, as a shop owner would file them. Pure.

Amounts are minor units of the pack's `currency`; days are calendar days unless a name says otherwise.
"""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

from madoguchi.core.access.rules import Role
from madoguchi.core.shop.port import TenderKind

PACKS = Path(__file__).parent / "packs"

Days = Annotated[int, msgspec.Meta(ge=0, le=3650, extra={"unit": "days"})]
WorkingDays = Annotated[int, msgspec.Meta(ge=0, le=60, extra={"unit": "working_days"})]
Hours = Annotated[int, msgspec.Meta(ge=0, le=8760, extra={"unit": "hours"})]
Count = Annotated[int, msgspec.Meta(ge=0, le=1000, extra={"unit": "count"})]
Amount = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000, extra={"unit": "amount"})]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100, extra={"unit": "percent"})]
_DAY_OF_EVERY_YEAR = r"^((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)$"
MonthDay = Annotated[str, msgspec.Meta(pattern=_DAY_OF_EVERY_YEAR, extra={"unit": "month_day"})]
Registration = Annotated[str, msgspec.Meta(pattern=r"^T\d{13}$")]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a pack: a word that nobody knows is a mistake, never ignored."""


# --- changes before delivery ----------------------------------------------------------------------------------------


class ChangeWish(StrEnum):
    """What can be wished of an order before it is delivered, and that it comes once more."""

    CANCEL = "cancel"
    ADDRESS = "address"
    ITEMS = "items"
    PAYMENT = "payment"
    GIFT_OPTIONS = "gift_options"
    COUPON = "coupon"
    REORDER = "reorder"


class Stage(StrEnum):
    """Where the units of a line are that are not cancelled."""

    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    PREPARING = "preparing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Then(StrEnum):
    """What a row of the change matrix says."""

    AT_ONCE = "at_once"
    ASK_STORE = "ask_store"  # the warehouse has it and may say that it is too late
    WITH_DIFFERENCE = "with_difference"  # at once, and the difference in price is paid or given back
    CARRIER = "carrier"  # the parcel is on its way: the carrier can be asked
    DENY = "deny"


# what a shop may say to each wish, beside what stands in its pack
OUTCOMES: Mapping[ChangeWish, tuple[Then, ...]] = {
    ChangeWish.CANCEL: (Then.AT_ONCE, Then.ASK_STORE, Then.DENY),
    ChangeWish.ADDRESS: (Then.AT_ONCE, Then.ASK_STORE, Then.CARRIER, Then.DENY),
    ChangeWish.ITEMS: (Then.WITH_DIFFERENCE, Then.DENY),
    ChangeWish.PAYMENT: (Then.AT_ONCE, Then.DENY),
    ChangeWish.GIFT_OPTIONS: (Then.AT_ONCE, Then.ASK_STORE, Then.DENY),
    ChangeWish.COUPON: (Then.WITH_DIFFERENCE, Then.DENY),
    ChangeWish.REORDER: (Then.AT_ONCE, Then.DENY),
}


class When(_Part, frozen=True, kw_only=True):
    """Conditions, all of which must hold; an absent one holds always."""

    stage: tuple[Stage, ...] | None = None
    status: tuple[str, ...] | None = None  # the store's own word
    flag: tuple[str, ...] | None = None
    gift: bool | None = None
    business: bool | None = None
    partly_shipped: bool | None = None
    after_cut_off: bool | None = None


class Row(_Part, frozen=True, kw_only=True):
    """A row of the change matrix. `code` and `instead` belong to a denial."""

    id: str
    when: When = When()
    then: Then
    code: str | None = None
    instead: tuple[str, ...] = ()


class ChangeRules(_Part, frozen=True, kw_only=True):
    """The change matrix: per wish its rows, the first that fits a line decides."""

    cancel: tuple[Row, ...]
    address: tuple[Row, ...]
    items: tuple[Row, ...]
    payment: tuple[Row, ...]
    gift_options: tuple[Row, ...]
    coupon: tuple[Row, ...]
    reorder: tuple[Row, ...] = (Row(id="reorder.unruled", then=Then.DENY),)
    cancel_reasons: tuple[str, ...]
    cancel_lines: bool  # whether a part of an order can be cancelled
    same_variant: bool  # whether items may be "changed" to what they are, which counts as the change
    noshi: tuple[str, ...] = ()  # what can be printed on the paper band around a present
    gift_message: Count = 0  # how many characters a message card has room for

    def rows(self, wish: ChangeWish) -> tuple[Row, ...]:
        """The rows of one wish."""
        found: tuple[Row, ...] = getattr(self, wish)
        return found


# --- money back -----------------------------------------------------------------------------------------------------


class Way(StrEnum):
    """Where money can go back to."""

    ORIGINAL = "original"
    GIFT_BALANCE = "gift_balance"
    BANK = "bank"
    CREDIT = "credit"


class WayBack(_Part, frozen=True, kw_only=True):
    """A way for money, and the least and most working days until it shows there."""

    way: Way
    least_days: WorkingDays
    most_days: WorkingDays


class RefundRules(_Part, frozen=True, kw_only=True):
    """`within_days`: until when we have sent the money, counted from the moment it is owed.

    Per kind of payment the ways back, the usual one first.
    """

    within_days: Days
    tenders: dict[TenderKind, tuple[WayBack, ...]]
    other_tenders: tuple[WayBack, ...]

    def ways(self, kind: TenderKind) -> tuple[WayBack, ...]:
        """The ways back of one kind of payment, the usual one first."""
        return self.tenders.get(kind, self.other_tenders)


class AdvanceRules(_Part, frozen=True, kw_only=True):
    """Money before the parcel is back: for whom, how much, and when it is called back."""

    limit: Amount
    customer_since_days: Days
    open_at_most: Count
    recover_after_days: Days


# --- fault, claims --------------------------------------------------------------------------------------------------


class Fault(StrEnum):
    """Whose doing it is; decides postage, share and fees."""

    CUSTOMER = "customer"
    SELLER = "seller"
    CARRIER = "carrier"
    FRAUD = "fraud"


class Payer(StrEnum):
    """Who pays for sending something back."""

    CUSTOMER = "customer"
    SHOP = "shop"


class FaultRules(_Part, frozen=True, kw_only=True):
    """What follows from whose fault it is."""

    postage: Payer
    outward_shipping: bool  # whether what sending it cost is given back
    fees: bool  # whether wrapping and other fees are given back


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


class GoodFaith(_Part, frozen=True, kw_only=True):
    """Below these a claim is believed and solved at once, without proof: per claim, and in the last `days`."""

    limit: Amount
    claims: Count
    amount: Amount
    days: Days


class Approver(StrEnum):
    """Who can be asked to decide."""

    LEADER = "leader"
    ADMIN = "admin"


class ClaimRules(_Part, frozen=True, kw_only=True):
    """Parcels and goods that went wrong."""

    check_list: tuple[str, ...]  # where a parcel is often found; asked before anything else
    wait_hours: Hours  # after a scan that says delivered
    late_days: Days  # past the last promised day
    unpromised_days: Days  # after the order, where no day was promised
    report_days: Days  # until when after delivery a claim can be made
    remedies: tuple[Remedy, ...]
    good_faith: GoodFaith
    approval: Approver  # who decides what good faith does not


# --- returns --------------------------------------------------------------------------------------------------------


class Season(_Part, frozen=True, kw_only=True):
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


class PhotoRules(_Part, frozen=True, kw_only=True):
    """When a fault is to be shown by a photo: above an amount, or from so many returns in the last `days` on."""

    above: Amount
    returns: Count
    days: Days


class RefundTriggers(_Part, frozen=True, kw_only=True):
    """What the money waits for: usually, on its way to gift balance, and for customers who may be paid in advance."""

    usual: Trigger
    gift_balance: Trigger
    trusted: Trigger


class ExchangeRules(_Part, frozen=True, kw_only=True):
    """The same, but another: `ship` and `ship_trusted` say what the new goods wait for."""

    offered: bool
    same_product: bool  # another variant of it; else anything the shop sells
    difference: bool  # another price is paid or given back; else only what costs the same
    ship: Trigger
    ship_trusted: Trigger


NEVER_BY_ITSELF = frozenset({"gift_card", "digital_opened"})
"""Flags of goods that are paid back only after a person has looked (I11)."""

_OURS = (Method.LABEL, Method.CODE, Method.PICKUP)


class ReturnRules(_Part, frozen=True, kw_only=True):
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


# --- subscriptions, goodwill, receipts ------------------------------------------------------------------------------


class UsedShare(StrEnum):
    """What is given back of a period that was used."""

    PRO_RATA = "pro_rata"
    NOTHING = "nothing"


class SubscriptionRules(_Part, frozen=True, kw_only=True):
    """Ending memberships and regular deliveries. An unused current period is given back in full."""

    used: UsedShare
    accidental_days: Days  # since signing up, if unused
    skip_days: Days  # the next delivery can be changed until so many days before it


class GoodwillLimits(_Part, frozen=True, kw_only=True):
    """What one role may grant: per case, per customer and year, per giver and day."""

    case: Amount
    customer_year: Amount
    day: Amount


class GoodwillRules(_Part, frozen=True, kw_only=True):
    """Beyond the rules; always as credit. Above a role's limits the next role approves."""

    limits: dict[Role, GoodwillLimits]
    reasons: tuple[str, ...]


class Ground(StrEnum):
    """What the guarantee answers for, of what a marketplace seller sold."""

    NOT_RECEIVED = "not_received"
    NOT_AS_DESCRIBED = "not_as_described"  # and a return was asked for
    NOT_REFUNDED = "not_refunded"  # though it was sent back
    REFUND_NOT_PAID = "refund_not_paid"  # though it was agreed


class GuaranteeRules(_Part, frozen=True, kw_only=True):
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


class ReceiptRules(_Part, frozen=True, kw_only=True):
    """Receipts and invoices. `registration` is the T number of a qualified issuer."""

    issuer: Line
    address: Line | None = None
    registration: Registration | None = None
    note: Line  # 但し書き unless the customer gives another
    tax_rates: tuple[Percent, ...]
    reissue_marked: bool


class SellerRules(_Part, frozen=True, kw_only=True):
    """Marketplace sellers: by when they answer a customer, and how they are reminded of it."""

    answer_hours: Hours = 48
    remind_hours: Hours = 12  # before that
    close_days: Days = 14  # after an answer to which nothing was said


class RulePack(_Part, frozen=True, kw_only=True):
    """All rules of a shop. `version` numbers what was saved; `edition` names what was shipped."""

    name: str
    version: int = 1
    edition: str
    currency: str
    changes: ChangeRules
    refunds: RefundRules
    advance: AdvanceRules
    faults: dict[Fault, FaultRules]
    claims: ClaimRules
    returns: ReturnRules
    subscriptions: SubscriptionRules
    goodwill: GoodwillRules
    receipts: ReceiptRules
    sellers: SellerRules = SellerRules()
    guarantee: GuaranteeRules = GuaranteeRules()


@cache
def shipped(name: str) -> RulePack:
    """The pack as it is shipped; FileNotFoundError when there is none."""
    return msgspec.convert(tomllib.loads((PACKS / f"{name}.toml").read_text()), RulePack)


def shipped_names() -> tuple[str, ...]:
    """The packs that are shipped."""
    return tuple(sorted(path.stem for path in PACKS.glob("*.toml")))
