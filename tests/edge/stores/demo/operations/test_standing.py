"""How a recorded shop answers: by its policy's words, with a row of payment for each difference."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from madoguchi.core.shop.port import Address, Balance, Failure, LineEdit, LineExchange, OrderState, StoreOrder
from madoguchi.edge.stores.demo import recorded
from madoguchi.edge.stores.demo.contents import Contents
from madoguchi.edge.stores.demo.money import Way
from madoguchi.edge.stores.demo.operations import standing
from madoguchi.edge.stores.demo.operations.answers import Answer, Effect, Facts
from madoguchi.edge.stores.demo.operations.asked import (
    Cancel,
    ChangePayment,
    CreateExchange,
    CreateReturn,
    EditLines,
    UpdateShippingAddress,
)
from madoguchi.edge.stores.demo.shopfiles import read_shop
from madoguchi.kit.money import Money
from tests.edge.stores.demo import files

HOME = Address(name="Ada Marsh", lines=("1 Quay",), city="Salem", region="OR", postal_code="97301", country="US")
Rows = list[tuple[Way, str, int]]


def held(contents: Contents, customer: str) -> tuple[Balance, ...]:
    """What the customer's methods hold."""
    return tuple(
        Balance(
            method_ref=one.ref,
            kind=one.kind,
            label=one.label,
            balance=None if one.balance is None else Money(one.balance, "USD"),
        )
        for one in contents.methods
        if one.customer_ref == customer
    )


@pytest.fixture
def shop(tmp_path: Path) -> dict[str, Facts]:
    """The tiny recorded shop: what is decided on, by order. The lamp has a dearer and a cheaper variant."""
    written = files.shop()
    lamps = written["products"]["P2"]["variants"]
    for ref, price, available in (("I4", 90.05, True), ("I5", 70.05, True), ("I6", 80.05, False)):
        lamps[ref] = {"item_id": ref, "options": {"shade": ref}, "available": available, "price": price}
    read = read_shop(files.write(tmp_path, written))
    contents = recorded.without_orders(read, 1)
    products = {product.ref: product for product in contents.products}
    customers = {customer.ref: customer for customer in contents.customers}
    return {
        placed.order.ref: Facts(
            now=placed.order.placed_at,
            order=placed.order,
            customer=replace(customers[placed.order.customer_ref], methods=held(contents, placed.order.customer_ref)),
            products=products,
        )
        for placed in recorded.orders(read, 1)
    }


def edit(order: StoreOrder, sku: str, difference: int, method_ref: str, line: str = "2") -> EditLines:
    return EditLines(
        order.ref, order.version, (LineEdit(line_ref=line, sku=sku),), method_ref, Money(difference, "USD")
    )


def done(answer: Answer) -> Effect:
    assert isinstance(answer, Effect), answer
    return answer


def rows(effect: Effect) -> Rows:
    """The rows of payment it writes."""
    return [(one.way, one.method_ref, one.amount) for one in effect.movements]


def paid_once(facts: Facts) -> Facts:
    """The same order, paid by its card alone."""
    card = facts.order.tenders[1]
    whole = replace(card, ref="1", amount=facts.order.total, captured=facts.order.total)
    return replace(facts, order=replace(facts.order, tenders=(whole,)))


@pytest.mark.parametrize(
    ("ref", "reason", "lines", "failure"),
    [
        ("#A1", "takes too long", None, Failure.INVALID),
        ("#A1", "no longer needed", {"1": 1}, Failure.INVALID),
        ("#B2", "no longer needed", None, Failure.TOO_LATE),
        ("#A2", "ordered by mistake", None, Failure.TOO_LATE),
        ("#B1", "ordered by mistake", None, Failure.INVALID),
    ],
)
def test_cancellations_that_are_refused(
    shop: dict[str, Facts], ref: str, reason: str, lines: dict[str, int] | None, failure: Failure
) -> None:
    assert standing.answer(shop[ref], Cancel(ref, 1, lines, reason)) is failure


@pytest.mark.parametrize("reason", sorted(standing.REASONS))
def test_a_pending_order_is_cancelled_whole(shop: dict[str, Facts], reason: str) -> None:
    effect = done(standing.answer(shop["#A1"], Cancel("#A1", 1, None, reason)))
    assert (effect.order.state, effect.order.cancel_reason) == (OrderState.CANCELLED, reason)
    assert rows(effect) == [(Way.REFUND, "gift1", 6000), (Way.REFUND, "card1", 4505)]


