"""Card numbers, clean text, signatures, limits."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madoguchi.kit import security
from madoguchi.kit.security import RateLimit, Seats, Signer, clean_text, mask_cards


@pytest.mark.parametrize(
    "written",
    [
        "4242424242424242",
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "４２４２４２４２４２４２４２４２",
        "４２４２　４２４２　４２４２　４２４２",
        "4242ー4242ー4242ー4242",
        "4242.4242.4242.4242",
        "カード番号は4242424242424242です",
        "4242–4242–4242–4242",
        "4242 4242 4242 4242 12/28",
        "4242424242424242 123",
        "12 4242 4242 4242 4242",
        "1. 4242424242424242",
        "card4242424242424242",
        "4242\n4242\n4242\n4242",
        "4242\u200b4242\u200b4242\u200b4242",
        "4242\u20434242\u20434242\u20434242",
    ],
)
def test_card_numbers_are_masked_however_they_are_written(written: str) -> None:
    masked, count = mask_cards(written)
    assert count == 1
    assert "**** **** **** 4242" in masked
    assert "42424242" not in masked


@pytest.mark.parametrize("number", ["378282246310005", "3530111333300000", "36227206271667", "5555555555554444"])
def test_issuers(number: str) -> None:
    assert mask_cards(number)[1] == 1


@pytest.mark.parametrize(
    "harmless",
    [
        "MD-10234567",
        "#W1234567",
        "追跡番号 490313116609",  # twelve digits
        "4242424242424241",  # fails Luhn
        "9999999999999995",  # passes Luhn, no issuer
        "電話 03-1234-5678",
        "2026-03-03 10:00",
        "C-7QK2M-90XTV",
        "250-1234567-1234567",
    ],
)
def test_our_own_numbers_are_left_alone(harmless: str) -> None:
    assert mask_cards(harmless) == (harmless, 0)


def test_random_long_numbers_are_rarely_taken_for_cards() -> None:
    rng = random.Random(1)
    hits = sum(mask_cards("".join(rng.choices("0123456789", k=17)))[1] for _ in range(5000))
    assert hits <= 25  # Luhn alone would hit 500


def test_two_cards_in_one_text() -> None:
    masked, count = mask_cards("4242424242424242 と 5555 5555 5555 4444")
    assert count == 2
    assert masked == "**** **** **** 4242 と **** **** **** 4444"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  こんにちは \r\n", "こんにちは"),
        ("a\x00b\x1bc", "abc"),
        ("abc\u202edef\u2066", "abcdef"),
        ("か\u3099", "が"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\ud800b", "a?b"),
        ("\U000e0041\U000e0042", ""),
        ("一行\r二行\n三行", "一行\n二行\n三行"),
    ],
)
def test_text_is_kept_clean(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


def test_masking_is_quick_on_hostile_text() -> None:
    began = time.process_time()
    mask_cards("4 " * 50_000)
    mask_cards("4242-" * 20_000)
    assert time.process_time() - began < 1


def test_a_seal_opens_for_its_purpose_and_key_only() -> None:
    signer = Signer(b"a" * 32)
    sealed = signer.seal("one", ["x", 1])
    assert signer.open(sealed, "one", list[object]) == ["x", 1]
    assert signer.open(sealed, "two", list[object]) is None
    assert Signer(b"b" * 32).open(sealed, "one", list[object]) is None
    for broken in ("", ".", sealed[:-1], sealed[1:], "a.b", sealed + "=", "é.é"):
        assert signer.open(broken, "one", list[object]) is None


async def test_passwords() -> None:
    stored = await security.hash_password("正しい馬の電池の釘")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await security.password_matches("正しい馬の電池の釘", stored)
    assert not await security.password_matches("別の言葉", stored)
    assert not await security.password_matches("正しい馬の電池の釘", None)


def test_a_limit_lets_bursts_through_and_then_says_how_long() -> None:
    limit = RateLimit(1, burst=3)
    assert [limit.wait("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 0 < limit.wait("a") <= 1
    assert limit.wait("b") == 0.0


def test_seats_are_few_for_each_key_and_come_back() -> None:
    seats = Seats(2)
    assert seats.take({"a", "x"})
    assert seats.take({"b", "x"})
    assert not seats.take({"c", "x"})
    assert seats.take({"c"})  # what was refused took nothing
    seats.leave({"a", "x"})
    assert seats.take({"c", "x"})
