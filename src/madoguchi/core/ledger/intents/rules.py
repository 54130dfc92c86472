"""Owed amounts on their way: who moves them, how far they are, and how they are told. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.core.ledger.rules import BY_PROVIDER, Destination, detours
from madoguchi.kit.money import Money


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


def rail(tender_kind: str, destination: Destination) -> Rail:
    """Who moves it there."""
    if destination is Destination.BANK:
        return Rail.BANK
    by_provider = destination is Destination.ORIGINAL and tender_kind in BY_PROVIDER
    return Rail.PROVIDER if by_provider else Rail.STORE


def first_state(destination: Destination) -> IntentState:
    """A bank needs an account first."""
    return IntentState.PLANNED if destination is Destination.BANK else IntentState.RESERVED


def may(old: IntentState, new: IntentState) -> bool:
    """Whether an intent can go from one state to the other."""
    return new in MOVES[old]


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
