"""How far an advance is. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.kit.money import Money

REMIND_AFTER = timedelta(days=7)
REMINDED_AT_MOST = 3  # then a person decides


class AdvanceState(StrEnum):
    """How far it is."""

    PAID = "paid"
    UNDER_WAY = "under_way"  # the goods are on their way back, or here and to be looked at: nothing falls due
    FINAL = "final"  # nothing turned up: it was owed
    RECOVERED = "recovered"  # the goods are back
    RECHARGE_DUE = "recharge_due"  # the goods stay with the customer, who owes their price
    CHARGED = "charged"
    FORGIVEN = "forgiven"
    VOID = "void"  # the money never reached the customer, who has the goods: nothing is owed on either side


_DECIDED = frozenset({AdvanceState.FINAL, AdvanceState.RECOVERED, AdvanceState.VOID})
MOVES: Mapping[AdvanceState, frozenset[AdvanceState]] = {
    AdvanceState.PAID: _DECIDED | {AdvanceState.UNDER_WAY, AdvanceState.RECHARGE_DUE},
    AdvanceState.UNDER_WAY: _DECIDED | {AdvanceState.PAID, AdvanceState.RECHARGE_DUE},
    AdvanceState.RECHARGE_DUE: _DECIDED
    | {AdvanceState.PAID, AdvanceState.UNDER_WAY, AdvanceState.CHARGED, AdvanceState.FORGIVEN},
    AdvanceState.FINAL: frozenset(),
    AdvanceState.RECOVERED: frozenset(),
    AdvanceState.CHARGED: frozenset(),
    AdvanceState.FORGIVEN: frozenset(),
    AdvanceState.VOID: frozenset(),
}
OPEN = frozenset(state for state, moves in MOVES.items() if moves)


class Advance(msgspec.Struct, frozen=True, kw_only=True):
    """Money paid in advance; `number` is for people, `order_ref` the store's name of the order.

    `subject` is what is waited for; `coming_back`: the goods are there and are being sent back; `goods`: no money was
    paid, but goods of this price were sent. While it is paid, `due_at` is when the wait is over; while it is to be paid
    again, when the customer is reminded. `charge_key` is the wish that agreed to the charge, as long as that is open.
    `owed_minor` is what is not redeemed yet, `owed_units` for which units of which lines that was given (None: all).
    """

    id: UUID
    number: str
    store_id: str
    customer_id: UUID
    order_id: UUID
    order_ref: str
    subject: str
    tender_ref: str
    tender_label: str
    amount_minor: int
    owed_minor: int
    owed_units: dict[str, int] | None
    currency: str
    state: AdvanceState
    coming_back: bool
    goods: bool
    due_at: datetime
    reminded: int
    charge_key: UUID | None
    attempts: int
    charge_ref: str | None
    code: str | None
    paid_at: datetime
    settled_at: datetime | None

    @property
    def amount(self) -> Money:
        """How much was given."""
        return Money(self.amount_minor, self.currency)

    @property
    def owed(self) -> Money:
        """How much of it is asked for again, unless the goods come back."""
        return Money(self.owed_minor, self.currency)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is redeemed."""
        return self.owed_minor == self.amount_minor

    @property
    def of_return(self) -> bool:
        """Whether goods that were to come back were waited for; else a parcel that was missing."""
        return self.subject.startswith("return:")

    @property
    def payment_ref(self) -> str:
        """By what name the provider knows the payment that is charged again."""
        return f"{self.store_id}/{self.order_ref}/{self.tender_ref}"


def of_parcel(parcel_ref: str) -> str:
    """The subject of an advance for a parcel that is missing."""
    return f"parcel:{parcel_ref}"
