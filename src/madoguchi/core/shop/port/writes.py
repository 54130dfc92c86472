"""What a store can be asked to do, and its answer. Pure."""

from enum import StrEnum

import msgspec

from madoguchi.core.shop.port.facts import StoreCustomer, StoreOrder
from madoguchi.kit.money import Money


class Capability(StrEnum):
    """What a store can be asked; a missing one becomes a task for a person."""

    CANCEL = "cancel"
    CANCEL_LINES = "cancel_lines"
    REFUNDS = "refunds"  # gives money back by itself for what was cancelled or a coupon took off; else we refund it
    UPDATE_SHIPPING_ADDRESS = "update_shipping_address"
    EDIT_LINES = "edit_lines"
    CHANGE_PAYMENT = "change_payment"
    ADD_GIFT_OPTIONS = "add_gift_options"
    APPLY_COUPON = "apply_coupon"
    REFUND = "refund"
    REFUND_GIFT = "refund_gift"
    ISSUE_CREDIT = "issue_credit"
    CREATE_REPLACEMENT = "create_replacement"
    CREATE_ORDER = "create_order"
    CHANGE_SUBSCRIPTION = "change_subscription"
    CANCEL_SUBSCRIPTION = "cancel_subscription"
    CREATE_RETURN = "create_return"
    CREATE_EXCHANGE = "create_exchange"
    RELEASE_LINES = "release_lines"  # lets units of what is held go out before the others
    RESTOCK = "restock"


class LineEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A line of which all units become another variant of the same product."""

    line_ref: str
    sku: str


class LineExchange(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a line that come back, and the variant of the same product that goes out for them."""

    line_ref: str
    sku: str
    units: int


class RefundTo(StrEnum):
    """Where a refund goes."""

    ORIGINAL = "original"  # back where the tender came from
    GIFT_BALANCE = "gift_balance"
    BANK = "bank"
    CREDIT = "credit"  # store credit


class SubscriptionChange(msgspec.Struct, frozen=True, kw_only=True):
    """One of: leave the next delivery out, another interval, another plan (by its ref, from the next renewal)."""

    skip: bool = False
    interval: str | None = None
    plan: str | None = None


class End(StrEnum):
    """When a subscription ends."""

    NOW = "now"
    RENEWAL = "renewal"


class OperationState(StrEnum):
    """What became of a write."""

    PENDING = "pending"  # accepted, asks the warehouse; ask again with get_operation
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Failure(StrEnum):
    """Why the store did not do it; nothing changed."""

    NOT_FOUND = "not_found"  # no such order, customer or subscription
    VERSION_CHANGED = "version_changed"
    TOO_LATE = "too_late"
    INVALID = "invalid"  # it makes no sense for this thing, or the store's rules do not allow it
    NOT_SUPPORTED = "not_supported"  # the store has no such capability
    UNAVAILABLE = "unavailable"  # the variant is not sold or out of stock
    PRICE_CHANGED = "price_changed"  # the amount is not the expected one
    METHOD_UNKNOWN = "method_unknown"  # the customer has no such payment method, or it cannot pay this
    INSUFFICIENT = "insufficient"  # the method holds too little
    COUPON_INVALID = "coupon_invalid"  # unknown, used or expired
    COUPON_MINIMUM = "coupon_minimum"  # the goods cost less than it needs


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """The store's answer to a write; `code` says why it failed.

    `refunds` is the money it gave back by tender ref, `charges` what it took by method ref, `created` the number of
    the order or the credit that was made; `order` and `customer` are what was asked about, or the order that was
    made, as they are afterwards. `others` are further orders that it changed.
    """

    key: str
    state: OperationState
    code: Failure | None = None
    refunds: dict[str, Money] = {}
    charges: dict[str, Money] = {}
    created: str | None = None
    order: StoreOrder | None = None
    customer: StoreCustomer | None = None
    others: tuple[StoreOrder, ...] = ()
