"""What a receipt or a credit note says: its rows, and per tax rate the amount with its tax, rounded once. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from madoguchi.core.actions.rules import Said
from madoguchi.core.ledger.rules import LineUnits
from madoguchi.core.shop.port import OrderLine, StoreOrder
from madoguchi.kit.money import Money, beside, share, telescoped, total

ONE_ISSUE = timedelta(minutes=1)  # within which the same words are one issue: a double click


class Kind(StrEnum):
    """What is issued."""

    RECEIPT = "receipt"  # 領収書, which is a qualified invoice where the issuer is registered
    CREDIT_NOTE = "credit_note"  # 返還請求書, for what was given back


class RatePart(msgspec.Struct, frozen=True):
    """What of an amount is taxed at a rate (percent), and the tax in it."""

    rate: int
    amount: Money
    tax: Money


class Item(msgspec.Struct, frozen=True):
    """A row: goods, or fees and adjustments by their text; with its tax rate in percent."""

    name: str | Said
    quantity: int
    amount: Money
    rate: int


class Paid(msgspec.Struct, frozen=True):
    """What one payment method paid."""

    label: str
    amount: Money


class Returned(msgspec.Struct, frozen=True):
    """What was given back at a moment; negative for what came back from a bank."""

    at: datetime
    amount: Money


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An issue as it was: who received how much from whom and for what, or gave it back.

    `registration` is the T number of a qualified issuer, `standard` the tax rate that needs no mark. `lang` and `zone`
    are the issuer's. `returns` is what had been given back by then. `replaces` is the number of the issue before.
    """

    kind: Kind
    lang: str
    zone: str
    issuer: str
    address: str
    registration: str | None
    addressee: str
    note: str
    order_ref: str
    ordered_at: datetime
    items: tuple[Item, ...]
    total: Money
    standard: int
    rates: tuple[RatePart, ...]
    paid: tuple[Paid, ...]
    returns: tuple[Returned, ...]
    replaces: str | None

    @property
    def reduced(self) -> tuple[int, ...]:
        """The rates that need a mark."""
        return tuple(part.rate for part in self.rates if 0 < part.rate < self.standard)

    @property
    def returned(self) -> Money:
        """What had been given back."""
        return total([part.amount for part in self.returns], self.total.currency)


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold, and what became of the money until now."""

    order: StoreOrder
    units: Mapping[str, LineUnits]
    paid: tuple[Paid, ...]
    returns: tuple[Returned, ...]

    @property
    def received(self) -> Money:
        """What was really taken."""
        return total([part.amount for part in self.paid], self.order.currency)

    @property
    def returned(self) -> Money:
        """What was given back."""
        return total([part.amount for part in self.returns], self.order.currency)


def is_paid(order: StoreOrder) -> bool:
    """Whether anything was really taken for an order."""
    return any(tender.captured for tender in order.tenders)


def rows(kind: Kind, sale: Sale, rates: Sequence[int]) -> tuple[Item, ...]:
    """The rows of a document; they add up to what was received, or given back."""
    return _sold(sale, rates) if kind is Kind.RECEIPT else _given_back(sale, rates)


def by_rate(items: Iterable[Item]) -> tuple[RatePart, ...]:
    """What is taxed at each rate; the tax in it is rounded down once per rate."""
    sums: dict[int, Money] = {}
    for item in items:
        sums[item.rate] = sums[item.rate] + item.amount if item.rate in sums else item.amount
    return tuple(
        RatePart(rate, amount, Money(amount.amount * rate // (100 + rate), amount.currency))
        for rate, amount in sorted(sums.items())
        if amount
    )


def rate_of(line: OrderLine, rates: Sequence[int]) -> int:
    """The rate by which the store's tax of a line comes about; 0 where there is none in it, as in a gift card."""
    return min((0, *rates), key=lambda rate: abs(line.tax.amount * (100 + rate) - line.total.amount * rate))


def _sold(sale: Sale, rates: Sequence[int]) -> tuple[Item, ...]:
    order, standard = sale.order, max(rates)
    goods = [Item(line.name, line.quantity, line.total, rate_of(line, rates)) for line in order.lines]
    others = beside(order.total, [*(item.amount for item in goods), order.shipping_fee])
    fees = [
        Item(Said("receipts.shipping"), 1, order.shipping_fee, standard),
        Item(Said("receipts.fees"), 1, others, standard),
    ]
    listed = [item for item in [*goods, *fees] if item.amount]
    rest = sale.received - total([item.amount for item in listed], order.currency)
    never_taken = {line.ref: sale.units[line.ref].cancelled for line in order.lines} if rest.amount < 0 else {}
    return (*listed, *_adjusted(rest, _worth(order, never_taken, rates) or _sums(listed)))


def _given_back(sale: Sale, rates: Sequence[int]) -> tuple[Item, ...]:
    order, standard = sale.order, max(rates)
    gone = [line for line in order.lines if sale.units[line.ref].refunded]
    units = [sale.units[line.ref].refunded for line in gone]
    worth = [telescoped(line.total.amount, line.quantity, 0, count) for line, count in zip(gone, units, strict=True)]
    if sum(worth) > sale.returned.amount:
        worth = share(sale.returned.amount, worth)
    goods = [
        Item(line.name, count, Money(amount, order.currency), rate_of(line, rates))
        for line, count, amount in zip(gone, units, worth, strict=True)
    ]
    beyond = beside(sale.returned, [item.amount for item in goods])
    fees = min(beyond, beside(order.total, [line.total for line in order.lines]))
    listed = [item for item in [*goods, Item(Said("receipts.fees"), 1, fees, standard)] if item.amount]
    everything = {line.ref: line.quantity for line in order.lines}
    return (*listed, *_adjusted(beyond - fees, _worth(order, everything, rates)))


def _adjusted(rest: Money, weights: Mapping[int, int]) -> list[Item]:
    """What the rows lack, by rate."""
    if not rest:
        return []
    sign = -1 if rest.amount < 0 else 1
    parts = share(abs(rest.amount), list(weights.values()))
    return [
        Item(Said("receipts.adjusted"), 1, Money(sign * part, rest.currency), rate)
        for rate, part in zip(weights, parts, strict=True)
        if part
    ]


def _worth(order: StoreOrder, units: Mapping[str, int], rates: Sequence[int]) -> dict[int, int]:
    """What units of lines are worth, by rate, in minor units."""
    found: dict[int, int] = {}
    for line in order.lines:
        worth = telescoped(line.total.amount, line.quantity, 0, units.get(line.ref, 0))
        if worth:
            rate = rate_of(line, rates)
            found[rate] = found.get(rate, 0) + worth
    return found


def _sums(items: Iterable[Item]) -> dict[int, int]:
    return {part.rate: part.amount.amount for part in by_rate(items)}
