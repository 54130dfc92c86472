"""What became of money that was paid in advance."""

from typing import ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class AdvanceDue(Event, frozen=True, kw_only=True):
    """It is to be paid after all: the customer chooses how, or is reminded to."""

    name: ClassVar[str] = "ledger.advance_due"
    advance_id: UUID


class AdvanceCharged(Event, frozen=True, kw_only=True):
    """It was taken again, as the customer had agreed."""

    name: ClassVar[str] = "ledger.advance_charged"
    advance_id: UUID
