"""How often somebody may come, the same for every door."""

from madoguchi.core.access.rules import Level
from madoguchi.front.ui.services import Limits
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import RateLimit


def slow_down(limit: RateLimit, key: str) -> None:
    """Refuse who comes too often, and say when to come again; `key` is Visitor.counted_as, .address, or an account."""
    if wait := limit.wait(key):
        raise Refused("too_fast", 429, retry_after=wait)


def open_slowly(limits: Limits, visitor: Visitor) -> None:
    """Refuse who opens chats too often: a session, and an address from which people come that nobody vouches for."""
    vouched = visitor.actor.level >= Level.PROVEN
    for key in {visitor.counted_as} if vouched else {visitor.counted_as, visitor.address}:
        slow_down(limits.open, key)
