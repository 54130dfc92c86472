"""What a shop can say to a write, and what it decides on. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

import msgspec
from msgspec.structs import replace

from madoguchi.core.shop.port import (
    Balance,
    Failure,
    OrderLine,
    Product,
    StoreCustomer,
    StoreOrder,
    TenderKind,
    Variant,
)
from madoguchi.edge.stores.demo.money import Moved, Movement
from madoguchi.edge.stores.demo.operations.asked import EditLines
from madoguchi.kit.money import Money


class Effect(msgspec.Struct, frozen=True):
    """It is done: the order afterwards, and the money that moved."""

    order: StoreOrder
    movements: tuple[Movement, ...] = ()


class Waiting(Enum):
    """It is not decided yet."""

    WAREHOUSE = "warehouse"


Answer = Effect | Failure | Waiting


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop decides on: the order, its customer, and where goods are chosen the products of its lines, by ref.

    `wrapping` is what it takes for wrapping an order, None: it wraps nothing; `pay_later` the payments for which goods
    can wait.
    """

    now: datetime
    order: StoreOrder
    customer: StoreCustomer
    products: Mapping[str, Product] = {}
    refunds: bool = True
    wrapping: Money | None = None
    pay_later: tuple[TenderKind, ...] = ()

    def method(self, ref: str) -> Balance | None:
        """The customer's payment method on file."""
        return method(self.customer, ref)


def method(customer: StoreCustomer, ref: str) -> Balance | None:
    """The customer's payment method on file."""
    return next((one for one in customer.methods if one.method_ref == ref), None)


def effect(moved: Moved) -> Effect:
    """An order and its money, as an answer."""
    return Effect(*moved)


def variant_of(products: Mapping[str, Product], product_ref: str, sku: str) -> Variant | None:
    """The variant, if it is one of this product's."""
    product = products.get(product_ref)
    return next((one for one in product.variants if one.sku == sku), None) if product else None


def has(variant: Variant, units: int) -> bool:
    """Whether so many units of it can be had."""
    return variant.available and (variant.stock is None or variant.stock >= units)


def edited(facts: Facts, asked: EditLines) -> tuple[StoreOrder, int] | Failure:
    """The order with other variants in its lines, and the signed difference in price; no money has moved yet."""
    wanted = {edit.line_ref: edit.sku for edit in asked.edits}
    lines = {line.ref: line for line in facts.order.lines}
    if not wanted or len(wanted) < len(asked.edits) or not wanted.keys() <= lines.keys():
        return Failure.INVALID
    after = []
    for line in facts.order.lines:
        variant = variant_of(facts.products, line.product_ref, wanted.get(line.ref, line.sku))
        if line.ref not in wanted:
            after.append(line)
        elif variant is None:
            return Failure.INVALID
        elif not has(variant, line.quantity):
            return Failure.UNAVAILABLE
        else:
            after.append(_edited(line, variant))
    difference = sum(line.total.amount for line in after) - sum(line.total.amount for line in facts.order.lines)
    if asked.expected != Money(difference, facts.order.currency):
        return Failure.PRICE_CHANGED
    total = facts.order.total + asked.expected
    return replace(facts.order, lines=tuple(after), total=total), difference


def repriced(line: OrderLine, total: int) -> OrderLine:
    """The line at another total; its tax follows, rounded half up."""
    old = line.total.amount
    tax = (2 * line.tax.amount * total + old) // (2 * old) if old else 0
    return replace(line, total=Money(total, line.total.currency), tax=Money(tax, line.tax.currency))


def _edited(line: OrderLine, variant: Variant) -> OrderLine:
    more = (variant.price - line.unit_price).amount * line.quantity
    return replace(
        repriced(line, max(line.total.amount + more, 0)),
        sku=variant.sku,
        options=variant.options,
        unit_price=variant.price,
    )
