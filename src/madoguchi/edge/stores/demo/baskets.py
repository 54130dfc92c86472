"""Placing orders in the demo shop: lines, fee, tenders, promise. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from madoguchi.core.shop.port import Address, OrderLine, OrderState, StoreCustomer, StoreOrder, Tender, TenderKind
from madoguchi.edge.stores.demo import parcels
from madoguchi.edge.stores.demo.catalogue import CHOICES, SELLERS, Offer
from madoguchi.edge.stores.demo.contents import Method
from madoguchi.edge.stores.demo.money import GIFT_BALANCE
from madoguchi.edge.stores.demo.people import CARD, Pay
from madoguchi.edge.stores.demo.rules import Plan
from madoguchi.edge.stores.demo.shops import DEMO_TERMS
from madoguchi.kit.money import Money, total

PAY_WITHIN = timedelta(days=3)
EXPRESS = "express"
EXPRESS_CUT_OFF = timedelta(minutes=30)  # from then on the warehouse has a word
METHOD_REFS = {TenderKind.GIFT_BALANCE: GIFT_BALANCE}  # the others are called by their kind
LABELS = {
    TenderKind.GIFT_BALANCE: {"ja": "ギフト残高", "en": "Gift balance", "zh": "礼品余额", "ko": "기프트 잔액"},
    TenderKind.POINTS: {"ja": "ポイント", "en": "Points", "zh": "积分", "ko": "포인트"},
    TenderKind.KONBINI: {"ja": "コンビニ払い", "en": "Convenience store", "zh": "便利店付款", "ko": "편의점 결제"},
    TenderKind.COD: {"ja": "代金引換", "en": "Cash on delivery", "zh": "货到付款", "ko": "착불 결제"},
    TenderKind.BANK: {"ja": "請求書払い", "en": "Invoice", "zh": "账单付款", "ko": "청구서 결제"},
    TenderKind.STORE_CREDIT: {"ja": "ストアクレジット", "en": "Store credit", "zh": "商店余额", "ko": "스토어 크레딧"},
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
            label=label(TenderKind.CARD, customer),
            details=details,
        ),
        Method(
            customer_ref=customer.ref,
            ref=GIFT_BALANCE,
            kind=TenderKind.GIFT_BALANCE,
            label=label(TenderKind.GIFT_BALANCE, customer),
            balance=gift_balance,
        ),
        Method(
            customer_ref=customer.ref,
            ref="points",
            kind=TenderKind.POINTS,
            label=label(TenderKind.POINTS, customer),
            balance=points,
        ),
    )


def place(ref: str, customer: StoreCustomer, at: datetime, items: Mapping[str, int], pay: Sequence[Pay]) -> StoreOrder:
    """A new order of these units by sku, to the customer's own address, promised for standard delivery."""
    assert customer.address
    lines = tuple(_line(str(n), sku, units) for n, (sku, units) in enumerate(items.items(), 1))
    goods = total([line.total for line in lines], "JPY")
    digital = all("digital" in line.flags for line in lines)
    fee = yen(0) if digital else DEMO_TERMS.shipping(goods)
    unpaid = any(part.kind is TenderKind.KONBINI and not part.paid for part in pay)
    state = OrderState.PENDING_PAYMENT if unpaid else OrderState.PAID
    seller = CHOICES[next(iter(items))].ware.seller
    order = StoreOrder(
        ref=ref,
        version=1,
        customer_ref=customer.ref,
        state=state,
        status_text=state.value,
        placed_at=at,
        currency="JPY",
        lines=lines,
        tenders=_tenders(ref, customer, at, pay, (goods + fee).amount),
        shipping_fee=fee,
        total=goods + fee,
        address=customer.address,
        seller=SELLERS[seller] if seller else None,
    )
    return order if digital else promised(order)


def promised(order: StoreOrder, at: datetime | None = None) -> StoreOrder:
    """The order with the day on which it comes to its address, unless a part of it is on its way already.

    `at` is when it could go, where that is not when it was placed.
    """
    if order.shipments:
        return order
    expected = (at or order.placed_at) + timedelta(days=1 + parcels.hub_for(order.address.postal_code).days)
    until = parcels.day_end(expected)
    return replace(order, promised_from=until - timedelta(hours=15, minutes=59, seconds=59), promised_until=until)


