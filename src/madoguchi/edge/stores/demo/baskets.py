"""Placing orders in the demo shop: lines, fee, tenders, promise. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from madoguchi.core.shop.port import OrderLine, OrderState, StoreCustomer, StoreOrder, Tender, TenderKind
from madoguchi.edge.stores.demo import parcels
from madoguchi.edge.stores.demo.catalogue import CHOICES, SELLERS
from madoguchi.edge.stores.demo.contents import Method
from madoguchi.edge.stores.demo.people import Pay
from madoguchi.edge.stores.demo.rules import GIFT_BALANCE, Plan
from madoguchi.kit.money import Money

FREE_SHIPPING_FROM = 5000
SHIPPING_FEE = 550
PAY_WITHIN = timedelta(days=3)
METHOD_REFS = {TenderKind.GIFT_BALANCE: GIFT_BALANCE}  # the others are called by their kind
LABELS = {
    TenderKind.GIFT_BALANCE: {"ja": "ギフト残高", "en": "Gift balance", "zh": "礼品余额", "ko": "기프트 잔액"},
    TenderKind.POINTS: {"ja": "ポイント", "en": "Points", "zh": "积分", "ko": "포인트"},
    TenderKind.KONBINI: {"ja": "コンビニ払い", "en": "Convenience store", "zh": "便利店付款", "ko": "편의점 결제"},
    TenderKind.COD: {"ja": "代金引換", "en": "Cash on delivery", "zh": "货到付款", "ko": "착불 결제"},
    TenderKind.BANK: {"ja": "請求書払い", "en": "Invoice", "zh": "账单付款", "ko": "청구서 결제"},
}
BRANDS = ("Visa", "Mastercard", "JCB")


def luck(text: str) -> int:
    """A large number that is always the same for a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest())


def yen(amount: int) -> Money:
    """Yen have no smaller unit."""
    return Money(amount, "JPY")


def methods(customer: StoreCustomer, gift_balance: int, points: int) -> tuple[Method, ...]:
    """A customer's payment methods on file: a card, the gift balance, the points."""
    number = luck(customer.ref)
    details = {"brand": BRANDS[number % len(BRANDS)], "last_four": f"{number // 7 % 10000:04d}"}
    return (
        Method(
            customer_ref=customer.ref,
            ref="card",
            kind=TenderKind.CARD,
            label=_label(TenderKind.CARD, customer),
            details=details,
        ),
        Method(
            customer_ref=customer.ref,
            ref=GIFT_BALANCE,
            kind=TenderKind.GIFT_BALANCE,
            label=_label(TenderKind.GIFT_BALANCE, customer),
            balance=gift_balance,
        ),
        Method(
            customer_ref=customer.ref,
            ref="points",
            kind=TenderKind.POINTS,
            label=_label(TenderKind.POINTS, customer),
            balance=points,
        ),
    )


def place(ref: str, customer: StoreCustomer, at: datetime, items: Mapping[str, int], pay: Sequence[Pay]) -> StoreOrder:
    """A new order of these units by sku, to the customer's own address, promised for standard delivery."""
    assert customer.address
    lines = tuple(_line(str(n), sku, units) for n, (sku, units) in enumerate(items.items(), 1))
    goods = sum(line.total.amount for line in lines)
    digital = all("digital" in line.flags for line in lines)
    fee = 0 if digital or goods >= FREE_SHIPPING_FROM else SHIPPING_FEE
    unpaid = any(part.kind is TenderKind.KONBINI and not part.paid for part in pay)
    state = OrderState.PENDING_PAYMENT if unpaid else OrderState.PAID
    expected = at + timedelta(days=1 + parcels.hub_for(customer.address.postal_code).days)
    seller = CHOICES[next(iter(items))].ware.seller
    return StoreOrder(
        ref=ref,
        version=1,
        customer_ref=customer.ref,
        state=state,
        status_text=state.value,
        placed_at=at,
        currency="JPY",
        lines=lines,
        tenders=_tenders(ref, customer, at, pay, goods + fee),
        shipping_fee=yen(fee),
        total=yen(goods + fee),
        address=customer.address,
        seller=SELLERS[seller] if seller else None,
        promised_from=None if digital else parcels.day_end(expected) - timedelta(hours=15, minutes=59, seconds=59),
        promised_until=None if digital else parcels.day_end(expected),
    )


def usual(order: StoreOrder) -> Plan:
    """What the warehouse does with an order as a rule: it begins within a day and sends it on the day after."""
    number = luck(order.ref)
    begins = order.placed_at + timedelta(minutes=240 + number % 960)
    return Plan(
        allocate_at=begins,
        ships_at=begins + timedelta(minutes=180 + number // 960 % 900),
        may_stop=number // 10**6 % 3 > 0,
    )


def handed_over(order: StoreOrder, opened: bool) -> StoreOrder:
    """A digital order as delivered the moment it was paid, and opened by the customer or not."""
    flags = ("digital_opened",) if opened else ()
    lines = tuple(
        replace(line, shipped=line.quantity, delivered=line.quantity, flags=line.flags + flags) for line in order.lines
    )
    return replace(order, lines=lines, state=OrderState.DELIVERED, status_text=OrderState.DELIVERED.value)


def _line(ref: str, sku: str, units: int) -> OrderLine:
    choice = CHOICES[sku]
    total = choice.ware.price * units
    return OrderLine(
        ref=ref,
        sku=sku,
        product_ref=choice.ware.ref,
        name=choice.ware.name,
        options=choice.options,
        quantity=units,
        unit_price=yen(choice.ware.price),
        total=yen(total),
        tax=yen(choice.ware.tax(total)),
        flags=choice.ware.flags,
    )


def _tenders(ref: str, customer: StoreCustomer, at: datetime, pay: Sequence[Pay], total: int) -> tuple[Tender, ...]:
    given = sum(part.amount or 0 for part in pay)
    tenders = []
    for n, part in enumerate(pay, 1):
        amount = yen(total - given if part.amount is None else part.amount)
        waiting = part.kind is TenderKind.KONBINI and not part.paid
        tenders.append(
            Tender(
                ref=str(n),
                kind=part.kind,
                method_ref=METHOD_REFS.get(part.kind, part.kind.value),
                label=_label(part.kind, customer),
                amount=amount,
                captured=amount if part.paid else yen(0),
                refunded=yen(0),
                pay_by=parcels.day_end(at + PAY_WITHIN) if waiting else None,
                payment_number=f"{luck(ref) % 10**11:011d}" if part.kind is TenderKind.KONBINI else None,
            )
        )
    return tuple(tenders)


def _label(kind: TenderKind, customer: StoreCustomer) -> str:
    """The method's name as this customer reads it."""
    if kind in LABELS:
        return LABELS[kind][customer.locale]
    number = luck(customer.ref)
    return f"{BRANDS[number % len(BRANDS)]} ···· {number // 7 % 10000:04d}"
