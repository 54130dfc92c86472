"""What happened between customers and sellers."""

from typing import ClassVar
from uuid import UUID

from madoguchi.kit.events import Event


class SellerAsked(Event, frozen=True, kw_only=True):
    """A customer has asked a seller, who is to answer in time."""

    name: ClassVar[str] = "threads.asked"
    case_id: UUID
    question_id: UUID


class SellerReminded(Event, frozen=True, kw_only=True):
    """The time for an answer is nearly over."""

    name: ClassVar[str] = "threads.reminded"
    case_id: UUID
    question_id: UUID


class SellerAnswered(Event, frozen=True, kw_only=True):
    """A seller has answered, with the entry `seq`."""

    name: ClassVar[str] = "threads.answered"
    case_id: UUID
    seq: int


class SellerSilent(Event, frozen=True, kw_only=True):
    """No answer came in time; `order_id` is what the thread is about, None for a product."""

    name: ClassVar[str] = "threads.silent"
    case_id: UUID
    question_id: UUID
    order_id: UUID | None
