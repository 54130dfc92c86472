"""Whose doing it is, and what follows from that. Pure."""

from enum import StrEnum

from madoguchi.core.policy.pack.common import Part


class Fault(StrEnum):
    """Whose doing it is; decides postage, share and fees."""

    CUSTOMER = "customer"
    SELLER = "seller"
    CARRIER = "carrier"
    FRAUD = "fraud"


class Payer(StrEnum):
    """Who pays for sending something back."""

    CUSTOMER = "customer"
    SHOP = "shop"


class FaultRules(Part, frozen=True, kw_only=True):
    """What follows from whose fault it is."""

    postage: Payer
    outward_shipping: bool  # whether what sending it cost is given back
    fees: bool  # whether wrapping and other fees are given back
