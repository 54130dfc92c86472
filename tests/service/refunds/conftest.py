"""A shop's till and a provider that can misbehave, around the ledger with one order."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.ledger.intents import verbs as intents
from madoguchi.core.ledger.intents.queries import access_intent, stuck, uncovered
from madoguchi.core.ledger.intents.rules import Intent, IntentState
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.shop.port import Capability, Operation, OperationState, RefundTo, StoreOrder, StoreUnavailable
from madoguchi.edge.payments.fake.provider import FakeProvider, payments_database
from madoguchi.edge.payments.fake.rules import Payment, Temper
from madoguchi.kit import ids, jobs
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults, Wire
from madoguchi.kit.money import Money
from madoguchi.kit.security import Signer
from madoguchi.service.refunds import jobs as refunds
from madoguchi.service.refunds.verbs import heard_of
from tests.core.ledger.conftest import Books, open_books, order


class Till:
    """The part of a store that gives money back: keeps keys, notes refunds, and can lose its replies."""

    def __init__(self, of: StoreOrder, faults: Faults) -> None:
        self.store_id = "demo"
        self.order = of
        self.credits: dict[str, int] = {}
        self.known: dict[str, Operation] = {}
        self._wire = Wire(faults, StoreUnavailable)

    def capabilities(self) -> frozenset[Capability]:
        return frozenset({Capability.REFUND, Capability.ISSUE_CREDIT})

    async def get_operation(self, key: str) -> Operation | None:
        async def look() -> Operation | None:
            return self.known.get(key)

        return await self._wire.carry(look)

    async def refund(self, key: str, ref: str, tender_ref: str, amount: Money, to: RefundTo) -> Operation:
        async def give() -> Operation:
            if key not in self.known:
                self.order = self._refunded(tender_ref, amount)
                self.known[key] = Operation(key=key, state=OperationState.SUCCEEDED, order=self.order)
            return self.known[key]

        return await self._wire.carry(give)

    async def issue_credit(self, key: str, customer_ref: str, amount: Money, note: str) -> Operation:
        async def give() -> Operation:
            if key not in self.known:
                self.credits[key] = amount.amount
                self.known[key] = Operation(key=key, state=OperationState.SUCCEEDED, created=f"credit-{key}")
            return self.known[key]

        return await self._wire.carry(give)

    def refunded(self, tender_ref: str) -> int:
        """What the store notes as refunded on a tender."""
        return next(tender.refunded.amount for tender in self.order.tenders if tender.ref == tender_ref)

    def _refunded(self, tender_ref: str, amount: Money) -> StoreOrder:
        tenders = tuple(
            msgspec.structs.replace(tender, refunded=tender.refunded + amount) if tender.ref == tender_ref else tender
            for tender in self.order.tenders
        )
        return msgspec.structs.replace(self.order, tenders=tenders, version=self.order.version + 1)


class House:
    """The ledger, the till and the provider, and those who work on refunds."""

    def __init__(self, books: Books, payments: Database, ref: str, now: datetime) -> None:
        self.db, self.books, self.now = books.db, books, now
        self._payments = payments
        self.till = Till(order(ref, now), Faults())
        self.provider = self.with_provider(Faults(), Temper())

    def with_provider(self, faults: Faults, temper: Temper) -> FakeProvider:
        """Another day at the provider, with the same books."""

        async def till(ref: str) -> Payment | None:
            held = next((one for one in self.till.order.tenders if ref.endswith(f"/{one.ref}")), None)
            return Payment(ref=ref, kind=held.kind, captured=held.captured, taken_at=self.now) if held else None

        self.provider = FakeProvider(self._payments, till, Signer(bytes(32)), faults, temper)
        return self.provider

    def with_till(self, faults: Faults) -> None:
        """Another day at the store, with the same books."""
        till = Till(self.till.order, faults)
        till.credits, till.known = self.till.credits, self.till.known
        self.till = till

    async def work(self) -> None:
        """Let the worker do what is due."""
        executor = refunds.Executor(self.db, {"demo": self.till}, {"demo": self.provider})  # type: ignore[dict-item]
        await jobs.run_due(self.db, {intents.EXECUTE: jobs.Duty(executor.execute, intents.ExecuteRefund)})

    async def look_now(self) -> None:
        """Do not wait for what is to be looked at later."""
        await self.db.run(SYSTEM, lambda tx: tx.execute("update jobs set due_at = %s", [tx.now]))
        await self.work()

    async def insist(self, times: int = 30) -> None:
        """Look again until nothing is left to do."""
        for _ in range(times):
            await self.look_now()

    async def intent(self, intent_id: UUID) -> Intent:
        return await self.db.run(SYSTEM, lambda tx: access_intent(tx, SYSTEM, intent_id))

    async def state(self, intent_id: UUID) -> IntentState:
        return (await self.intent(intent_id)).state

    async def at_provider(self) -> int:
        """What the provider has paid back."""
        listed = await self.with_provider(Faults(), Temper()).list_refunds(self.now)
        return sum(one.amount.amount for one in listed if one.state == "succeeded")

    async def news(self) -> None:
        """The provider's webhooks come, as badly as its temper has it."""

        async def take(headers: object, body: bytes) -> bool:
            key = self.provider.verify(headers, body, self.now)  # type: ignore[arg-type]
            assert key
            return await self.db.run(SYSTEM, lambda tx: heard_of(tx, key))

        await self.provider.tick(self.now, take)

    async def sound(self) -> None:
        for check in (unbalanced, uncovered, drifted, stuck):
            assert await self.db.run(SYSTEM, check) == []

    async def hire(self, role: Role) -> Actor:
        made = await self.db.run(
            SYSTEM,
            lambda tx: add_staff(
                tx,
                email=f"{uuid4()}@example.jp",
                name="山田",
                role=role,
                locale="ja",
                languages=["ja"],
                password_hash=None,
            ),
        )
        return Actor(role=role, id=made, session=ids.uuid7())


@pytest.fixture
async def house(db: Database, database_url: str, now: datetime) -> AsyncIterator[House]:
    payments = payments_database(database_url)
    await payments.open()
    books = await open_books(db, now)
    ref = await db.run(SYSTEM, lambda tx: tx.value("select store_ref from orders"))
    yield House(books, payments, ref, now)
    await payments.close()
