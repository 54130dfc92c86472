"""Any sequence of writes on a living order keeps its books: money by tender, balances, stock, and what is due."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from madoguchi.core.shop.port import (
    Balance,
    Coupon,
    GiftOptions,
    LineEdit,
    OrderLine,
    OrderState,
    RefundTo,
    StoreOrder,
    TenderKind,
)
from madoguchi.edge.stores.demo import baskets, catalogue, money, rules
from madoguchi.edge.stores.demo.money import Movement, Way
from madoguchi.edge.stores.demo.operations import living
from madoguchi.edge.stores.demo.operations.answers import Effect, Facts
from madoguchi.edge.stores.demo.operations.asked import (
    AddGiftOptions,
    ApplyCoupon,
    Cancel,
    ChangePayment,
    EditLines,
    OfLivingOrder,
    Refund,
    UpdateShippingAddress,
)
from madoguchi.edge.stores.demo.people import CARD, COD, KONBINI, KONBINI_UNPAID, MISAKI, YOKO, Pay
from madoguchi.kit.money import Money

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
SKUS = ("TOWEL-WH", "TOWEL-BE", "TOWEL-BL", "CHAIR-GR", "CHAIR-BE", "LOTION-1")
WRAPPING = Money(330, "JPY")
METHODS = ("card", "gift_balance", "points", "konbini", "cod", "bank")
PAYS: tuple[tuple[Pay, ...], ...] = (
    (CARD,),
    (COD,),
    (KONBINI,),
    (KONBINI_UNPAID,),
    (Pay(TenderKind.GIFT_BALANCE, 700), Pay(TenderKind.POINTS, 300), CARD),
    (Pay(TenderKind.POINTS, 500), KONBINI_UNPAID),
)


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """The shop around one order, as the database would hold it."""

    order: StoreOrder
    held: Mapping[str, int]
    stock: Mapping[str, int]
    moved: tuple[Movement, ...] = ()
    refunds: bool

    def facts(self) -> Facts:
        coupons = (
            Coupon(
                code="GOOD",
                value=Money(900, "JPY"),
                minimum=Money(2000, "JPY"),
                valid_until=NOW + timedelta(days=1),
            ),
        )
        methods = [
            Balance(method_ref=ref, kind=TenderKind(ref), label=ref, balance=Money(amount, "JPY"))
            for ref, amount in self.held.items()
        ]
        methods.append(Balance(method_ref="card", kind=TenderKind.CARD, label="card", balance=None))
        products = {
            product.ref: replace(
                product,
                variants=tuple(
                    replace(one, stock=self.stock[one.sku], available=self.stock[one.sku] > 0)
                    for one in product.variants
                ),
            )
            for product in catalogue.products()
            if product.ref in {"TOWEL", "CHAIR", "LOTION"}
        }
        customer = replace(MISAKI.customer, methods=tuple(methods), coupons=coupons)
        return Facts(
            now=NOW, order=self.order, customer=customer, products=products, refunds=self.refunds, wrapping=WRAPPING
        )

    def after(self, order: StoreOrder, movements: tuple[Movement, ...]) -> "Books":
        """The books when this happened."""
        held, stock = Counter(self.held), Counter(self.stock)
        for one in movements:
            if one.method_ref in held:
                held[one.method_ref] += one.amount if one.way is Way.REFUND else -one.amount
        for line in self.order.lines:
            stock[line.sku] += _held_units(line)
        for line in order.lines:
            stock[line.sku] -= _held_units(line)
        return replace(self, order=order, held=dict(held), stock=dict(stock), moved=self.moved + movements)


def _held_units(line: OrderLine) -> int:
    return line.quantity - line.cancelled


def begun(pay: tuple[Pay, ...], items: dict[str, int], refunds: bool) -> Books:
    order = baskets.place("MD-99999999", MISAKI.customer, NOW, items, pay)
    paid = tuple(
        Movement(tender_ref=t.ref, way=Way.PAYMENT, method_ref=t.method_ref, amount=t.captured.amount)
        for t in order.tenders
        if t.captured
    )
    stock = dict.fromkeys(SKUS, 3)
    held = {"gift_balance": 9000, "points": 400, "store_credit": 0}
    return Books(order=order, held=held, stock=stock, moved=paid, refunds=refunds)


def wish(draw: st.DrawFn, order: StoreOrder) -> OfLivingOrder:
    """A write that may make sense, or not."""
    line = draw(st.sampled_from(order.lines))
    method = draw(st.sampled_from(METHODS))
    match draw(st.integers(0, 6)):
        case 0:
            lines = draw(st.none() | st.just({line.ref: draw(st.integers(-1, 4))}))
            return Cancel(order.ref, order.version, lines, "other")
        case 1:
            assert YOKO.customer.address
            return UpdateShippingAddress(order.ref, order.version, YOKO.customer.address)
        case 2:
            sku = draw(st.sampled_from(SKUS))
            more = catalogue.CHOICES[sku].price - line.unit_price.amount
            expected = Money(more * line.quantity + draw(st.sampled_from((0, 0, 0, 1))), "JPY")
            return EditLines(order.ref, order.version, (LineEdit(line_ref=line.ref, sku=sku),), method, expected)
        case 3:
            return ChangePayment(order.ref, order.version, method)
        case 4:
            return gift(order, wrapping=draw(st.booleans()), method=method)
        case 5:
            return ApplyCoupon(order.ref, order.version, draw(st.sampled_from(("GOOD", "BAD"))))
        case _:
            tender, to = draw(st.sampled_from(order.tenders)), draw(st.sampled_from(RefundTo))
            return Refund(order.ref, tender.ref, Money(draw(st.integers(-1, 3000)), "JPY"), to)


def gift(order: StoreOrder, *, wrapping: bool, method: str) -> AddGiftOptions:
    """Wrapped or not any more, for its price."""
    fee, nothing = WRAPPING if wrapping else Money(0, "JPY"), Money(0, "JPY")
    options = GiftOptions(wrapping=wrapping)
    return AddGiftOptions(order.ref, order.version, options, method, fee - (order.gift_fee or nothing))


def check(books: Books) -> None:
    """What holds whatever happened."""
    order = books.order
    sums = {(t.ref, way): 0 for t in order.tenders for way in Way}
    for one in books.moved:
        sums[one.tender_ref, one.way] += one.amount
    for tender in order.tenders:
        assert tender.captured.amount == sums[tender.ref, Way.PAYMENT]
        assert tender.refunded.amount == sums[tender.ref, Way.REFUND]
        assert 0 <= tender.refunded.amount <= tender.captured.amount
        assert tender.captured.amount in (0, tender.amount.amount)
    assert all(amount >= 0 for amount in books.held.values())
    assert all(units >= 0 for units in books.stock.values())
    assert all(0 <= line.cancelled <= line.quantity and line.total.amount >= 0 for line in order.lines)
    assert all(0 <= line.tax.amount <= line.total.amount for line in order.lines)
    assert order.total == sum((line.total for line in order.lines), order.fees)


def balance_of(order: StoreOrder) -> int:
    """What the customer has paid or is to pay, beyond what the units kept are worth."""
    return sum((t.amount - t.refunded).amount for t in order.tenders) - money.due(order)


@given(
    data=st.data(),
    pay=st.sampled_from(PAYS),
    items=st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1, max_size=3),
    refunds=st.booleans(),
    steps=st.integers(1, 8),
)
def test_any_sequence_keeps_the_books(
    data: st.DataObject, pay: tuple[Pay, ...], items: dict[str, int], refunds: bool, steps: int
) -> None:
    books = begun(pay, items, refunds)
    booked = 0  # by refunds that we asked for
    check(books)
    for _ in range(steps):
        asked = data.draw(st.composite(wish)(books.order))
        answer = living.answer(books.facts(), asked)
        if not isinstance(answer, Effect):
            continue
        books = books.after(answer.order, answer.movements)
        check(books)
        booked += asked.amount.amount if isinstance(asked, Refund) else 0
        if booked == 0 and refunds:
            assert balance_of(books.order) == 0
        if booked == 0 and not refunds:
            assert balance_of(books.order) >= 0
            owed = sum(t.amount.amount for t in books.order.tenders if not t.captured)
            assert owed <= money.due(books.order)
    sent = rules.sent(books.order, {one.ref: rules.unshipped(one) for one in books.order.lines}, NOW)
    at_the_door = rules.arrived(sent, NOW + timedelta(days=30))
    if at_the_door.state is OrderState.DELIVERED:
        check(books.after(at_the_door, money.movements(books.order, at_the_door)))
