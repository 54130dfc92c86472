"""Secrets, passwords, signatures, card numbers, clean text, and how often somebody may knock."""

import asyncio
import hashlib
import hmac
import re
import secrets
import time
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from collections import Counter, OrderedDict
from collections.abc import Collection
from functools import lru_cache
from typing import Any

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's floor; 80 ms
_hashing = asyncio.Semaphore(2)  # sign-ins may not starve the conversations


def new_token() -> str:
    """A bearer secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored in place of a token."""
    return hashlib.sha256(token.encode()).digest()


async def hash_password(password: str) -> str:
    """argon2id, off the event loop."""
    async with _hashing:
        return await asyncio.to_thread(_hasher.hash, password)


async def password_matches(password: str, stored: str | None) -> bool:
    """Whether it is the password; takes as long when there is none stored."""
    async with _hashing:
        try:
            return await asyncio.to_thread(_hasher.verify, stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


class Signer:
    """HMAC-SHA256 signatures under the installation's key, separated by purpose."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("the key must have at least 32 bytes")
        self._key = key

    def sign(self, purpose: str, content: Any) -> str:
        """A signature over `content` (anything msgspec encodes), 43 characters."""
        message = purpose.encode() + b"\0" + msgspec.json.encode(content, order="deterministic")
        return urlsafe_b64encode(hmac.digest(self._key, message, "sha256")).rstrip(b"=").decode()

    def matches(self, signature: str, purpose: str, content: Any) -> bool:
        """Whether the signature is ours, in constant time."""
        return hmac.compare_digest(signature.encode(), self.sign(purpose, content).encode())

    def seal(self, purpose: str, content: Any) -> str:
        """`content` itself with a signature, as one opaque string (readable, not secret)."""
        body = urlsafe_b64encode(msgspec.json.encode(content)).rstrip(b"=").decode()
        return f"{body}.{self.sign(purpose, body)}"

    def open(self, sealed: str, purpose: str, kind: type[Any]) -> Any | None:
        """What was sealed, as `kind`; None when it is not ours."""
        body, _, signature = sealed.partition(".")
        if not self.matches(signature, purpose, body):
            return None
        try:
            return msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=kind)
        except (BinasciiError, msgspec.MsgspecError):
            return None


class Vault:
    """AES-256-GCM under the installation's key, separated by purpose, for what must not be read in the database."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("the key must have at least 32 bytes")
        self._key = key

    def seal(self, purpose: str, content: bytes) -> str:
        """The content, unreadable without the key."""
        nonce = secrets.token_bytes(12)
        return urlsafe_b64encode(nonce + self._cipher(purpose).encrypt(nonce, content, purpose.encode())).decode()

    def open(self, purpose: str, sealed: str) -> bytes:
        """What was sealed for this purpose; ValueError when it was not, or under another key."""
        raw = urlsafe_b64decode(sealed)
        try:
            return self._cipher(purpose).decrypt(raw[:12], raw[12:], purpose.encode())
        except InvalidTag as error:
            raise ValueError("not sealed with this key") from error

    def _cipher(self, purpose: str) -> AESGCM:
        return AESGCM(hmac.digest(self._key, b"vault\0" + purpose.encode(), "sha256"))


# --- text from outside ---------------------------------------------------------------------------------------------

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_DROPPED = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f{_BIDI}]")


def clean_text(text: str) -> str:
    """Text as we keep it: NFC, one kind of newline, no control, bidi or tag characters, no outer white space.

    Zero-width joiners stay, since emoji and some scripts need them. Lone surrogates become U+FFFD.
    """
    text = text.encode("utf-8", "replace").decode("utf-8", "replace")
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _DROPPED.sub("", text).strip()


