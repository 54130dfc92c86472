"""Changes before delivery: the matrix of what can be wished when. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from madoguchi.core.policy.pack.common import Count, Part


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


class When(Part, frozen=True, kw_only=True):
    """Conditions, all of which must hold; an absent one holds always."""

    stage: tuple[Stage, ...] | None = None
    status: tuple[str, ...] | None = None  # the store's own word
    flag: tuple[str, ...] | None = None
    gift: bool | None = None
    business: bool | None = None
    partly_shipped: bool | None = None
    after_cut_off: bool | None = None


class Row(Part, frozen=True, kw_only=True):
    """A row of the change matrix. `code` and `instead` belong to a denial."""

    id: str
    when: When = When()
    then: Then
    code: str | None = None
    instead: tuple[str, ...] = ()


class ChangeRules(Part, frozen=True, kw_only=True):
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
