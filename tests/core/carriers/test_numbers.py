"""Numbers that check, and those that do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madoguchi.core.carriers import numbers


@pytest.mark.parametrize("body", [0, 6, 7, 12_345_678_901, 10**40])
def test_twelve_digits_end_in_the_rest_of_seven(body: int) -> None:
    number = numbers.twelve_digits(body)
    assert len(number) == 12
    assert int(number[:11]) % 7 == int(number[11])
    assert numbers.is_valid(number)


@pytest.mark.parametrize(
    "number",
    ["RR473124829JP", "EE123456785JP", "CP000000005DE", "RR000600000JP"],  # the last two: 11 is written 5, and 10 is 0
)
def test_post_across_borders(number: str) -> None:
    assert numbers.s10(number[:2], int(number[2:10]), number[11:]) == number
    assert numbers.is_valid(number)


@given(st.integers(min_value=0, max_value=10**8 - 1), st.integers(min_value=0, max_value=9))
def test_one_check_digit_fits(body: int, digit: int) -> None:
    right = numbers.s10("RR", body, "JP")
    changed = right[:10] + str(digit) + right[11:]
    assert numbers.is_valid(changed) == (changed == right)


@pytest.mark.parametrize("number", ["", "123456789012", "1234567890", "RR473124828JP", "rr473124829jp", "X" * 40])
def test_what_does_not_check_is_none(number: str) -> None:
    assert not numbers.is_valid(number)


def test_as_people_type_them() -> None:
    number = numbers.twelve_digits(40_012_345_678)
    assert numbers.read(f"{number[:4]}-{number[4:8]}-{number[8:]}") == number
    assert numbers.read("　" + number.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})) == number
    assert numbers.read("rr 4731 2482 9 jp") == "RR473124829JP"
    assert numbers.read(number[:-1] + str((int(number[-1]) + 1) % 10)) is None
