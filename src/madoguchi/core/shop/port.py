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
    kana: str = ""  # how the name is read


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `ref` is unique in its order (a product may stand on two lines).

    `total` is what the customer pays for all ordered units, after discount, with tax; `options` are the chosen
    variant's (colour, size). Counters are the store's: units cancelled, shipped and delivered so far, those announced
    to come back (again where an earlier announcement came to nothing), and those that stand in the shelf again.
    `flags`: gift_card, digital, digital_opened, membership, custom, perishable, hazmat, final_sale, free_return.
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
    announced: int = 0
    restocked: int = 0


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


class GiftOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an order is made a present; with `hide_prices` they are left out of the parcel.

    `noshi` is the printed heading of the paper band (御祝, 内祝, …), `noshi_name` the name below it; the band goes
    around the wrapping, or with `noshi_inside` under it. `message` is for the card.
    """

    wrapping: bool = False
    message: str = ""
    noshi: str | None = None
    noshi_name: str = ""
    noshi_inside: bool = False
    hide_prices: bool = True


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A marketplace seller; name and address are public by law."""

    ref: str
    name: str
    address: str = ""


class StoreOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the store tells it. `ref` is the number people know; `version` grows with every change.

    `status_text` is the store's own word for the state, kept for rules that speak of it exactly. `total` is what all
    ordered units and the fees cost, after coupons; cancelling does not lower it. `gift_fee` is what the gift options
    cost; None: nothing. Until `cancel_until` the order can be taken back at once; None: until it is prepared.
    `replaces` is the order for whose goods this one is sent again, at no price; `exchanges` the order of which goods
    come back for these. While it is `held` nothing is prepared: it waits for `release`.
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
    gift: GiftOptions | None = None
    gift_fee: Money | None = None
    coupon: str | None = None
    replaces: str | None = None
    exchanges: str | None = None
    held: bool = False

    @property
    def fees(self) -> Money:
        """What it costs beside its lines."""
        return self.shipping_fee + self.gift_fee if self.gift_fee else self.shipping_fee


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment method of the customer's holds, if it holds anything."""

    method_ref: str
    kind: TenderKind
    label: str
    balance: Money | None


class SubscriptionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscription can be changed to; `price` is for one interval."""

    ref: str
    name: str
    price: Money
    interval: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A membership or a regular delivery. Intervals are month, year or weeks:N.

    `period_started_at` to `renews_at` is the period that is paid for, by the order `order_ref` (None: nothing was
    paid); `used`: its benefits were used in this period. `plans` and `intervals` are what it can be changed to,
    `next_plan_ref` is the plan from the next renewal on where that is another one. One that is past due was not paid
    at its renewal; the store tries again, and ends it when that does not help.
    """

    ref: str
    customer_ref: str
    name: str
    kind: str  # membership | regular_delivery
    state: str  # active | past_due | ends_at_renewal | ended
    price: Money
    interval: str
    started_at: datetime
    renews_at: datetime | None
    period_started_at: datetime | None = None
    next_delivery_at: datetime | None = None
    used: bool = False
    order_ref: str | None = None
    plan_ref: str | None = None
    next_plan_ref: str | None = None
    plans: tuple[SubscriptionPlan, ...] = ()
    intervals: tuple[str, ...] = ()


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon that this customer may use once: `value` off an order whose goods cost at least `minimum`.

    `used` when it was.
    """

    code: str
    value: Money
    minimum: Money
    valid_until: datetime
    used: bool = False


class StoreCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer of the shop. `locale` is one of ja, en, zh, ko; `kana` the reading of a Japanese name.

    `address` is the default one; `methods` are the payment methods on file with what they hold now.
    """

    ref: str
    name: str
    email: str
    locale: str
    kana: str = ""
    given_name: str = ""
    family_name: str = ""
    phone: str | None = None
    address: Address | None = None
    methods: tuple[Balance, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    coupons: tuple[Coupon, ...] = ()
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
    version: int = 1


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a store takes beside its goods, the same for every order.

    `shipping_fee` is for goods that are sent, and nothing from `free_from` on; `wrapping` is for one order, None: it
    wraps nothing. `pay_later` are payments that need nothing on file, called by their kind: the goods wait for them.
    """

    shipping_fee: Money
    free_from: Money | None = None
    wrapping: Money | None = None
    pay_later: tuple[TenderKind, ...] = ()

    def shipping(self, goods: Money) -> Money:
        """What sending goods of this worth costs."""
        free = self.free_from is not None and goods >= self.free_from
        return Money(0, goods.currency) if free else self.shipping_fee


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """One page of what changed since a cursor; ask again from `cursor` while `more`. `terms` as they are now."""

    cursor: str
    more: bool
    customers: tuple[StoreCustomer, ...]
    orders: tuple[StoreOrder, ...]
    products: tuple[Product, ...] = ()
    terms: Terms | None = None


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
    ISSUE_CREDIT = "issue_credit"
    CREATE_REPLACEMENT = "create_replacement"
    CREATE_ORDER = "create_order"
    CHANGE_SUBSCRIPTION = "change_subscription"
    CANCEL_SUBSCRIPTION = "cancel_subscription"
    CREATE_RETURN = "create_return"
    CREATE_EXCHANGE = "create_exchange"
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


class StorePort(Protocol):
    """What we can ask of a store. `store_id` says which shop of ours it is.

    Every write has a `key`: repeated with the same request it gives the first answer and has no second effect, with
    another request it fails as invalid. Where a write takes a `version`, the order must still have it.
    """

    store_id: str

    def capabilities(self) -> frozenset[Capability]:
        """What may be asked at all."""
        ...

    async def changes_since(self, cursor: str, limit: int = 200) -> Changes:
        """Products, customers (with balances and subscriptions) and orders changed after the cursor ("" = all)."""
        ...

    async def get_order(self, ref: str) -> StoreOrder | None:
        """One order as it is now."""
        ...

    async def get_customer(self, ref: str) -> StoreCustomer | None:
        """One customer, with payment methods, subscriptions and coupons."""
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

    async def cancel(self, key: str, ref: str, version: int, lines: dict[str, int] | None, reason: str) -> Operation:
        """Cancel the whole order (lines None) or units of lines; what was not captured is no longer asked for.

        A store with Capability.REFUNDS gives captured money back itself and says so in `refunds`.
        """
        ...

    async def update_shipping_address(self, key: str, ref: str, version: int, address: Address) -> Operation:
        """Send what was not shipped yet to another address; while the order is prepared the warehouse is asked."""
        ...

    async def edit_lines(
        self, key: str, ref: str, version: int, edits: tuple[LineEdit, ...], method_ref: str, expected: Money
    ) -> Operation:
        """Make other variants of lines; `expected` is the signed difference in price, for all edits together.

        More is charged to the method at once. Less is given to it at once, booked as refunded on the tenders of that
        method first, then on the others in their order. What was not captured yet is asked for or not instead.
        """
        ...

    async def change_payment(self, key: str, ref: str, version: int, method_ref: str) -> Operation:
        """Pay the order by another method on file, and give back or void what was paid; only one tender may be open."""
        ...

    async def add_gift_options(
        self, key: str, ref: str, version: int, options: GiftOptions, method_ref: str, expected: Money
    ) -> Operation:
        """Make the order a present, or another kind of present; while it is prepared the warehouse is asked.

        `expected` is the signed difference in its fees, settled as in `edit_lines`.
        """
        ...

    async def apply_coupon(self, key: str, ref: str, version: int, code: str) -> Operation:
        """Take a coupon of the customer's off the order's lines, before it is shipped.

        What was not captured is no longer asked for; a store with Capability.REFUNDS gives the rest back itself.
        """
        ...

    async def refund(self, key: str, ref: str, tender_ref: str, amount: Money, to: RefundTo) -> Operation:
        """Book a refund on a captured tender.

        The store gives back what it holds itself (gift balance, points, store credit), and notes what a provider or
        a bank paid.
        """
        ...

    async def issue_credit(self, key: str, customer_ref: str, amount: Money, note: str) -> Operation:
        """Give a customer store credit; `created` is the credit's number."""
        ...

    async def create_replacement(self, key: str, ref: str, lines: dict[str, int], address: Address | None) -> Operation:
        """Send units of lines again at no price, to the order's address or another; `created` is the new order."""
        ...

    async def create_return(
        self, key: str, ref: str, version: int, lines: dict[str, int], method_ref: str | None
    ) -> Operation:
        """Note that units of lines that were shipped will come back; no money moves.

        A store with Capability.REFUNDS gives their price to the method when they are there, and needs one: a method by
        which the order was paid, or a balance of the customer's.
        """
        ...

    async def create_exchange(
        self,
        key: str,
        ref: str,
        version: int,
        edits: tuple[LineExchange, ...],
        method_ref: str,
        expected: Money,
        hold: bool,
    ) -> Operation:
        """Note that delivered units will come back, and put other variants of them aside as a new order, `created`.

        `expected` is the signed difference in their list prices. More is charged to the method at once, or asked for
        where it is one of Terms.pay_later; less is ours to give back when the goods are there. What was paid for the
        units pays for the new order from the moment when it is released; with `hold` it waits for that, without it is
        released at once. A store that does all of it itself makes no order of it.
        """
        ...

    async def release(self, key: str, ref: str) -> Operation:
        """Let an order go out that was held; what was paid for the goods that come back pays for it from now on."""
        ...

    async def restock(self, key: str, ref: str, lines: dict[str, int]) -> Operation:
        """Put units of lines that came back into the stock again."""
        ...

    async def create_order(
        self,
        key: str,
        customer_ref: str,
        items: dict[str, int],
        address: Address,
        method_ref: str,
        expected: Money,
    ) -> Operation:
        """Order units by sku, paid at once by a method on file; `expected` is the total with shipping."""
        ...

    async def change_subscription(self, key: str, ref: str, change: SubscriptionChange) -> Operation:
        """Skip the next delivery, or change the interval or the plan."""
        ...

    async def cancel_subscription(self, key: str, ref: str, when: End) -> Operation:
        """End a subscription now or at its renewal; the money of the period is not touched."""
        ...

    async def get_operation(self, key: str) -> Operation | None:
        """What became of a write, by its key; None when the store never saw it."""
        ...
