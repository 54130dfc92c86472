"""The adapter: the fake provider behind the payment port."""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
import psycopg
from psycopg_pool import PoolTimeout

from madoguchi.edge.payments.fake import queries, verbs
from madoguchi.edge.payments.fake.queries import ChargeRow, RefundRow
from madoguchi.edge.payments.fake.rules import Payment, Temper
from madoguchi.kit import ids
from madoguchi.kit.db import Database, Tx, assert_outside
from madoguchi.kit.faults import Faults, Wire, as_delivered
from madoguchi.kit.migrations import PAYMENTS_ROLE
from madoguchi.kit.money import Money
from madoguchi.kit.security import Signer
from madoguchi.service.refunds.port import (
    ChargeState,
    ProviderCharge,
    ProviderRefund,
    ProviderUnavailable,
    RefundState,
)

SCHEMA = "demo_payments"
SIGNATURE = "payment-signature"
_PURPOSE = "payment-webhook"
_FRESH = timedelta(minutes=5)

Till = Callable[[str], Awaitable[Payment | None]]
Send = Callable[[Mapping[str, str], bytes], Awaitable[bool]]
T = TypeVar("T")


class _Provider:
    """Whoever asks; the provider keeps no accounts of that."""

    key = "system"


class Webhook(msgspec.Struct, frozen=True):
    """What is posted: which refund has news, and when this was sent."""

    key: str
    sent_at: datetime


def payments_database(conninfo: str, size: int = 4) -> Database:
    """The provider's own connections, which can touch nothing but its books."""
    return Database(conninfo, role=PAYMENTS_ROLE, search_path=SCHEMA, size=size)


class FakeProvider:
    """PaymentPort over the provider's own database (payments_database, opened).

    `till` tells what was paid with a payment's ref, `signer` signs and checks webhooks.
    """

    def __init__(
        self,
        database: Database,
        till: Till,
        signer: Signer,
        faults: Faults | None = None,
        temper: Temper | None = None,
    ) -> None:
        self._db = database
        self._till = till
        self._signer = signer
        self._wire = Wire(faults or Faults(), ProviderUnavailable)
        self._temper = temper or Temper()
        self.keeps_keys = not self._temper.forgets_keys
        self._dice = random.Random(self._temper.seed)

    async def refund(self, key: str, payment_ref: str, amount: Money) -> ProviderRefund:
        """Pay an amount of a payment back to where it came from; idempotent by key."""
        assert_outside()
        payment = await self._till(payment_ref)

        async def work(tx: Tx) -> ProviderRefund:
            if payment:
                await verbs.remember(tx, payment)
            return self._told(await verbs.refund(tx, self._temper, self._key(key), payment_ref, amount))

        return await self._ask(work)

    async def get_refund(self, key: str) -> ProviderRefund | None:
        """The refund asked for under this key, as it is now; None when the provider never saw it."""

        async def read(tx: Tx) -> ProviderRefund | None:
            row = await queries.refund(tx, key)
            return self._told(row) if row else None

        return await self._ask(read)

    async def list_refunds(self, since: datetime) -> Sequence[ProviderRefund]:
        """All refunds made since a moment, oldest first, as they are now."""

        async def read(tx: Tx) -> Sequence[ProviderRefund]:
            return [self._told(row) for row in await queries.refunds_since(tx, since)]

        return await self._ask(read)

    async def charge(self, key: str, payment_ref: str, amount: Money) -> ProviderCharge:
        """Take an amount from where a payment came; idempotent by key."""
        assert_outside()
        payment = await self._till(payment_ref)

        async def work(tx: Tx) -> ProviderCharge:
            if payment:
                await verbs.remember(tx, payment)
            return _charge_told(await verbs.charge(tx, self._temper, key, payment_ref, amount))

        return await self._ask(work)

    async def get_charge(self, key: str) -> ProviderCharge | None:
        """The charge asked for under this key; None when the provider never saw it."""

        async def read(tx: Tx) -> ProviderCharge | None:
            row = await queries.charge(tx, key)
            return _charge_told(row) if row else None

        return await self._ask(read)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        """The key of the refund that a webhook brings news of; None when it is not ours, or older than 5 minutes."""
        if not self._signer.matches(headers.get(SIGNATURE, ""), _PURPOSE, body.decode("utf-8", "replace")):
            return None
        told = msgspec.json.decode(body, type=Webhook)
        return told.key if abs(now - told.sent_at) < _FRESH else None

    def webhook(self, key: str, now: datetime) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of a webhook about a refund, as the provider posts it. Not part of the port."""
        body = msgspec.json.encode(Webhook(key, now))
        return {SIGNATURE: self._signer.sign(_PURPOSE, body.decode())}, body

    async def tick(self, now: datetime, send: Send, limit: int = 100) -> int:
        """Let time pass and post what news there is; what is not taken comes again. Not part of the port."""
        assert_outside()
        await self._db.run(_Provider, lambda tx: verbs.pass_time(tx, now))
        batch = await self._db.run(_Provider, lambda tx: queries.undelivered(tx, limit))
        missed = set()
        for row in as_delivered(batch, self._dice, self._temper.doubled, self._temper.shuffled):
            if not await send(*self.webhook(row.key, now)):
                missed.add(row.id)
        taken = [row.id for row in batch if row.id not in missed]
        await self._db.run(_Provider, lambda tx: verbs.delivered(tx, taken))
        return len(taken)

    async def _ask(self, call: Callable[[Tx], Awaitable[T]]) -> T:
        """One call over the wire, in a transaction of the provider's own."""
        assert_outside()
        try:
            return await self._wire.carry(lambda: self._db.run(_Provider, call))
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise ProviderUnavailable("the provider's database does not answer") from error

    def _key(self, key: str) -> str:
        """Under what a refund is kept; a provider that forgets keys makes up one of its own each time."""
        return key if self.keeps_keys else str(ids.uuid7())

    def _told(self, row: RefundRow) -> ProviderRefund:
        return ProviderRefund(
            ref=row.ref,
            key=row.key if self.keeps_keys else None,
            payment_ref=row.payment_ref,
            amount=Money(row.amount, row.currency),
            state=RefundState(row.state),
            made_at=row.made_at,
            code=row.code if row.state == "failed" else None,
        )


def _charge_told(row: ChargeRow) -> ProviderCharge:
    return ProviderCharge(
        ref=row.ref,
        key=row.key,
        payment_ref=row.payment_ref,
        amount=Money(row.amount, row.currency),
        state=ChargeState(row.state),
        made_at=row.made_at,
        code=row.code,
    )
