"""What a receipt says: lines, and per tax rate the amount with its tax, rounded once. Pure."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from madoguchi.core.ledger.rules import LineUnits
from madoguchi.core.policy.pack import ReceiptRules
from madoguchi.core.shop.port import OrderLine, StoreOrder
from madoguchi.kit.money import Money, share, telescoped


class RatePart(msgspec.Struct, frozen=True):
    """What of an amount is taxed at a rate (percent), and the tax in it."""

    rate: int
    amount: Money
    tax: Money


class Item(msgspec.Struct, frozen=True):
    """A line that was ordered, with its tax rate in percent."""

    name: str
    quantity: int
    amount: Money
    rate: int


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The document: who received how much from whom, for what, and what was given back since.

    `registration` is the T number of a qualified issuer; `marked`: it says that it was issued before.
    """

    issuer: str
    registration: str | None
    addressee: str
    note: str
    order_ref: str
    ordered_at: datetime
    items: tuple[Item, ...]
    shipping: Money
    total: Money
    rates: tuple[RatePart, ...]
    returned: Money
    returned_rates: tuple[RatePart, ...]
    marked: bool


def receipt(
    rules: ReceiptRules,
    order: StoreOrder,
    received: Money,
    returned: Money,
    units: Mapping[str, LineUnits],
    *,
    addressee: str,
    note: str,
    again: bool,
) -> Receipt:
    """The document for what was received of an order until now."""
    standard = max(rules.tax_rates)
    paid, back = {standard: order.shipping_fee.amount}, dict[int, int]()
    for line in order.lines:
        rate = rate_of(line, rules.tax_rates)
        given_back = telescoped(line.total.amount, line.quantity, 0, units[line.ref].refunded)
        paid[rate] = paid.get(rate, 0) + line.total.amount
        back[rate] = back.get(rate, 0) + given_back
    beyond = max(returned.amount - sum(back.values()), 0)  # the shipping, which is taxed at the standard rate
    back[standard] = back.get(standard, 0) + beyond
    return Receipt(
        issuer=rules.issuer,
        registration=rules.registration,
        addressee=addressee,
        note=note or rules.note,
        order_ref=order.ref,
        ordered_at=order.placed_at,
        items=tuple(Item(line.name, line.quantity, line.total, rate_of(line, rules.tax_rates)) for line in order.lines),
        shipping=order.shipping_fee,
        total=received,
        rates=by_rate(received, paid),
        returned=returned,
        returned_rates=by_rate(returned, back) if returned else (),
        marked=again and rules.reissue_marked,
    )


def rate_of(line: OrderLine, rates: tuple[int, ...]) -> int:
    """The rate by which the store's tax of a line comes about."""
    return min(rates, key=lambda rate: abs(line.tax.amount * (100 + rate) - line.total.amount * rate))


def by_rate(amount: Money, weights: Mapping[int, int]) -> tuple[RatePart, ...]:
    """An amount shared by what is taxed at each rate; the tax in it is rounded down once per rate."""
    rates = sorted(rate for rate, weight in weights.items() if weight)
    parts = share(amount.amount, [weights[rate] for rate in rates])
    return tuple(
        RatePart(rate, Money(part, amount.currency), Money(part * rate // (100 + rate), amount.currency))
        for rate, part in zip(rates, parts, strict=True)
    )
