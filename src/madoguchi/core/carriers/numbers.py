"""Numbers of parcels and their check digits. Pure.

The carriers of Japan write twelve digits, of which the last is the first eleven modulo 7; it does not tell which of
them it is. Post that crosses a border has a number as the Universal Postal Union makes them (S10): two letters, eight
digits, a check digit, and the country.
"""

import re

from madoguchi.kit import ids

_TWELVE = re.compile(r"[0-9]{12}")
_S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_ANY = re.compile(r"(?=.*[0-9])[A-Z0-9]{6,34}")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def twelve_digits(body: int) -> str:
    """The number with these first eleven digits."""
    body %= 10**11
    return f"{body:011d}{body % 7}"


def s10(service: str, body: int, country: str) -> str:
    """The number of a service (two letters) and a country (ISO 3166-1 alpha-2) with these first eight digits."""
    digits = f"{body % 10**8:08d}"
    return f"{service}{digits}{_s10_check(digits)}{country}"


def read(typed: str) -> str | None:
    """A number as people type or scan it; None when it is of no form that we know, or its check digit is wrong."""
    number = ids.bare(typed)
    return number if is_valid(number) else None


def read_any(typed: str) -> str | None:
    """The number of a carrier whose forms we do not know; None for what is none, and for a wrong one of the post's."""
    number = ids.bare(typed)
    if not _ANY.fullmatch(number) or (_S10.fullmatch(number) and not is_valid(number)):
        return None
    return number


def is_valid(number: str) -> bool:
    """Whether it is a number of a known form with the check digit that belongs to it."""
    if _TWELVE.fullmatch(number):
        return int(number[:11]) % 7 == int(number[11])
    return bool(_S10.fullmatch(number)) and _s10_check(number[2:10]) == number[10]


def _s10_check(digits: str) -> str:
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    return str({10: 0, 11: 5}.get(rest, rest))
