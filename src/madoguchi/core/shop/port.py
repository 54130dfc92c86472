"""The store port: what we read from a shop and ask of it. One adapter per kind of store (edge/stores).

Everything is the store's own fact under the store's own references; nothing here is entitlement. Reads may raise
StoreUnavailable; a write answers with an Operation and is safe to repeat under the same key.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from madoguchi.kit.money import Money


class StoreUnavailable(Exception):  # noqa: N818 - a state of the world
    """The store did not answer, or not in time; nothing is known about what it did."""


class OrderState(StrEnum):
    """Where an order is as a whole."""

    PENDING_PAYMENT = "pending_payment"  # konbini or bank transfer not yet paid
    PAID = "paid"  # not allocated yet
    PREPARING = "preparing"  # in the warehouse's hands
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class TenderKind(StrEnum):
    """How a part of an order was paid."""

    CARD = "card"
    WALLET = "wallet"
    GIFT_BALANCE = "gift_balance"
    POINTS = "points"
    KONBINI = "konbini"
    COD = "cod"
    BANK = "bank"
    STORE_CREDIT = "store_credit"


class TrackingState(StrEnum):
    """Normalised steps of a parcel."""

    PENDING = "pending"
    INFO_RECEIVED = "info_received"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    EXPIRED = "expired"
    RETURNED_TO_SENDER = "returned_to_sender"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address; `lines` from the widest street part to building and room, `country` ISO 3166-1 alpha-2."""

    name: str
    lines: tuple[str, ...]
    city: str
    region: str
    postal_code: str
    country: str
    phone: str | None = None


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `ref` is unique in its order (a product may stand on two lines).

    `total` is what the customer pays for all ordered units, after discount, with tax; `options` are the chosen
    variant's (colour, size). Counters are the store's: units cancelled, shipped and delivered so far.
    `flags`: gift_card, digital, digital_opened, custom, perishable, hazmat, final_sale, free_return.
    """

    ref: str
    sku: str
    product_ref: str
    name: str
    options: dict[str, str] = {}
    quantity: int
    unit_price: Money
    total: Money
    tax: Money
    flags: tuple[str, ...] = ()
    image: str | None = None
    cancelled: int = 0
    shipped: int = 0
    delivered: int = 0


class Tender(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the payment. `label` is for people ("Visa ···· 4242"); `refunded` is the store's own figure.

    `captured` is the money that was really taken; an authorised or unpaid tender has captured 0 and `amount` > 0.
    """

    ref: str
    kind: TenderKind
    method_ref: str
    label: str
    amount: Money
    captured: Money
    refunded: Money
    pay_by: datetime | None = None
    payment_number: str | None = None


class TrackingEvent(msgspec.Struct, frozen=True):
    """A step of a parcel; `place` as the carrier writes it."""

    at: datetime
    state: TrackingState
    place: str = ""


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel with the lines in it (line ref → units); `promised_until` is the present estimate's last moment."""

    ref: str
    lines: dict[str, int]
    carrier: str
    tracking_number: str
    shipped_at: datetime | None = None
    promised_from: datetime | None = None
    promised_until: datetime | None = None
    first_promised_until: datetime | None = None
    events: tuple[TrackingEvent, ...] = ()
    delivered_at: datetime | None = None
    left_at: str | None = None


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A marketplace seller; name and address are public by law."""

    ref: str
    name: str
    address: str = ""


class StoreOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the store tells it. `ref` is the number people know; `version` grows with every change.

    `status_text` is the store's own word for the state, kept for rules that speak of it exactly.
    """

    ref: str
    version: int
    customer_ref: str
    state: OrderState
    status_text: str
    placed_at: datetime
    currency: str
    lines: tuple[OrderLine, ...]
    tenders: tuple[Tender, ...]
    shipments: tuple[Shipment, ...] = ()
    shipping_fee: Money
    total: Money
    address: Address
    seller: Seller | None = None
    is_gift: bool = False
    is_business: bool = False
    subscription_ref: str | None = None
    delivery_speed: str = "standard"
    cancel_until: datetime | None = None
    promised_from: datetime | None = None
    promised_until: datetime | None = None
    cancel_reason: str | None = None


class StoreCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer of the shop. `locale` is one of ja, en, zh, ko; `kana` the reading of a Japanese name."""

    ref: str
    name: str
    email: str
    locale: str
    kana: str = ""
    given_name: str = ""
    family_name: str = ""
    phone: str | None = None
    address: Address | None = None
    version: int = 1


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """What can be bought of a product."""

    sku: str
    options: dict[str, str]
    price: Money
    available: bool
    stock: int | None = None


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its variants."""

    ref: str
    name: str
    category: str
    variants: tuple[Variant, ...]
    flags: tuple[str, ...] = ()
    seller_ref: str | None = None


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A membership or a regular delivery."""

    ref: str
    customer_ref: str
    name: str
    kind: str  # membership | regular_delivery
    state: str  # active | ends_at_renewal | ended
    price: Money
    interval: str  # month | year | weeks:N
    started_at: datetime
    renews_at: datetime | None


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment method of the customer's holds, if it holds anything."""

    method_ref: str
    kind: TenderKind
    label: str
    balance: Money | None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """One page of what changed since a cursor; ask again from `cursor` while `more`."""

    cursor: str
    more: bool
    customers: tuple[StoreCustomer, ...]
    orders: tuple[StoreOrder, ...]


class Capability(StrEnum):
    """What a store can be asked; a missing one becomes a task for a person."""

    CANCEL = "cancel"
    CANCEL_LINES = "cancel_lines"


class OperationState(StrEnum):
    """What became of a write."""

    PENDING = "pending"  # accepted, asks the warehouse; ask again with get_operation
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """The store's answer to a write. `code` says why it failed: too_late, version_changed, not_found, invalid.

    `refunds` is the money it gave back by tender ref; `order` the order afterwards.
    """

    key: str
    state: OperationState
    code: str | None = None
    refunds: dict[str, Money] = {}
    order: StoreOrder | None = None


class StorePort(Protocol):
    """What we can ask of a store. `store_id` says which shop of ours it is."""

    store_id: str

    def capabilities(self) -> frozenset[Capability]:
        """What may be asked at all."""
        ...

    async def changes_since(self, cursor: str, limit: int = 200) -> Changes:
        """Customers and orders changed after the cursor ("" = from the beginning), in the order of change."""
        ...

    async def get_order(self, ref: str) -> StoreOrder | None:
        """One order as it is now."""
        ...

    async def get_customer(self, ref: str) -> StoreCustomer | None:
        """One customer."""
        ...

    async def find_customers(self, email: str) -> Sequence[StoreCustomer]:
        """Customers with this mail address (case does not count)."""
        ...

    async def search_products(self, text: str, limit: int = 20) -> Sequence[Product]:
        """Products by a part of their name."""
        ...

    async def get_product(self, ref: str) -> Product | None:
        """One product with its variants and stock."""
        ...

    async def subscriptions(self, customer_ref: str) -> Sequence[Subscription]:
        """A customer's memberships and regular deliveries."""
        ...

    async def balances(self, customer_ref: str) -> Sequence[Balance]:
        """A customer's payment methods on file, with balances where they hold money."""
        ...

    async def cancel(self, key: str, ref: str, version: int, lines: dict[str, int] | None, reason: str) -> Operation:
        """Cancel the whole order (lines None) or units of lines, if it still has this version; idempotent by key.

        The store voids or refunds the money itself and says so in `refunds`.
        """
        ...

    async def get_operation(self, key: str) -> Operation | None:
        """What became of a write, by its key; None when the store never saw it."""
        ...
