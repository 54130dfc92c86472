"""How far a claim on the guarantee is, who moves it, and whether it counts against the seller. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.core.actions.rules import Slip
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.pack import Fault, Ground
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money

NOTE_LIMIT = 1000  # characters of what either side says


class State(StrEnum):
    """How far a claim is."""

    OPENED = "opened"
    WAITING_SELLER = "waiting_seller"
    SELLER_RESOLVED = "seller_resolved"  # the seller agrees; the money is about to go
    SELLER_REFUSED = "seller_refused"
    SELLER_SILENT = "seller_silent"
    UNDER_REVIEW = "under_review"
    DUE = "due"  # granted; the money waits for goods that are on their way back
    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    APPEALED = "appealed"
    UPHELD = "upheld"
    REVERSED = "reversed"
    OVERTAKEN = "overtaken"  # before the money went, all of it was made good in another way


MOVES: Mapping[State, frozenset[State]] = {
    State.OPENED: frozenset({State.WAITING_SELLER, State.WITHDRAWN}),
    State.WAITING_SELLER: frozenset(
        {State.SELLER_RESOLVED, State.SELLER_REFUSED, State.SELLER_SILENT, State.WITHDRAWN, State.OVERTAKEN}
    ),
    State.SELLER_RESOLVED: frozenset({State.GRANTED, State.OVERTAKEN}),
    State.SELLER_REFUSED: frozenset({State.UNDER_REVIEW}),
    State.SELLER_SILENT: frozenset({State.GRANTED, State.UNDER_REVIEW, State.OVERTAKEN}),
    State.UNDER_REVIEW: frozenset({State.DUE, State.GRANTED, State.DENIED, State.WITHDRAWN, State.OVERTAKEN}),
    State.DUE: frozenset({State.GRANTED, State.OVERTAKEN}),
    State.GRANTED: frozenset(),
    State.DENIED: frozenset({State.APPEALED}),
    State.WITHDRAWN: frozenset(),
    State.APPEALED: frozenset({State.DUE, State.UPHELD, State.REVERSED, State.OVERTAKEN}),
    State.UPHELD: frozenset(),
    State.REVERSED: frozenset(),
    State.OVERTAKEN: frozenset(),
}
TO_DECIDE = frozenset({State.UNDER_REVIEW, State.APPEALED})
TO_PAY = frozenset({State.SELLER_RESOLVED, State.SELLER_SILENT, State.DUE})
REFUSED = frozenset({State.DENIED, State.UPHELD})
LIVING = frozenset(state for state, moves in MOVES.items() if moves) - {State.DENIED}


class SellerAnswer(StrEnum):
    """What a seller says to a claim."""

    REFUND = "refund"
    REFUSE = "refuse"


class Side(StrEnum):
    """Whose words."""

    CUSTOMER = "customer"
    SELLER = "seller"


class Verdict(StrEnum):
    """What is decided."""

    GRANT = "grant"
    DENY = "deny"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim on the guarantee; `number` is for people, `order_ref` the store's name of the order.

    `told` is what the customer says as the seller reads it, `seller_told` the other way round; the seller sees `photos`
    where they are `photos_shown`. `due_at` is by when the seller answers, `decide_by` by when people decide what was
    left to them, `counts` whether it counts against the seller once it has ended, `waits_since` since when the money
    waits for goods that are on their way back. Amounts in minor units.
    """

    id: UUID
    number: str
    store_id: str
    customer_id: UUID
    order_id: UUID
    order_ref: str
    seller_id: UUID
    ground: Ground
    units: dict[str, int]
    amount_minor: int
    currency: str
    told: str
    photos: tuple[UUID, ...]
    photos_shown: bool
    refund_to: Destination | None
    state: State
    silence_grants: bool
    due_at: datetime | None
    answer: SellerAnswer | None
    seller_told: str
    seller_photos: tuple[UUID, ...]
    answered_at: datetime | None
    liability: Fault | None
    counts: bool | None
    decided_by: UUID | None
    decided_at: datetime | None
    decision_note: str
    decide_by: datetime | None
    waits_since: datetime | None
    appeal: str | None
    appeal_until: datetime | None
    made_at: datetime

    @property
    def amount(self) -> Money:
        """What it is worth, with shipping."""
        return Money(self.amount_minor, self.currency)


class ClaimPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is claimed, by when the seller answers, and what silence then means."""

    seller_id: UUID
    ground: Ground
    units: dict[str, int]
    amount: Money
    note: str
    photos: tuple[UUID, ...]
    photos_shown: bool
    refund_to: Destination | None
    silence_grants: bool
    slip: Slip


def ended(of: Claim, verdict: Verdict, *, paid: bool) -> State:
    """Where a decision takes a claim that was to be decided; what is granted and not `paid` is due."""
    if verdict is Verdict.GRANT and not paid:
        return State.DUE
    if of.state is State.APPEALED:
        return State.REVERSED if verdict is Verdict.GRANT else State.UPHELD
    return State.GRANTED if verdict is Verdict.GRANT else State.DENIED


def counts(of: Claim, to: State, liability: Fault | None) -> bool | None:
    """Whether the move counts against the seller; None while nothing is decided.

    Silence does, and what was decided to be the seller's fault; who agrees by themselves has made it good.
    """
    if to not in {State.GRANTED, State.DENIED, State.UPHELD, State.REVERSED}:
        return None
    if to in {State.DENIED, State.UPHELD}:
        return False
    return of.state is State.SELLER_SILENT or (liability or of.liability) is Fault.SELLER


def check_answer(of: Claim, answer: SellerAnswer, words: str, now: datetime) -> bool:
    """Whether the answer is news; Refused: guarantee_answered, guarantee_too_late, guarantee_words_missing."""
    if of.answer is not None:
        if (of.answer, of.seller_told) == (answer, words):
            return False
        raise Refused("guarantee_answered", 409)
    if of.state is not State.WAITING_SELLER or of.due_at is None or now > of.due_at:
        raise Refused("guarantee_too_late", 409)
    if answer is SellerAnswer.REFUSE and not words:
        raise Refused("guarantee_words_missing")
    return True


def is_silent(of: Claim, now: datetime) -> bool:
    """Whether the seller's time is over."""
    return of.state is State.WAITING_SELLER and of.due_at is not None and of.due_at < now


def appeal_until(now: datetime, days: int) -> datetime:
    """Until when a decision can be appealed."""
    return now + timedelta(days=days)
