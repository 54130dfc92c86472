"""What became of money on its way back."""

from typing import ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class RefundSucceeded(Event, frozen=True, kw_only=True):
    """The money of an intent went."""

    name: ClassVar[str] = "ledger.refund_succeeded"
    intent_id: UUID


class RefundNeedsAccount(Event, frozen=True, kw_only=True):
    """The money of an intent waits for the customer's bank account."""

    name: ClassVar[str] = "ledger.refund_needs_account"
    intent_id: UUID


class RefundFailed(Event, frozen=True, kw_only=True):
    """The money of an intent could not go there, or came back; it is still owed."""

    name: ClassVar[str] = "ledger.refund_failed"
    intent_id: UUID
