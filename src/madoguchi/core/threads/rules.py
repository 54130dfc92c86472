"""What is asked, what is wanted, and how a question to a seller stands. Pure."""

import secrets
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

_ALIAS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is misread


class Topic(StrEnum):
    """What a question is about."""

    DELIVERY = "delivery"
    RETURN = "return"
    PRODUCT = "product"
    INVOICE = "invoice"
    OTHER = "other"


class Wanted(StrEnum):
    """What the customer wants of the seller."""

    ANSWER = "answer"
    REPLACEMENT = "replacement"
    REFUND = "refund"
    OTHER = "other"


class Standing(StrEnum):
    """How a thread stands."""

    WAITING = "waiting"  # for the seller
    OVERDUE = "overdue"
    ANSWERED = "answered"
    CLOSED = "closed"


class Thread(msgspec.Struct, frozen=True):
    """A customer and a seller talking; about an order or, before buying, a product. `alias` is the customer's."""

    case_id: UUID
    seller_id: UUID
    order_id: UUID | None
    product_ref: str | None
    alias: str
    topic: Topic
    wanted: Wanted
    opened_at: datetime


class Question(msgspec.Struct, frozen=True):
    """What waits for the seller's answer, or waited: since which entry, until when."""

    id: UUID
    case_id: UUID
    seq: int
    asked_at: datetime
    due_at: datetime
    remind_at: datetime
    reminded_at: datetime | None
    silent_at: datetime | None
    answered_at: datetime | None

    def standing(self, now: datetime, *, closed: bool = False) -> Standing:
        """How a thread with this last question stands."""
        return standing(self.due_at, self.answered_at, now, closed=closed)


def new_alias() -> str:
    """What a customer may be called towards a seller."""
    return "".join(secrets.choice(_ALIAS) for _ in range(4))


def standing(due_at: datetime, answered_at: datetime | None, now: datetime, *, closed: bool) -> Standing:
    """How a thread stands whose last question is due then and was answered or not."""
    if closed:
        return Standing.CLOSED
    if answered_at:
        return Standing.ANSWERED
    return Standing.OVERDUE if due_at <= now else Standing.WAITING
