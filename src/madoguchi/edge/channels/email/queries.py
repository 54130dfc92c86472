"""Reading the development mail box (for the system)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.kit.db import Tx


class CaughtMail(msgspec.Struct, frozen=True):
    """A mail that arrived; `body` is its text part, `html` the other one."""

    id: UUID
    caught_at: datetime
    address: str
    sender: str
    subject: str
    message_id: str
    body: str
    html: str | None
    raw: bytes


class CaughtLine(msgspec.Struct, frozen=True):
    """A mail in a list."""

    id: UUID
    caught_at: datetime
    address: str
    sender: str
    subject: str


async def caught(
    tx: Tx, *, address: str | None = None, before: UUID | None = None, limit: int = 50
) -> Sequence[CaughtLine]:
    """Mails that arrived, newest first, for one address or all; `before` is the last one seen."""
    return await tx.all(
        CaughtLine,
        """select id, caught_at, address, sender, subject from caught_mails
           where (%s::text is null or address = %s) and (%s::uuid is null or id < %s)
           order by id desc limit %s""",
        [address, address, before, before, limit],
    )


async def caught_mail(tx: Tx, mail_id: UUID) -> CaughtMail | None:
    """One mail."""
    return await tx.maybe(
        CaughtMail,
        """select id, caught_at, address, sender, subject, message_id, body, html, raw
           from caught_mails where id = %s""",
        [mail_id],
    )
