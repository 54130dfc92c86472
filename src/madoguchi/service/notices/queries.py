"""Reading the message centre. `access_message` is the only way from an id to a message, for an actor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.rules import Slip
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.notices.rules import DeliveryState


class Message(msgspec.Struct, frozen=True):
    """What the shop told, as it was told: a customer, or without `customer_id` somebody of a seller's.

    `slip` holds its figures, if it has any.
    """

    id: UUID
    template: str
    customer_id: UUID | None
    case_id: UUID | None
    order_id: UUID | None
    locale: str
    subject: str
    body: str
    slip: Slip | None
    check_code: str
    created_at: datetime
    read_at: datetime | None


class MessageLine(msgspec.Struct, frozen=True):
    """A message in a list."""

    id: UUID
    template: str
    case_id: UUID | None
    order_id: UUID | None
    subject: str
    created_at: datetime
    read_at: datetime | None


class Delivery(msgspec.Struct, frozen=True):
    """A sending of a message, as staff see it."""

    id: UUID
    message_id: UUID
    channel: str
    address: str
    header_id: str
    state: DeliveryState
    attempts: int
    next_try_at: datetime | None
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None


_MESSAGE = """id, template, customer_id, case_id, order_id, locale, subject, body, slip, check_code, created_at,
  read_at"""
_DELIVERY = """id, message_id, channel, address, header_id, state, attempts, next_try_at, last_error, created_at,
  sent_at"""


async def access_message(tx: Tx, actor: Actor, message_id: UUID) -> Message:
    """The message, for the customer it was told to and for staff; else invisible."""
    message = await tx.maybe(Message, f"select {_MESSAGE} from messages where id = %s", [message_id])
    if message is None or not actor.may_see(message.customer_id):
        raise invisible()
    return message


async def messages_of(
    tx: Tx, customer_id: UUID, *, before: tuple[datetime, UUID] | None = None, limit: int = 20
) -> Sequence[MessageLine]:
    """A customer's messages, newest first; `before` is (created_at, id) of the last one seen."""
    at, last = before or (None, None)
    return await tx.all(
        MessageLine,
        """select id, template, case_id, order_id, subject, created_at, read_at from messages
           where customer_id = %s and (%s::timestamptz is null or (created_at, id) < (%s, %s))
           order by created_at desc, id desc limit %s""",
        [customer_id, at, at, last, limit],
    )


async def unread(tx: Tx, customer_id: UUID) -> int:
    """How many messages the customer has not opened."""
    return int(
        await tx.value("select count(*) from messages where customer_id = %s and read_at is null", [customer_id])
    )


async def by_check_code(tx: Tx, typed: str) -> Message | None:
    """The message that carries the code somebody typed (for the system: to whom it was told stands in it)."""
    code = ids.read_number(typed, "M")
    return await tx.maybe(Message, f"select {_MESSAGE} from messages where check_code = %s", [code]) if code else None


async def deliveries_of(tx: Tx, message_id: UUID) -> Sequence[Delivery]:
    """The sendings of a message (for staff)."""
    return await tx.all(
        Delivery, f"select {_DELIVERY} from deliveries where message_id = %s order by created_at, id", [message_id]
    )
