"""Ids in order of time; numbers that people can read out."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madoguchi.kit.ids import bare, code, number, plain_code, read_number, uuid7


def test_ids_are_version_7_and_in_order() -> None:
    first = uuid7()
    time.sleep(0.002)
    second = uuid7()
    assert first.version == 7
    assert first.variant == "specified in RFC 4122"
    assert first < second


def test_numbers_are_read_as_people_type_them() -> None:
    made = number("C")
    for typed in (made, made.lower(), f" {made} ", made.replace("-", ""), made.replace("-", " ")):
        assert read_number(typed, "C") == made
    wide = "".join(chr(ord(c) + 0xFEE0) for c in made)
    assert read_number(wide, "C") == made
    assert read_number(made.replace("1", "I").replace("0", "O"), "C") == made


@pytest.mark.parametrize("dash", ["-", "ー", "ｰ", "－", "−", "‐", "–", "—", "―", "─", " ", "　"])
def test_what_an_input_method_gives_for_a_hyphen_counts_for_nothing(dash: str) -> None:
    made, opens = number("R"), code()
    assert read_number(made.replace("-", dash), "R") == made
    assert plain_code(opens.replace("-", dash)) == plain_code(opens)
    assert bare(f"4012{dash}3456{dash}789a") == "40123456789A"


def test_a_wrong_character_is_noticed() -> None:
    made = number("C")
    body = made.replace("-", "")[1:]
    for i, c in enumerate(body):
        other = "2" if c != "2" else "3"
        assert read_number("C" + body[:i] + other + body[i + 1 :], "C") != made
    assert read_number(made, "R") is None


@given(st.text())
def test_anything_else_is_no_number(text: str) -> None:
    read = read_number(text, "C")
    assert read is None or read.startswith("C-")


@pytest.mark.parametrize("swapped", range(8))
def test_two_neighbours_exchanged_are_noticed(swapped: int) -> None:
    made = number("C").replace("-", "")[1:]
    pair = {made[swapped], made[swapped + 1]}
    if len(pair) == 2 and pair != {"0", "Z"}:  # the one pair that weighs the same
        other = made[:swapped] + made[swapped + 1] + made[swapped] + made[swapped + 2 :]
        assert read_number(f"C{other}", "C") is None
