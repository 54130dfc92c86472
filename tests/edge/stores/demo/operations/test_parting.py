"""Units that leave an order that is held: goods and money add up, in whatever order they go or are called off."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from madoguchi.core.shop.port import Address, Carried, Failure, OrderLine, OrderState, StoreOrder, Tender, TenderKind
from madoguchi.edge.stores.demo import money, rules
from madoguchi.edge.stores.demo.operations.parting import is_rest, parted
from madoguchi.kit.money import Money, share, telescoped

NOW = datetime(2026, 3, 3, tzinfo=UTC)
HOME = Address(name="佐藤 美咲", lines=("1-1",), city="港区", region="東京都", postal_code="105-0001", country="JP")


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def line(ref: str, quantity: int, carried: int, more: int) -> OrderLine:
    """Units that the goods which come back pay, but for what each of them costs more."""
    return OrderLine(
        ref=ref,
        sku=f"SHIRT-{ref}",
        product_ref="SHIRT",
        name="シャツ",
        quantity=quantity,
        unit_price=yen(0),
        total=yen(carried + more * quantity),
        tax=yen(0),
        exchange=Carried(line_ref=ref, amount=yen(carried)),
    )


def tender(ref: str, kind: TenderKind, amount: int, captured: int) -> Tender:
    money = {"amount": yen(amount), "captured": yen(captured), "refunded": yen(0)}
    return Tender(ref=ref, kind=kind, method_ref=kind.value, label=kind.value, **money)


@st.composite
def held(draw: st.DrawFn) -> StoreOrder:
    """An order of one or two lines, carried over from a card and points, the difference paid by gift balance."""
    count = draw(st.integers(1, 2))
    lines = tuple(
        line(str(n), draw(st.integers(1, 4)), draw(st.integers(0, 10_000)), draw(st.integers(0, 500)))
        for n in range(1, count + 1)
    )
    carried = sum(one.exchange.amount.amount for one in lines if one.exchange)
    worth = sum(one.total.amount for one in lines)
    card, points = share(carried, [3, draw(st.integers(0, 2))])
    tenders = [tender("1", TenderKind.CARD, card, 0), tender("2", TenderKind.POINTS, points, 0)]
    tenders.append(tender("3", TenderKind.GIFT_BALANCE, worth - carried, worth - carried))
    return StoreOrder(
        ref="MD-1",
        version=1,
        customer_ref="CU-1",
        state=OrderState.PAID,
        status_text="paid",
        placed_at=NOW,
        currency="JPY",
        lines=lines,
        tenders=tuple(one for one in tenders if one.amount),
        shipping_fee=yen(0),
        total=yen(worth),
        address=HOME,
        exchanges="MD-0",
        held=True,
    )


@given(held(), st.data())
def test_whatever_goes_or_is_called_off_takes_its_own_money(order: StoreOrder, data: st.DataObject) -> None:
    """I10: each unit its telescoped share; in the end nothing is left, and nothing was given twice."""
    gone = called_off = 0
    while order.state is not OrderState.CANCELLED:
        ref = data.draw(st.sampled_from([one.ref for one in order.lines if one.quantity > one.cancelled]))
        of = next(one for one in order.lines if one.ref == ref)
        worth = telescoped(of.total.amount, of.quantity, of.cancelled, 1)
        before = sum(map(money.room, order.tenders))
        if data.draw(st.booleans()) and not is_rest(order, {ref: 1}):
            made = parted("MD-2", order, {ref: 1}, NOW)
            assert not isinstance(made, Failure)
            part = made.part.order
            assert part.total == yen(worth) == yen(sum(one.amount.amount for one in part.tenders))
            assert sum(one.captured.amount for one in part.tenders) == sum(one.amount for one in made.movements)
            order, gone = made.rest, gone + worth
        else:
            assert of.exchange
            paid = worth - telescoped(of.exchange.amount.amount, of.quantity, of.cancelled, 1)
            order = rules.cancelled(order, {ref: 1}, "no longer needed")
            assert before - sum(map(money.room, order.tenders)) == paid, "no more than what it cost more"
            called_off += worth
    assert gone + called_off == order.total.amount
    assert [one for one in order.tenders if money.room(one) or (one.amount and not one.captured)] == []


@given(held())
def test_no_more_leaves_than_there_is(order: StoreOrder) -> None:
    first = order.lines[0]
    assert parted("MD-2", order, {first.ref: first.quantity + 1}, NOW) is Failure.INVALID
    assert parted("MD-2", replace(order, held=False), {first.ref: 1}, NOW) is Failure.INVALID