@pytest.mark.parametrize(
    ("sku", "difference", "method_ref", "expected"),
    [
        ("I4", 1000, "card1", [(Way.PAYMENT, "card1", 1000)]),
        ("I5", -1000, "card1", [(Way.REFUND, "card1", 1000)]),
        ("I5", -1000, "paypal1", [(Way.REFUND, "paypal1", 1000)]),  # which paid nothing of it
        ("I2", 0, "gift1", [(Way.REFUND, "gift1", 0)]),  # the same item again, with a row of nothing
    ],
)
def test_items_change_and_the_difference_has_a_row(
    shop: dict[str, Facts], sku: str, difference: int, method_ref: str, expected: Rows
) -> None:
    facts = shop["#A1"]
    effect = done(standing.answer(facts, edit(facts.order, sku, difference, method_ref)))
    assert rows(effect) == expected
    assert (effect.order.status_text, effect.order.lines[1].sku) == (standing.ITEM_MODIFIED, sku)
    assert effect.order.total == facts.order.total + Money(difference, "USD")
    assert sum((t.captured - t.refunded).amount for t in effect.order.tenders) == effect.order.total.amount
    after = replace(facts, order=effect.order)
    assert standing.answer(after, edit(effect.order, "I2", -difference, method_ref)) is Failure.TOO_LATE
    assert standing.answer(after, Cancel("#A1", 1, None, "no longer needed")) is Failure.TOO_LATE
    assert isinstance(standing.answer(after, UpdateShippingAddress("#A1", 1, HOME)), Effect)


@pytest.mark.parametrize(
    ("line", "sku", "difference", "method_ref", "failure"),
    [
        ("2", "I6", 0, "card1", Failure.UNAVAILABLE),
        ("2", "I3", -6705, "card1", Failure.INVALID),  # another product
        ("7", "I4", 1000, "card1", Failure.INVALID),
        ("2", "I4", 999, "card1", Failure.PRICE_CHANGED),
        ("2", "I4", 1000, "gift2", Failure.METHOD_UNKNOWN),  # somebody else's
        ("2", "I4", 1000, "gift1", Failure.INSUFFICIENT),  # holds 5.00
    ],
)
def test_items_that_stay(
    shop: dict[str, Facts], line: str, sku: str, difference: int, method_ref: str, failure: Failure
) -> None:
    facts = shop["#A1"]
    assert standing.answer(facts, edit(facts.order, sku, difference, method_ref, line)) is failure


def test_one_line_is_changed_once(shop: dict[str, Facts]) -> None:
    order = shop["#A1"].order
    twice = replace(edit(order, "I4", 1000, "card1"), edits=(LineEdit(line_ref="2", sku="I4"),) * 2)
    assert standing.answer(shop["#A1"], twice) is Failure.INVALID


def test_another_method_pays(shop: dict[str, Facts]) -> None:
    facts = paid_once(shop["#A1"])
    effect = done(standing.answer(facts, ChangePayment("#A1", 1, "paypal1")))
    assert rows(effect) == [(Way.PAYMENT, "paypal1", 10505), (Way.REFUND, "card1", 10505)]
    assert effect.order.status_text == standing.PENDING
    again = replace(facts, order=effect.order)
    assert standing.answer(again, ChangePayment("#A1", 1, "card1")) is Failure.INVALID


@pytest.mark.parametrize(
    ("method_ref", "failure"),
    [("card1", Failure.INVALID), ("gift2", Failure.METHOD_UNKNOWN), ("gift1", Failure.INSUFFICIENT)],
)
def test_payments_that_stay(shop: dict[str, Facts], method_ref: str, failure: Failure) -> None:
    assert standing.answer(paid_once(shop["#A1"]), ChangePayment("#A1", 1, method_ref)) is failure


def test_two_payments_stay(shop: dict[str, Facts]) -> None:
    assert standing.answer(shop["#A1"], ChangePayment("#A1", 1, "paypal1")) is Failure.INVALID


