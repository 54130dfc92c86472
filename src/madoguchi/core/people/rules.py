"""Languages, mail addresses, and how long sessions and codes live. Pure."""

import unicodedata
from datetime import datetime, timedelta

import msgspec

LANGUAGES = ("ja", "en", "zh", "ko")

CUSTOMER_IDLE = timedelta(days=14)
STAFF_IDLE = timedelta(minutes=30)
STAFF_ABSOLUTE = timedelta(hours=12)
RENEWED_EVERY = timedelta(minutes=2)  # so often, at most, is the use of a session written down
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
CODES_PER_HOUR = 3
CODES_PER_DAY = 10
SHOP_TOKEN_LIFE = timedelta(minutes=15)


class CustomerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A customer as their shop tells of them."""

    ref: str
    name: str
    email: str
    locale: str
    kana: str = ""
    given_name: str = ""
    family_name: str = ""
    phone: str | None = None
    version: int = 1


def session_ends(began: datetime, used: datetime, *, at_work: bool) -> datetime:
    """When a session ends that was used last at `used`; `at_work` are staff and the people of sellers."""
    return min(used + STAFF_IDLE, began + STAFF_ABSOLUTE) if at_work else used + CUSTOMER_IDLE


def email_key(address: str) -> str | None:
    """The address as it is compared: NFKC, folded, spaces gone; None when it is no single plain address."""
    plain = unicodedata.normalize("NFKC", address).strip().casefold()
    local, at, domain = plain.rpartition("@")
    if not at or not local or "." not in domain.strip(".") or len(plain) > 254:
        return None
    if any(c.isspace() or c in '<>,;:"()[]\\@' for c in local + domain) or domain.startswith(".") or ".." in plain:
        return None
    return plain
