"""Whole minor units and a currency; the one place where money is shared out."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec
from babel.numbers import get_currency_precision


class Money(msgspec.Struct, frozen=True, order=True):
    """An amount in minor units (yen, cents) of an ISO 4217 currency."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def __bool__(self) -> bool:
        return self.amount != 0

    def decimal(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.amount).scaleb(-get_currency_precision(self.currency))

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other.amount


def from_major(value: Decimal | str | int, currency: str) -> Money:
    """Money from an amount in major units, rounded half up to the currency's smallest unit."""
    digits = get_currency_precision(currency)
    minor = Decimal(value).scaleb(digits).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return Money(int(minor), currency)


def total(parts: Sequence[Money], currency: str) -> Money:
    """The sum, which is zero of `currency` for no parts."""
    return sum(parts, Money(0, currency))


def beside(whole: Money, parts: Sequence[Money]) -> Money:
    """What the whole holds beside its parts; zero when they are worth more."""
    return max(whole - total(parts, whole.currency), Money(0, whole.currency))


def share(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` minor units shared out by weights with the largest remainder; the parts add up to the amount."""
    whole = sum(weights)
    if whole == 0:
        raise ValueError("nothing to share by")
    parts = [amount * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def telescoped(amount: int, quantity: int, done: int, count: int) -> int:
    """What `count` further units of a line are worth when `done` were settled before.

    F(k) = amount·k/quantity rounded half up; the parts of all units add up to `amount` however they are split.
    """
    if not 0 <= done <= done + count <= quantity:
        raise ValueError("more units than there are")

    def upto(k: int) -> int:
        return (2 * amount * k + quantity) // (2 * quantity)

    return upto(done + count) - upto(done)
