"""Going on where a list stopped: keys of the last row as one opaque word."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from madoguchi.front.api.structs import Page
from madoguchi.kit.errors import Refused

R = TypeVar("R")
T = TypeVar("T")
K = TypeVar("K")


def page(rows: Sequence[R], limit: int, tell: Callable[[R], T], key: Callable[[R], Any]) -> Page[T]:
    """The first `limit` of one row more than that, told one by one."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page([tell(row) for row in shown], write(key(shown[-1])) if more else None)


def write(key: Any) -> str:
    """The key as a word."""
    return urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def read(word: str, kind: type[K]) -> K | None:
    """The key in a word; None for the empty word, Refused for what is none of ours."""
    if not word:
        return None
    try:
        return msgspec.json.decode(urlsafe_b64decode(word + "=" * (-len(word) % 4)), type=kind)
    except (BinasciiError, ValueError) as error:
        raise Refused("invalid_query", detail="after") from error
