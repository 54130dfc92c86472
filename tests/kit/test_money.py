"""Money: whole units, fair shares, units one by one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madoguchi.kit.money import Money, from_major, share, telescoped, total


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_shares_add_up_and_are_fair(amount: int, weights: list[int]) -> None:
    parts = share(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) < 1


@given(st.integers(0, 10**9), st.integers(1, 50), st.data())
def test_units_settled_one_by_one_give_back_exactly_what_was_paid(
    amount: int, quantity: int, data: st.DataObject
) -> None:
    done, parts = 0, []
    while done < quantity:
        count = data.draw(st.integers(1, quantity - done))
        parts.append(telescoped(amount, quantity, done, count))
        done += count
    assert sum(parts) == amount
    assert all(part >= 0 for part in parts)


def test_more_units_than_there_are() -> None:
    with pytest.raises(ValueError):
        telescoped(100, 3, 2, 2)


@pytest.mark.parametrize(
    ("major", "currency", "minor"),
    [("12.345", "USD", 1235), ("12.344999", "USD", 1234), ("100", "JPY", 100), (Decimal("0.005"), "USD", 1)],
)
def test_half_up_to_the_smallest_unit(major: str, currency: str, minor: int) -> None:
    assert from_major(major, currency) == Money(minor, currency)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError):
        Money(1, "JPY") + Money(1, "USD")
    assert total([], "JPY") == Money(0, "JPY")