_SEPARATOR = r"[ \t\n\u00a0\u3000.\-\u2010-\u2015\u2043\u2212\u30fc\u200b-\u200d\u2060_/]{1,3}"
_RUN = re.compile(rf"\d(?:\d|{_SEPARATOR}(?=\d))*")
_GROUP = re.compile(r"\d+")
_OUR_CODE = re.compile(r"(?:^|[^a-z])(?:md|w|c|r|m)[-#]?$", re.I)  # order, case, request and check-code numbers
_SHORTEST = 13  # digits of a card number
_LONGEST_RUN = 400  # groups of one run that are looked at
# issuer prefix -> lengths: Visa, Mastercard, American Express, JCB, Diners, Discover, UnionPay
_ISSUERS: tuple[tuple[range, int, tuple[int, ...]], ...] = (
    (range(4, 5), 1, (13, 16, 19)),
    (range(51, 56), 2, (16,)),
    (range(2221, 2721), 4, (16,)),
    (range(34, 35), 2, (15,)),
    (range(37, 38), 2, (15,)),
    (range(3528, 3590), 4, (16, 17, 18, 19)),
    (range(300, 306), 3, (14,)),
    (range(36, 37), 2, (14,)),
    (range(38, 40), 2, (14,)),
    (range(6011, 6012), 4, (16,)),
    (range(644, 660), 3, (16,)),
    (range(62, 63), 2, (16, 17, 18, 19)),
)


def mask_cards(text: str) -> tuple[str, int]:
    """The text with card numbers turned into `**** **** **** 1234`, and how many there were.

    Found by Luhn, issuer prefix and length after NFKC and without separators, so full-width digits count and our
    own order and tracking numbers do not (Luhn alone would hit 10 % of 17-digit order numbers). A card number is
    whole groups of digits, so that a date or a code beside it does not hide it.
    """
    narrow = narrowed(text)
    pieces: list[str] = []
    at = found = 0
    for run in _RUN.finditer(narrow):
        for start, end in _cards_in(narrow, run.start(), run.end()):
            last = re.sub(r"\D", "", narrow[start:end])[-4:]
            pieces += [text[at:start], f"**** **** **** {last}"]
            at, found = end, found + 1
    return "".join(pieces) + text[at:], found


def _cards_in(narrow: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where cards stand in a run of digits and separators: from left to right, the longest first."""
    if end - start < _SHORTEST or _OUR_CODE.search(narrow[max(0, start - 4) : start]):
        return []
    groups = [match.span() for match in _GROUP.finditer(narrow, start, end)][:_LONGEST_RUN]
    found = []
    first = 0
    while first < len(groups):
        for last in range(min(first + 19, len(groups)) - 1, first - 1, -1):
            digits = "".join(narrow[a:b] for a, b in groups[first : last + 1])
            if len(digits) <= 19 and _is_card(digits):
                found.append((groups[first][0], groups[last][1]))
                first = last
                break
        first += 1
    return found


def narrowed(text: str) -> str:
    """The text with full-width letters, digits and signs as plain ones; one to one, so that positions stay."""
    return text if text.isascii() else "".join(map(_narrow, text))


@lru_cache(maxsize=10_000)
def _narrow(c: str) -> str:
    plain = unicodedata.normalize("NFKC", c)
    return plain if len(plain) == 1 else c


def _is_card(digits: str) -> bool:
    if not any(len(digits) in lengths and int(digits[:n]) in prefixes for prefixes, n, lengths in _ISSUERS):
        return False
    odd = sum(int(d) for d in digits[-1::-2])
    even = sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (odd + even) % 10 == 0


class RateLimit:
    """At most `burst` at once and `per_second` on average, by key, in this process (GCRA); forgets the idle."""

    def __init__(self, per_second: float, burst: int, keys: int = 50_000) -> None:
        self._interval = 1 / per_second
        self._tolerance = burst * self._interval
        self._due: OrderedDict[str, float] = OrderedDict()
        self._keys = keys

    def wait(self, key: str) -> float:
        """Seconds until `key` may go on; 0.0 means now, and counts."""
        moment = time.monotonic()
        due = max(self._due.get(key, moment), moment)
        if due + self._interval - moment > self._tolerance + 1e-9:
            return due + self._interval - moment - self._tolerance
        self._due[key] = due + self._interval
        self._due.move_to_end(key)
        if len(self._due) > self._keys:
            self._due.popitem(last=False)
        return 0.0


class Seats:
    """At most `most` at once, by key, in this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    def take(self, keys: Collection[str]) -> bool:
        """Take one under each of the keys, to be given back with `leave`; False, and none, when one of them is full."""
        if any(self._taken[key] >= self._most for key in keys):
            return False
        self._taken.update(keys)
        return True

    def leave(self, keys: Collection[str]) -> None:
        """Give back what was taken."""
        for key in keys:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
