"""Units and money as the ledger counts them, the store's facts as it takes them in, and where money may go. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.kit.money import Money, share


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

    @property
    def settled(self) -> int:
        """Units for which everything was done."""
        return self.cancelled + self.returned + self.kept


class TenderMoney(msgspec.Struct, frozen=True):
    """What became of the money of a tender, in minor units.

    `recharged` the store still counts as given back: it was taken again, or came back and is not owed any more.
    """

    tender_ref: str
    currency: str
    captured: int
    reserved: int
    refunded: int
    recharged: int = 0

    @property
    def free(self) -> Money:
        """What may still be refunded."""
        return Money(self.captured - self.reserved - self.refunded, self.currency)


def by_tender(money: Mapping[str, TenderMoney], worth: Money) -> dict[str, Money]:
    """An amount shared by what each tender still holds, so that gift balance and points get back their own part (I5).

    At most what they hold.
    """
    free = {ref: tender.free.amount for ref, tender in sorted(money.items()) if tender.free.amount > 0}
    if not free:
        return {}
    parts = share(min(worth.amount, sum(free.values())), list(free.values()))
    return {ref: Money(part, worth.currency) for ref, part in zip(free, parts, strict=True) if part}


class Destination(StrEnum):
    """Where an owed amount goes; the words are the store port's."""

    ORIGINAL = "original"
    GIFT_BALANCE = "gift_balance"
    BANK = "bank"
    CREDIT = "credit"
    RECIPIENT = "recipient"  # the own gift balance of whoever got the order as a present


HELD_BY_STORE = frozenset({"gift_balance", "points", "store_credit"})
BY_PROVIDER = frozenset({"card", "wallet"})  # what a provider took, and can be given back through it


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one tender gives back, and where to; `days` are the working days, from and to, until it shows.

    `gift_id` is the gift for whose recipient it is.
    """

    tender_ref: str
    tender_kind: str
    tender_label: str
    amount: Money
    destination: Destination
    days: tuple[int, int]
    gift_id: UUID | None = None


def destinations(tender_kind: str) -> tuple[Destination, ...]:
    """Where money paid by this kind of tender may go, the best way first (I5: gift and points never to a card)."""
    if tender_kind in HELD_BY_STORE or tender_kind in BY_PROVIDER:
        return (Destination.ORIGINAL,)
    return (Destination.GIFT_BALANCE, Destination.BANK)


def destinations_of(part: Part) -> tuple[Destination, ...]:
    """Where a part may go: what a present cost to whoever got it alone, all else as its tender says (I5)."""
    return (Destination.RECIPIENT,) if part.gift_id else destinations(part.tender_kind)


def detours(tender_kind: str) -> tuple[Destination, ...]:
    """Where it may go once it could not go there; what the store holds itself has no other way."""
    return () if tender_kind in HELD_BY_STORE else (Destination.GIFT_BALANCE, Destination.BANK)
