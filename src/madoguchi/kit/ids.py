"""Ids: uuid7 for rows (ordered by time, unguessable), short numbers with a check character for people, codes."""

import os
import re
import secrets
import time
import unicodedata
from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base32: no I, L, O, U
_MISREAD = str.maketrans("ILO", "110")
_NUMBER = re.compile(r"^([A-Z])([0-9A-Z]{5})([0-9A-Z]{5})$")
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212\u2500\u30fc]")  # spaces, dashes, and what Japanese keys give for one


def uuid7() -> UUID:
    """A new id (RFC 9562, version 7): 48 bits of milliseconds, 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def number(prefix: str) -> str:
    """A number for people such as `C-7QK2M-90XTV`: 45 random bits and a check character (sum of weights mod 31)."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(9))
    body += _check(body)
    return f"{prefix}-{body[:5]}-{body[5:]}"


def bare(typed: str) -> str:
    """A number as typed or scanned, without what stands between its characters; full-width and lower case as others."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper()


def read_number(typed: str, prefix: str) -> str | None:
    """The number as stored, from what a person typed (full-width, lower case, I for 1); None if it is none of ours."""
    found = _NUMBER.match(bare(typed))
    if not found or found[1] != prefix:
        return None
    body = (found[2] + found[3]).translate(_MISREAD)
    if any(c not in _ALPHABET for c in body) or _check(body[:9]) != body[9]:
        return None
    return f"{prefix}-{body[:5]}-{body[5:]}"


def code() -> str:
    """A code that opens something for whoever holds it, such as `7QK2-M90X-TV4A`: 59 random bits."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return "-".join((body[:4], body[4:8], body[8:]))


def plain_code(typed: str) -> str:
    """A code as it is compared: as typed, but full-width, lower case, I for 1, spaces and hyphens count for nothing."""
    return "".join(c for c in bare(typed) if c.isalnum()).translate(_MISREAD)


def _check(body: str) -> str:
    return _ALPHABET[sum(i * _ALPHABET.index(c) for i, c in enumerate(body, 2)) % 31]