def hurried(order: StoreOrder) -> StoreOrder:
    """The order by express delivery: a day earlier, and soon in the hands of the warehouse."""
    assert order.promised_from
    assert order.promised_until
    sooner = timedelta(days=1)
    return replace(
        order,
        delivery_speed=EXPRESS,
        cancel_until=order.placed_at + EXPRESS_CUT_OFF,
        promised_from=order.promised_from - sooner,
        promised_until=order.promised_until - sooner,
    )


def again(ref: str, order: StoreOrder, units: Mapping[str, int], address: Address, at: datetime) -> StoreOrder:
    """A new order that sends units of an order's lines once more, at no price."""
    nothing = Money(0, order.currency)
    lines = tuple(
        replace(
            line,
            quantity=units[line.ref],
            unit_price=nothing,
            total=nothing,
            tax=nothing,
            cancelled=0,
            shipped=0,
            delivered=0,
            announced=0,
            restocked=0,
        )
        for line in order.lines
        if line.ref in units
    )
    return promised(
        StoreOrder(
            ref=ref,
            version=1,
            customer_ref=order.customer_ref,
            state=OrderState.PAID,
            status_text=OrderState.PAID.value,
            placed_at=at,
            currency=order.currency,
            lines=lines,
            tenders=(),
            shipping_fee=nothing,
            total=nothing,
            address=address,
            seller=order.seller,
            is_gift=order.is_gift,
            is_business=order.is_business,
            gift=order.gift,
            replaces=order.ref,
        )
    )


def membership(ref: str, customer: StoreCustomer, at: datetime, plan: Offer) -> StoreOrder:
    """The order by which a period of a membership was paid, with the card."""
    assert customer.address
    line = OrderLine(
        ref="1",
        sku=plan.ref,
        product_ref="MEMBERSHIP",
        name=plan.name,
        quantity=1,
        unit_price=yen(plan.price),
        total=yen(plan.price),
        tax=yen(plan.price * 10 // 110),
        flags=("digital", "membership"),
        shipped=1,
        delivered=1,
    )
    return StoreOrder(
        ref=ref,
        version=1,
        customer_ref=customer.ref,
        state=OrderState.DELIVERED,
        status_text=OrderState.DELIVERED.value,
        placed_at=at,
        currency="JPY",
        lines=(line,),
        tenders=_tenders(ref, customer, at, (CARD,), plan.price),
        shipping_fee=yen(0),
        total=yen(plan.price),
        address=customer.address,
    )


def usual(order: StoreOrder, at: datetime | None = None) -> Plan:
    """What the warehouse does with an order as a rule: it begins within a day and sends it on the day after.

    `at` is when it could go, where that is not when it was placed.
    """
    number = luck(order.ref)
    begins = (at or order.placed_at) + timedelta(minutes=240 + number % 960)
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
    total = choice.price * units
    return OrderLine(
        ref=ref,
        sku=sku,
        product_ref=choice.ware.ref,
        name=choice.ware.name,
        options=choice.options,
        quantity=units,
        unit_price=yen(choice.price),
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
                label=label(part.kind, customer),
                amount=amount,
                captured=amount if part.paid else yen(0),
                refunded=yen(0),
                pay_by=parcels.day_end(at + PAY_WITHIN) if waiting else None,
                payment_number=payment_number(ref) if part.kind is TenderKind.KONBINI else None,
            )
        )
    return tuple(tenders)


def payment_number(ref: str) -> str:
    """What is typed in at a convenience store to pay an order."""
    return f"{luck(ref) % 10**11:011d}"


def label(kind: TenderKind, customer: StoreCustomer) -> str:
    """The method's name as this customer reads it."""
    if kind in LABELS:
        return LABELS[kind][customer.locale]
    number = luck(customer.ref)
    return f"{BRANDS[number % len(BRANDS)]} ···· {number // 7 % 10000:04d}"
