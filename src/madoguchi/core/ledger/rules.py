"""Units and money as the ledger counts them, and the store's facts as it takes them in. Pure."""

import msgspec

from madoguchi.kit.money import Money


class LineFacts(msgspec.Struct, frozen=True):
    """A line as the store tells it: units ordered, and cancelled by the store's own count."""

    ref: str
    ordered: int
    cancelled: int


class TenderFacts(msgspec.Struct, frozen=True):
    """A tender as the store tells it, in minor units: captured, and refunded by the store's own count."""

    ref: str
    captured: int
    refunded: int


class OrderFacts(msgspec.Struct, frozen=True):
    """What the ledger needs to know of an order."""

    currency: str
    lines: tuple[LineFacts, ...]
    tenders: tuple[TenderFacts, ...]


class LineUnits(msgspec.Struct, frozen=True):
    """What became of the units of a line."""

    line_ref: str
    ordered: int
    cancelling: int
    cancelled: int
    return_open: int
    returned: int
    kept: int
    refunded: int

    @property
    def free(self) -> int:
        """Units that nothing was done with yet."""
        return self.ordered - self.cancelling - self.cancelled - self.return_open - self.returned - self.kept


class TenderMoney(msgspec.Struct, frozen=True):
    """What became of the money of a tender, in minor units."""

    tender_ref: str
    currency: str
    captured: int
    reserved: int
    refunded: int

    @property
    def free(self) -> Money:
        """What may still be refunded."""
        return Money(self.captured - self.reserved - self.refunded, self.currency)
