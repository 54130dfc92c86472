"""Reading the provider's books."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from madoguchi.edge.payments.fake.rules import Payment
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money


class PaymentRow(msgspec.Struct, frozen=True):
    """A payment and what was paid back of it."""

    ref: str
    kind: str
    currency: str
    captured: int
    refunded: int
    taken_at: datetime

    @property
    def payment(self) -> Payment:
        """As the till told it."""
        return Payment(
            ref=self.ref, kind=self.kind, captured=Money(self.captured, self.currency), taken_at=self.taken_at
        )


class RefundRow(msgspec.Struct, frozen=True):
    """A refund as it was asked for and as it is now."""

    key: str
    request: str
    ref: str
    payment_ref: str
    amount: int
    currency: str
    state: str
    code: str | None
    made_at: datetime


class ChargeRow(msgspec.Struct, frozen=True):
    """A charge as it was asked for and answered."""

    key: str
    request: str
    ref: str
    payment_ref: str
    amount: int
    currency: str
    state: str
    code: str | None
    made_at: datetime


class WebhookRow(msgspec.Struct, frozen=True):
    """News of a refund that was not delivered yet."""

    id: int
    key: str


_REFUND = "select key, request, ref, payment_ref, amount, currency, state, code, made_at from refunds"


async def locked_payment(tx: Tx, ref: str) -> PaymentRow | None:
    """A payment of which nobody else can refund until the end of the transaction."""
    return await tx.maybe(
        PaymentRow,
        "select ref, kind, currency, captured, refunded, taken_at from payments where ref = %s for update",
        [ref],
    )


async def refund(tx: Tx, key: str) -> RefundRow | None:
    """A refund by the asker's key."""
    return await tx.maybe(RefundRow, _REFUND + " where key = %s", [key])


async def charge(tx: Tx, key: str) -> ChargeRow | None:
    """A charge by the asker's key."""
    return await tx.maybe(
        ChargeRow,
        "select key, request, ref, payment_ref, amount, currency, state, code, made_at from charges where key = %s",
        [key],
    )


async def refunds_since(tx: Tx, since: datetime) -> Sequence[RefundRow]:
    """Refunds that were taken, oldest first."""
    return await tx.all(RefundRow, _REFUND + " where made_at >= %s and ref <> '' order by made_at, key", [since])


async def due(tx: Tx, now: datetime) -> Sequence[RefundRow]:
    """Refunds that something happens to now, locked."""
    return await tx.all(
        RefundRow,
        _REFUND + " where coalesce(decides_at, fails_at) <= %s order by key for update",
        [now],
    )


async def undelivered(tx: Tx, limit: int) -> Sequence[WebhookRow]:
    """News that still has to be told, in the order in which it happened."""
    return await tx.all(WebhookRow, "select id, key from webhooks order by id limit %s", [limit])