def test_an_address_has_two_lines(shop: dict[str, Facts]) -> None:
    after = done(standing.answer(shop["#A1"], UpdateShippingAddress("#A1", 1, HOME))).order
    assert after.address == replace(HOME, lines=("1 Quay", ""))
    for wrong in (replace(HOME, country="JP"), replace(HOME, lines=()), replace(HOME, lines=("1", "2", "3"))):
        assert standing.answer(shop["#A1"], UpdateShippingAddress("#A1", 1, wrong)) is Failure.INVALID
    assert standing.answer(shop["#B2"], UpdateShippingAddress("#B2", 1, HOME)) is Failure.TOO_LATE


# -- what was delivered


def exchange(sku: str, difference: int, method_ref: str, line: str = "1", units: int = 1) -> CreateExchange:
    edits = (LineExchange(line_ref=line, sku=sku, units=units),)
    return CreateExchange("#A2", 1, edits, method_ref, Money(difference, "USD"), hold=True)


@pytest.mark.parametrize("method_ref", ["paypal1", "gift1"])
def test_a_return_is_noted_once(shop: dict[str, Facts], method_ref: str) -> None:
    facts = shop["#A2"]
    effect = done(standing.answer(facts, CreateReturn("#A2", 1, {"2": 1}, method_ref)))
    assert rows(effect) == []
    assert effect.order.status_text == standing.RETURN_REQUESTED
    assert [line.announced for line in effect.order.lines] == [0, 1]
    after = replace(facts, order=effect.order)
    assert standing.answer(after, CreateReturn("#A2", 1, {"1": 1}, method_ref)) is Failure.INVALID
    assert standing.answer(after, exchange("I1", 0, method_ref)) is Failure.INVALID


@pytest.mark.parametrize(
    ("ref", "lines", "method_ref", "failure"),
    [
        ("#A1", {"1": 1}, "card1", Failure.INVALID),  # not delivered
        ("#A2", {"1": 2}, "paypal1", Failure.INVALID),
        ("#A2", {"7": 1}, "paypal1", Failure.INVALID),
        ("#A2", {}, "paypal1", Failure.INVALID),
        ("#A2", {"1": 1}, None, Failure.METHOD_UNKNOWN),
        ("#A2", {"1": 1}, "card1", Failure.METHOD_UNKNOWN),  # did not pay it
        ("#A2", {"1": 1}, "gift2", Failure.METHOD_UNKNOWN),  # somebody else's
    ],
)
def test_returns_that_are_refused(
    shop: dict[str, Facts], ref: str, lines: dict[str, int], method_ref: str | None, failure: Failure
) -> None:
    assert standing.answer(shop[ref], CreateReturn(ref, 1, lines, method_ref)) is failure


def test_an_exchange_is_noted_and_moves_nothing(shop: dict[str, Facts]) -> None:
    effect = done(standing.answer(shop["#A2"], exchange("I1", 0, "paypal1")))  # the same item again
    assert rows(effect) == []
    assert effect.order.status_text == standing.EXCHANGE_REQUESTED
    assert [line.announced for line in effect.order.lines] == [1, 0]
    assert effect.order.lines[0].sku == "I1"


def cheaper(facts: Facts, price: int) -> Facts:
    """The same order, of whose mugs a red one can be had at another price."""
    mugs = facts.products["P1"]
    red = replace(mugs.variants[1], available=True, price=Money(price, "USD"))
    return replace(facts, products={**facts.products, "P1": replace(mugs, variants=(mugs.variants[0], red))})


@pytest.mark.parametrize(
    ("price", "asked", "failure"),
    [
        (1300, exchange("I3", 49, "paypal1"), Failure.PRICE_CHANGED),
        (1800, exchange("I3", 550, "gift1"), Failure.INSUFFICIENT),  # holds 5.00
        (1800, exchange("I3", 550, "gift2"), Failure.METHOD_UNKNOWN),
        (1300, exchange("I2", 6755, "paypal1"), Failure.INVALID),  # another product
        (1300, exchange("I3", 100, "paypal1", units=2), Failure.INVALID),
    ],
)
def test_exchanges_that_are_refused(
    shop: dict[str, Facts], price: int, asked: CreateExchange, failure: Failure
) -> None:
    assert standing.answer(cheaper(shop["#A2"], price), asked) is failure


def test_what_is_not_sold_is_not_exchanged_for(shop: dict[str, Facts]) -> None:
    assert standing.answer(shop["#A2"], exchange("I3", 50, "paypal1")) is Failure.UNAVAILABLE
