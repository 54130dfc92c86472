"""Units and money as the ledger counts them, and the store's facts as it takes them in. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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


# --- money on its way back ------------------------------------------------------------------------------------------


class Destination(StrEnum):
    """Where an owed amount goes; the words are the store port's."""

    ORIGINAL = "original"
    GIFT_BALANCE = "gift_balance"
    BANK = "bank"
    CREDIT = "credit"
    RECIPIENT = "recipient"  # the own gift balance of whoever got the order as a present


class Rail(StrEnum):
    """Who moves the money."""

    PROVIDER = "provider"
    STORE = "store"
    BANK = "bank"


class IntentState(StrEnum):
    """How far an owed amount is."""

    PLANNED = "planned"  # waits for something: a bank account
    RESERVED = "reserved"  # can go
    SENT = "sent"  # asked for outside, or just about to be
    PENDING = "pending"  # taken, not decided
    UNKNOWN = "unknown"  # asked for, and nobody knows
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # still owed; goes another way
    REROUTED = "rerouted"  # another intent has it now
    DROPPED = "dropped"  # not owed after all, and never gone


MOVES: Mapping[IntentState, frozenset[IntentState]] = {
    IntentState.PLANNED: frozenset({IntentState.RESERVED, IntentState.REROUTED, IntentState.DROPPED}),
    IntentState.RESERVED: frozenset({IntentState.SENT}),
    IntentState.SENT: frozenset({IntentState.PENDING, IntentState.UNKNOWN, IntentState.SUCCEEDED, IntentState.FAILED}),
    IntentState.PENDING: frozenset({IntentState.SUCCEEDED, IntentState.FAILED}),
    IntentState.UNKNOWN: frozenset({IntentState.PENDING, IntentState.SUCCEEDED, IntentState.FAILED}),
    IntentState.SUCCEEDED: frozenset({IntentState.FAILED}),  # a bank may send it back weeks later
    IntentState.FAILED: frozenset({IntentState.REROUTED, IntentState.DROPPED}),
    IntentState.REROUTED: frozenset(),
    IntentState.DROPPED: frozenset(),
}
UNDER_WAY = frozenset({IntentState.SENT, IntentState.PENDING, IntentState.UNKNOWN})

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


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """An owed amount on its way; `number` is for people, `order_ref` the store's name of the order.

    `root` is the first intent for this money, `replaces` the failed one whose place this one took. With a `gift_id` it
    is for whoever got the order as a present, who does not hear of the order.
    """

    id: UUID
    number: str
    store_id: str
    customer_id: UUID
    order_id: UUID
    order_ref: str
    request_id: UUID
    tender_ref: str
    tender_kind: str
    tender_label: str
    amount_minor: int
    currency: str
    destination: Destination
    rail: Rail
    state: IntentState
    min_days: int
    max_days: int
    attempts: int
    outside_ref: str | None
    code: str | None
    root: UUID
    replaces: UUID | None
    made_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    booked_at: datetime | None
    gift_id: UUID | None = None

    @property
    def detours(self) -> tuple[Destination, ...]:
        """Where it may go once it could not go there; a recipient has one balance of their own."""
        return () if self.gift_id else detours(self.tender_kind)

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.amount_minor, self.currency)

    @property
    def payment_ref(self) -> str:
        """By what name the provider knows the payment."""
        return f"{self.store_id}/{self.order_ref}/{self.tender_ref}"


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


def rail(tender_kind: str, destination: Destination) -> Rail:
    """Who moves it there."""
    if destination is Destination.BANK:
        return Rail.BANK
    by_provider = destination is Destination.ORIGINAL and tender_kind in BY_PROVIDER
    return Rail.PROVIDER if by_provider else Rail.STORE


def first_state(destination: Destination) -> IntentState:
    """A bank needs an account first."""
    return IntentState.PLANNED if destination is Destination.BANK else IntentState.RESERVED


def told(intents: Sequence[Intent]) -> list[Intent]:
    """Intents as their customers hear of them: what a present brought is one, where its first part stands."""
    parts: dict[UUID, list[Intent]] = {}
    for intent in intents:
        parts.setdefault(intent.request_id if intent.gift_id else intent.id, []).append(intent)
    return [as_one(some) for some in parts.values()]


def as_one(parts: Sequence[Intent]) -> Intent:
    """Parts of one amount, as far on the way as the last of them."""
    last = min(parts, key=lambda one: _TOLD.index(one.state))
    first, whole = min(one.id for one in parts), sum(one.amount_minor for one in parts)
    return msgspec.structs.replace(last, id=first, amount_minor=whole)


_TOLD = (  # which of several states is told of what went in parts
    IntentState.FAILED,
    IntentState.UNKNOWN,
    IntentState.PENDING,
    IntentState.SENT,
    IntentState.RESERVED,
    IntentState.PLANNED,
    IntentState.DROPPED,
    IntentState.SUCCEEDED,
    IntentState.REROUTED,
)


def may(old: IntentState, new: IntentState) -> bool:
    """Whether an intent can go from one state to the other."""
    return new in MOVES[old]
