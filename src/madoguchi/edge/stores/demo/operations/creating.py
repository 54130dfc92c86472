"""New orders that the shop is asked for: once more at no price, or anew and paid at once. Pure."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from madoguchi.core.shop.port import Failure, Product, StoreCustomer, StoreOrder
from madoguchi.edge.stores.demo import baskets, money
from madoguchi.edge.stores.demo.catalogue import CHOICES
from madoguchi.edge.stores.demo.contents import Placed, payments_of
from madoguchi.edge.stores.demo.operations import answers, living
from madoguchi.edge.stores.demo.operations.asked import CreateOrder, CreateReplacement
from madoguchi.edge.stores.demo.people import Pay

FIRST_ORDER = 11_000_000  # order numbers of what is made here begin behind those of the named people


def order_number(number: int) -> str:
    """The number that people know."""
    return f"MD-{FIRST_ORDER + number}"


def credit_number(number: int) -> str:
    """A credit's number."""
    return f"CR-{FIRST_ORDER + number}"


def replacement(
    ref: str, order: StoreOrder, asked: CreateReplacement, products: Mapping[str, Product], now: datetime
) -> Placed | Failure:
    """Units of the order's lines that were shipped, sent again."""
    shipped = {line.ref: line.shipped for line in order.lines}
    if not asked.lines or any(not 0 < units <= shipped.get(line, 0) for line, units in asked.lines.items()):
        return Failure.INVALID
    address = asked.address or order.address
    if not living.is_deliverable(address):
        return Failure.INVALID
    again = baskets.again(ref, order, asked.lines, address, now)
    if not in_stock(again, products):
        return Failure.UNAVAILABLE
    return Placed(order=again, payments=(), plan=baskets.usual(again))


def new_order(
    ref: str, customer: StoreCustomer, asked: CreateOrder, products: Mapping[str, Product], now: datetime
) -> Placed | Failure:
    """Goods of one seller to one address, or digital goods alone, paid by one method that can be charged."""
    if not asked.items or any(units <= 0 for units in asked.items.values()):
        return Failure.INVALID
    if not asked.items.keys() <= CHOICES.keys():
        return Failure.UNAVAILABLE
    wares = [CHOICES[sku].ware for sku in asked.items]
    if len({(ware.seller, "digital" in ware.flags) for ware in wares}) != 1:
        return Failure.INVALID
    if not living.is_deliverable(asked.address):
        return Failure.INVALID
    method = answers.method(customer, asked.method_ref)
    if method is None or method.kind not in money.CHARGEABLE:
        return Failure.METHOD_UNKNOWN
    order = baskets.place(ref, replace(customer, address=asked.address), now, asked.items, (Pay(method.kind),))
    if not in_stock(order, products):
        return Failure.UNAVAILABLE
    if order.total != asked.expected:
        return Failure.PRICE_CHANGED
    if not money.covers(method, order.total.amount):
        return Failure.INSUFFICIENT
    if "digital" in wares[0].flags:
        order = baskets.handed_over(order, opened=False)
    return Placed(order=order, payments=payments_of(order), plan=baskets.usual(order))


def in_stock(order: StoreOrder, products: Mapping[str, Product]) -> bool:
    """Whether the shop has what the order takes."""
    taken: Counter[str] = Counter()
    for line in order.lines:
        taken[line.sku] += line.quantity
        variant = answers.variant_of(products, line.product_ref, line.sku)
        if variant is None or not answers.has(variant, taken[line.sku]):
            return False
    return True
