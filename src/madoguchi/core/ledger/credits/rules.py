"""How far a credit is. Pure."""

from enum import StrEnum


class CreditState(StrEnum):
    """Set aside until the store has issued it, or until it is known that it will not."""

    RESERVED = "reserved"
    GIVEN = "given"
    RELEASED = "released"
