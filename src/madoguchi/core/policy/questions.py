"""The facts that a decision is made from, and nothing else: what is asked can be asked again of other rules. Pure."""

from datetime import datetime

import msgspec

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.pack import ChangeWish, Ground, Problem, Remedy, ReturnReason, Stage
from madoguchi.core.shop.port import OrderLine, OrderState, StoreOrder


class _Question(msgspec.Struct, frozen=True, kw_only=True, tag_field="matter"):
    """`at` is when it was asked, `country` the consumer's (ISO 3166-1 alpha-2), whose law is the floor."""

    at: datetime
    country: str


class LineFacts(msgspec.Struct, frozen=True):
    """A line as the matrix sees it."""

    ref: str
    stage: Stage
    flags: tuple[str, ...] = ()


class ChangeQuestion(_Question, frozen=True, kw_only=True, tag="change"):
    """May this be changed now? `lines` are those it is about; `named`: the customer picked them, so all must go."""

    wish: ChangeWish
    status: str
    gift: bool
    business: bool
    partly_shipped: bool = False
    after_cut_off: bool
    lines: tuple[LineFacts, ...]
    named: bool = False


class History(msgspec.Struct, frozen=True):
    """What a customer was believed within the good-faith days: in how many claims, and returns of which the goods need
    not come back, worth how much together.
    """

    claims: int = 0
    amount: int = 0


class ClaimQuestion(_Question, frozen=True, kw_only=True, tag="claim"):
    """Is this believed, and what makes it good? Amounts in minor units; `checked` are the places looked at."""

    problem: Problem
    amount: int
    delivered_at: datetime | None = None
    promised_until: datetime | None = None
    ordered_at: datetime | None = None
    checked: tuple[str, ...] = ()
    remedy: Remedy | None = None
    evidence: bool = False
    history: History = History()


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer tells of the goods (pack.Asked); as they were sold where nobody asks."""

    opened: bool = False
    used: bool = False
    complete: bool = True
    tags: bool = True


class ReturnQuestion(_Question, frozen=True, kw_only=True, tag="return", rename={"history": "kept"}):
    """May units of a line come back, for how much, at whose cost?

    `amount` is what they cost, in minor units; `returns_before` how many returns the customer made within the days of
    the photo rules; `trusted`: may be paid in advance (decide_advance); `to_balance`: the money goes to gift balance.
    """

    reason: ReturnReason
    ordered_at: datetime
    delivered_at: datetime | None
    zone: str  # the shop's, whose days are counted
    amount: int
    flags: tuple[str, ...] = ()
    condition: Condition = Condition()
    evidence: bool = False
    returns_before: int = 0
    history: History = History()  # stored as `kept`
    trusted: bool = False
    to_balance: bool = False


class GuaranteeQuestion(_Question, frozen=True, kw_only=True, tag="guarantee"):
    """Does the shop answer for what a marketplace seller sold? `amount` is with shipping, in minor units.

    `asked_at` is when the seller was asked first, `return_asked_at` when a return was, `promised_until` the last
    promise of all parcels; `delivered`: the carrier says so of what did not come.
    """

    ground: Ground
    amount: int
    zone: str  # the shop's, whose days are counted
    ordered_at: datetime
    promised_until: datetime | None = None
    delivered: bool = False
    asked_at: datetime | None = None
    return_asked_at: datetime | None = None
    flags: tuple[str, ...] = ()
    charged_back: bool = False


class SubscriptionQuestion(_Question, frozen=True, kw_only=True, tag="subscription"):
    """What is given back when it ends now? `paid` is what the current period cost."""

    paid: int
    started_at: datetime
    period_from: datetime
    period_to: datetime
    used: bool
    accidental: bool = False


class GoodwillQuestion(_Question, frozen=True, kw_only=True, tag="goodwill"):
    """May this role grant this? Sums are what was given before: in the case, to the customer in a year, today."""

    role: Role
    amount: int
    given_case: int = 0
    given_year: int = 0
    given_today: int = 0


class AdvanceQuestion(_Question, frozen=True, kw_only=True, tag="advance"):
    """May money go back before the goods have?"""

    amount: int
    customer_since: datetime
    open_advances: int


Question = (
    ChangeQuestion
    | ClaimQuestion
    | ReturnQuestion
    | GuaranteeQuestion
    | SubscriptionQuestion
    | GoodwillQuestion
    | AdvanceQuestion
)


def stage(order: StoreOrder, line: OrderLine) -> Stage:
    """Where the units of a line that are not cancelled are; a partly shipped line counts by what is still here."""
    left = line.quantity - line.cancelled
    if left == 0 or order.state is OrderState.CANCELLED:
        return Stage.CANCELLED
    if line.shipped < left:
        return Stage.PAID if order.state is OrderState.PARTLY_SHIPPED else Stage(order.state)
    return Stage.DELIVERED if line.delivered >= left else Stage.SHIPPED


def about_change(
    wish: ChangeWish, order: StoreOrder, at: datetime, line_refs: tuple[str, ...] | None = None
) -> ChangeQuestion:
    """The question about an order, or about the lines that were named.

    What is set aside for an exchange can be given up whatever and for whom it is: nothing was begun for it.
    """
    set_aside = order.held and wish is ChangeWish.CANCEL
    return ChangeQuestion(
        at=at,
        country=order.address.country,
        wish=wish,
        status=order.status_text,
        gift=order.is_gift and not set_aside,
        business=order.is_business and not set_aside,
        partly_shipped=order.state is OrderState.PARTLY_SHIPPED,
        after_cut_off=order.cancel_until is not None and at > order.cancel_until,
        lines=tuple(
            LineFacts(line.ref, stage(order, line), () if set_aside else line.flags)
            for line in order.lines
            if line_refs is None or line.ref in line_refs
        ),
        named=line_refs is not None,
    )
