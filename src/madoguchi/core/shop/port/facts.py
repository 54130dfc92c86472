"""What a store tells: orders, customers, goods and terms, under its own references. Pure."""

from datetime import datetime
from enum import StrEnum

import msgspec

from madoguchi.kit.money import Money


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


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What a line goes out for in an exchange: units of a line of the other order, which pay `amount` of its total."""

    line_ref: str
    amount: Money


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `ref` is unique in its order (a product may stand on two lines).

    `total` is what the customer pays for all ordered units, after discount, with tax; `options` are the chosen
    variant's (colour, size). Counters are the store's: units cancelled, shipped and delivered so far, those announced
    to come back (again where an earlier announcement came to nothing), and those that stand in the shelf again. Of the
    cancelled ones `parted` go out in an order of their own. `exchange` stands where units of the line can go out, or be
    called off, by themselves while the order is held.
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
    parted: int = 0
    exchange: Carried | None = None


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
    come back for these. While it is `held` nothing is prepared: it waits for `release`. `gift_code` is printed on the
    slip in the parcel of a present: whoever got it can send it back with that.
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
    gift_code: str | None = None

    @property
    def by_parts(self) -> bool:
        """Whether its units go out, or are called off, each by itself."""
        return self.held and all(line.exchange for line in self.lines)

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
    `releases_lines`: units of what it holds for an exchange can go out by themselves.
    """

    shipping_fee: Money
    free_from: Money | None = None
    wrapping: Money | None = None
    pay_later: tuple[TenderKind, ...] = ()
    releases_lines: bool = False

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
