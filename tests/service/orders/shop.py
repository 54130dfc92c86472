"""The demo shop with its mirror: customers wish, the worker works, everything stays in balance."""

from datetime import timedelta
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.ledger.intents import verbs as intents
from madoguchi.core.ledger.intents.queries import uncovered
from madoguchi.core.ledger.queries import drifted, unbalanced
from madoguchi.core.people import queries as people
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.requests.jobs import Executor
from madoguchi.core.requests.queries import Quote, Request, access_request
from madoguchi.core.shop import mirror
from madoguchi.core.shop import queries as shop
from madoguchi.edge.payments.fake.provider import FakeProvider, payments_database
from madoguchi.edge.payments.fake.till import ShopTills
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.kit import clock, ids, jobs
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from madoguchi.kit.security import Signer
from madoguchi.service.orders.actions import ACTIONS
from madoguchi.service.refunds.jobs import Executor as Refunds
from madoguchi.service.refunds.port import RefundState

CATALOGUE = Catalogue(ACTIONS)
SIGNER = Signer(b"k" * 32)


class Shop:
    """The demo shop with its mirror, and those who work on it."""

    def __init__(self, db: Database, store_db: Database, catalogue: Catalogue = CATALOGUE) -> None:
        self.db = db
        self.store_db = store_db
        self.catalogue = catalogue
        self.store = DemoStore(store_db, "demo")

    async def actor(self, order_ref: str) -> tuple[Actor, UUID]:
        """The customer of an order, signed in, and the order's id."""
        person = next(p for p in PEOPLE if order_ref in p.order_refs)
        customer = await self.db.run(SYSTEM, lambda tx: people.customer_by_ref(tx, "demo", person.customer.ref))
        order_id = await self.db.run(SYSTEM, lambda tx: shop.order_id_of(tx, "demo", order_ref))
        assert customer
        assert order_id
        actor = Actor(role=Role.CUSTOMER, id=customer.id, level=Level.SIGNED_IN, store_id="demo", session=ids.uuid7())
        return actor, order_id

    async def quote(self, actor: Actor, order_id: UUID, action: str = "order.cancel", **more: object) -> Quote:
        return await self.db.run(
            actor, lambda tx: requests.quote(tx, self.catalogue, actor, action, {"order_id": order_id, **more})
        )

    async def confirm(self, actor: Actor, quote: Quote, token: str | None = None) -> Request:
        token = token or requests.confirmation_token(SIGNER, actor, quote, clock.now())
        return await self.db.run(actor, lambda tx: requests.confirm(tx, self.catalogue, SIGNER, actor, quote.id, token))

    async def work(self, faults: Faults | None = None) -> None:
        """Let the worker do what is due."""
        store = DemoStore(self.store_db, "demo", faults)
        executor = Executor(self.db, self.catalogue, {"demo": store})
        await jobs.run_due(self.db, {execution.EXECUTE: jobs.Duty(executor.execute, execution.Execute)})

    async def refund(self, faults: Faults | None = None) -> int:
        """Let the worker pay back what is owed; what the payment provider has paid back in all."""
        payments = payments_database(self.db.conninfo)
        await payments.open()
        provider = FakeProvider(payments, ShopTills({"demo": self.store}), SIGNER, faults)
        executor = Refunds(self.db, {"demo": self.store}, {"demo": provider})
        await jobs.run_due(self.db, {intents.EXECUTE: jobs.Duty(executor.execute, intents.ExecuteRefund)})
        listed = await FakeProvider(payments, ShopTills({}), SIGNER).list_refunds(clock.now() - timedelta(days=1))
        await payments.close()
        return sum(one.amount.amount for one in listed if one.state is RefundState.SUCCEEDED)

    async def settled(self, request: Request) -> Request:
        return await self.db.run(SYSTEM, lambda tx: access_request(tx, SYSTEM, request.id))

    async def healthy(self) -> None:
        await mirror.follow(self.db, self.store)
        for check in (unbalanced, uncovered, drifted):
            assert await self.db.run(SYSTEM, check) == []
