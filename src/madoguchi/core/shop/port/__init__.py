"""The store port: what we read from a shop and ask of it. One adapter per kind of store (edge/stores).

Everything is the store's own fact under the store's own references; nothing here is entitlement. Reads may raise
StoreUnavailable; a write answers with an Operation and is safe to repeat under the same key.
All names are taken from here.
"""

from madoguchi.core.shop.port.facts import (
    Address,
    Balance,
    Carried,
    Changes,
    Coupon,
    GiftOptions,
    OrderLine,
    OrderState,
    Product,
    Seller,
    Shipment,
    StoreCustomer,
    StoreOrder,
    Subscription,
    SubscriptionPlan,
    Tender,
    TenderKind,
    Terms,
    TrackingEvent,
    TrackingState,
    Variant,
)
from madoguchi.core.shop.port.store import StorePort, StoreUnavailable
from madoguchi.core.shop.port.writes import (
    Capability,
    End,
    Failure,
    LineEdit,
    LineExchange,
    Operation,
    OperationState,
    RefundTo,
    SubscriptionChange,
)

__all__ = [
    "Address",
    "Balance",
    "Capability",
    "Carried",
    "Changes",
    "Coupon",
    "End",
    "Failure",
    "GiftOptions",
    "LineEdit",
    "LineExchange",
    "Operation",
    "OperationState",
    "OrderLine",
    "OrderState",
    "Product",
    "RefundTo",
    "Seller",
    "Shipment",
    "StoreCustomer",
    "StoreOrder",
    "StorePort",
    "StoreUnavailable",
    "Subscription",
    "SubscriptionChange",
    "SubscriptionPlan",
    "Tender",
    "TenderKind",
    "Terms",
    "TrackingEvent",
    "TrackingState",
    "Variant",
]
