"""The writes of the store port as data: what is kept of them, and compared when a key comes again. Pure."""

from typing import Any

import msgspec

from madoguchi.core.shop.port import (
    Address,
    Capability,
    End,
    GiftOptions,
    LineEdit,
    LineExchange,
    RefundTo,
    SubscriptionChange,
)
from madoguchi.kit.money import Money


class Cancel(msgspec.Struct, frozen=True, tag_field="kind", tag="cancel"):
    """See StorePort.cancel."""

    ref: str
    version: int
    lines: dict[str, int] | None
    reason: str


class UpdateShippingAddress(msgspec.Struct, frozen=True, tag_field="kind", tag="update_shipping_address"):
    """See StorePort.update_shipping_address."""

    ref: str
    version: int
    address: Address


class EditLines(msgspec.Struct, frozen=True, tag_field="kind", tag="edit_lines"):
    """See StorePort.edit_lines."""

    ref: str
    version: int
    edits: tuple[LineEdit, ...]
    method_ref: str
    expected: Money


class ChangePayment(msgspec.Struct, frozen=True, tag_field="kind", tag="change_payment"):
    """See StorePort.change_payment."""

    ref: str
    version: int
    method_ref: str


class AddGiftOptions(msgspec.Struct, frozen=True, tag_field="kind", tag="add_gift_options"):
    """See StorePort.add_gift_options."""

    ref: str
    version: int
    options: GiftOptions
    method_ref: str
    expected: Money


class ApplyCoupon(msgspec.Struct, frozen=True, tag_field="kind", tag="apply_coupon"):
    """See StorePort.apply_coupon."""

    ref: str
    version: int
    code: str


class Refund(msgspec.Struct, frozen=True, tag_field="kind", tag="refund"):
    """See StorePort.refund."""

    ref: str
    tender_ref: str
    amount: Money
    to: RefundTo


class RefundGift(msgspec.Struct, frozen=True, tag_field="kind", tag="refund_gift"):
    """See StorePort.refund_gift."""

    ref: str
    tender_ref: str
    amount: Money
    customer_ref: str


class IssueCredit(msgspec.Struct, frozen=True, tag_field="kind", tag="issue_credit"):
    """See StorePort.issue_credit; `ref` is the customer."""

    ref: str
    amount: Money
    note: str


class CreateReplacement(msgspec.Struct, frozen=True, tag_field="kind", tag="create_replacement"):
    """See StorePort.create_replacement; `ref` is the order whose goods are sent again."""

    ref: str
    lines: dict[str, int]
    address: Address | None


class CreateReturn(msgspec.Struct, frozen=True, tag_field="kind", tag="create_return"):
    """See StorePort.create_return."""

    ref: str
    version: int
    lines: dict[str, int]
    method_ref: str | None


class CreateExchange(msgspec.Struct, frozen=True, tag_field="kind", tag="create_exchange"):
    """See StorePort.create_exchange."""

    ref: str
    version: int
    edits: tuple[LineExchange, ...]
    method_ref: str
    expected: Money
    hold: bool


class Release(msgspec.Struct, frozen=True, tag_field="kind", tag="release"):
    """See StorePort.release; `ref` is the order that was held."""

    ref: str
    lines: dict[str, int] | None = None


class Restock(msgspec.Struct, frozen=True, tag_field="kind", tag="restock"):
    """See StorePort.restock."""

    ref: str
    lines: dict[str, int]


class CreateOrder(msgspec.Struct, frozen=True, tag_field="kind", tag="create_order"):
    """See StorePort.create_order; `ref` is the customer."""

    ref: str
    items: dict[str, int]
    address: Address
    method_ref: str
    expected: Money


class ChangeSubscription(msgspec.Struct, frozen=True, tag_field="kind", tag="change_subscription"):
    """See StorePort.change_subscription."""

    ref: str
    change: SubscriptionChange


class CancelSubscription(msgspec.Struct, frozen=True, tag_field="kind", tag="cancel_subscription"):
    """See StorePort.cancel_subscription."""

    ref: str
    when: End


Stoppable = Cancel | UpdateShippingAddress | AddGiftOptions  # the warehouse can be asked for it
OfLivingOrder = Stoppable | EditLines | ChangePayment | ApplyCoupon | Refund | CreateReturn | Restock
OfOrder = OfLivingOrder | CreateExchange
OfSubscription = ChangeSubscription | CancelSubscription
Asked = OfOrder | Release | CreateReplacement | CreateOrder | RefundGift | IssueCredit | OfSubscription


def capability(asked: Asked) -> Capability:
    """What a shop must be able to do for this."""
    if isinstance(asked, Release):
        return Capability.CREATE_EXCHANGE if asked.lines is None else Capability.RELEASE_LINES
    return Capability(str(asked.__struct_config__.tag))


def to_record(asked: Asked) -> dict[str, Any]:
    """As it is kept."""
    record: dict[str, Any] = msgspec.to_builtins(asked)
    return record


def from_record(record: dict[str, Any]) -> Asked:
    """As it was asked for."""
    asked: Asked = msgspec.convert(record, Asked)
    return asked
