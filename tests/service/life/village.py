"""The whole program over a world of its own, in which anybody can do anything at any time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.rules import Effect
from madoguchi.core.ledger.intents.queries import intents_in
from madoguchi.core.ledger.intents.rules import Intent, IntentState, Rail
from madoguchi.core.people import queries as people
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.approvals import verbs as approvals
from madoguchi.core.requests.queries import Quote, Request, access_request
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import TrackingState
from madoguchi.core.shop.queries import Order, access_order, customer_facts, orders_of
from madoguchi.edge.payments.fake.provider import FakeProvider
from madoguchi.edge.payments.fake.rules import Temper
from madoguchi.edge.payments.fake.till import ShopTills
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.kit import clock, ids, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.jobs import Nothing
from madoguchi.kit.settings import Settings
from madoguchi.service.refunds import verbs as refunds
from madoguchi.service.refunds import webhooks
from madoguchi.service.returns import queries as returns
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.units.rules import Unit
from tests import databases
from tests.conftest import NOW

T = TypeVar("T")
ORDERS = tuple(order.ref for person in PEOPLE for order in person.orders)


class Village:
    """A clone of the demo world with the program over it; time stands still until somebody lets it pass.

    `order_ref` is the order whose life it is: its customer, and what belongs to them, is what all is about.
    """

    def __init__(self, template: str, folder: Path, runner: asyncio.Runner, order_ref: str) -> None:
        self.now: datetime = NOW
        self._runner = runner
        self._stack = ExitStack()
        self.order_ref = order_ref
        self.database_url = self._stack.enter_context(databases.clone(template))
        self._conn = self._stack.enter_context(psycopg.connect(self.database_url, autocommit=True))
        self._time()
        self.app = App(Settings(data_dir=folder), self.database_url, demo=True)
        self.run(self.app.open())
        self._stack.callback(lambda: self.run(self.app.close()))
        self.actors = self.run(self._introduce())
        self.store_asked = 0

    def close(self) -> None:
        """Forget this world."""
        self._stack.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in this world's loop."""
        return self._runner.run(work)

    def read(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Look at something as the system."""
        return self.run(self.app.db.run(SYSTEM, work))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds, in all three books, as the owner of the database sees it."""
        return self._conn.execute(query.encode()).fetchall()

    # --- what there is

    def orders(self) -> list[Order]:
        """The order whose life it is, and what was ordered or sent again since."""
        owner = self.customer
        found = self.read(lambda tx: orders_of(tx, owner, limit=100))
        return [order for order in found if order.store_ref == self.order_ref or order.placed_at > NOW]

    def returns(self) -> list[Return]:
        """What the customer sends or has sent back."""
        owner = self.customer
        return list(self.read(lambda tx: returns.returns_of(tx, SYSTEM, owner, limit=100)))

    def units(self, return_id: UUID) -> list[Unit]:
        """The units of a return."""
        return list(self.read(lambda tx: returns.units_of(tx, return_id)))

    @property
    def customer(self) -> UUID:
        """Whose life it is."""
        owner = self.actors["customer"].id
        assert owner
        return owner

    def things(self) -> list[Subject]:
        """All that something can be done with."""
        owner, orders = self.customer, self.orders()
        facts = self.read(lambda tx: customer_facts(tx, SYSTEM, owner))
        return [
            *(Subject(About.ORDER, order.id) for order in orders),
            *(Subject(About.PARCEL, order.id, parcel.ref) for order in orders for parcel in order.document.shipments),
            *(Subject(About.SUBSCRIPTION, owner, one.ref) for one in facts.subscriptions),
            *(Subject(About.RETURN, one.id) for one in self.returns()),
            Subject(About.CUSTOMER, owner),
        ]

    def offered(self, who: str, thing: Subject) -> tuple[list[str], list[str]]:
        """What can be done with a thing now, and everything that is named for such things."""
        actor = self.actors[who]
        everything = [
            one.name
            for one in self.app.catalogue.actions.values()
            if one.about is thing.about and one.effect is not Effect.READ
        ]
        try:
            found = self.run(self.app.db.run(actor, lambda tx: actions.offers(tx, self.app.catalogue, actor, thing)))
        except Refused:
            return [], everything
        return [one.action for one in found if one.refusal is None and one.action in everything], everything

    def form(self, who: str, action: str, thing: Subject) -> Sequence[Field]:
        """What an action asks for."""
        actor, entry = self.actors[who], self.app.catalogue.actions[action]
        try:
            return self.run(self.app.db.run(actor, lambda tx: actions.fields(tx, actor, entry, thing)))
        except Refused:
            return ()

    # --- what people do

    async def ask(self, who: str, action: str, raw: Mapping[str, Any]) -> Quote | None:
        """Have a change quoted, or do at once what needs no quote."""
        actor, entry = self.actors[who], self.app.catalogue.actions[action]
        if entry.effect is Effect.ACT:
            await self.app.db.run(actor, lambda tx: actions.run(tx, self.app.catalogue, actor, action, raw))
            return None
        owner = self.customer
        return await self.app.db.run(
            actor, lambda tx: requests.quote(tx, self.app.catalogue, actor, action, raw, customer_id=owner)
        )

    async def confirm(self, who: str, quote: Quote, shown_at: datetime | None = None) -> Request:
        """Confirm what was shown at a moment."""
        actor, app = self.actors[who], self.app
        token = requests.confirmation_token(app.signer, actor, quote, shown_at or clock.now())
        return await app.db.run(
            actor, lambda tx: requests.confirm(tx, app.catalogue, app.signer, actor, quote.id, token)
        )

    async def decide(self, who: str, how: str, request: Request) -> None:
        """Approve, decline or withdraw a wish."""
        actor = self.actors[who]
        verb = {"approve": approvals.approve, "decline": approvals.decline, "withdraw": requests.withdraw}[how]
        why = ("別の方法で対応します",) if how == "decline" else ()
        await self.app.db.run(actor, lambda tx: verb(tx, self.app.catalogue, actor, request.id, *why))

    async def pay_out(self, came_back: Callable[[Intent], bool]) -> None:
        """The bank pays what waits for it, and sends some of it back."""
        clerk, leader = self.actors["associate"], self.actors["leader"]
        waiting = await self.app.db.run(SYSTEM, lambda tx: intents_in(tx, [IntentState.RESERVED], Rail.BANK))
        payout = await self.app.db.run(clerk, lambda tx: refunds.open_payout(tx, clerk, DEMO.id))
        back = {one.id: "account_closed" for one in waiting if came_back(one)}
        await self.app.db.run(leader, lambda tx: refunds.report_paid(tx, leader, payout.id, back))

    async def on_its_way(self, return_id: UUID, number: str, state: TrackingState, at: datetime) -> None:
        """A carrier tells of a parcel with something that comes back."""

        async def work(tx: Tx) -> None:
            await parcels.announced(tx, return_id, "ヤマト運輸", number)
            await parcels.tracked(tx, "ヤマト運輸", number, state, at)

        await self.app.db.run(SYSTEM, work)

    async def elsewhere(self, order_ref: str, line_ref: str) -> None:
        """Somebody at the shop cancels a unit without us."""
        store = DemoStore(self.app.store_db, DEMO.id)
        order = await store.get_order(order_ref)
        assert order
        self.store_asked += 1
        await store.cancel(f"elsewhere-{self.store_asked}", order_ref, order.version, {line_ref: 1}, "other")

    # --- what happens by itself

    def weather(self, faults: Faults, temper: Temper) -> None:
        """How store and provider answer from now on."""
        app = self.app
        app.stores[DEMO.id] = DemoStore(app.store_db, DEMO.id, faults)
        tills = ShopTills({DEMO.id: DemoStore(app.store_db, DEMO.id)})
        app.provider = FakeProvider(app.payments_db, tills, app.signer, faults, temper)
        app.providers[DEMO.id] = app.provider

    async def work(self) -> None:
        """The worker does what is due."""
        await jobs.run_due(self.app.db, self.app.duties(None), limit=200)

    async def pass_time(self, by: timedelta) -> None:
        """Time passes for the shop and the provider, who tells its news; promises come due."""
        self.now += by
        self._time()
        app = self.app
        await DemoStore(app.store_db, DEMO.id).tick(self.now)
        await app.provider.tick(self.now, partial(webhooks.take, app.db, app.provider))
        await app.claims.sweep(Nothing())
        await app.returns.sweep(Nothing())

    async def follow(self) -> None:
        """The mirror catches up, as far as the store answers."""
        await mirror.follow(self.app.db, self.app.stores[DEMO.id])

    async def reconcile(self) -> None:
        """The night."""
        await self.app.reconciler.nightly(Nothing())

    def request(self, request_id: UUID) -> Request:
        """A request as it is now."""
        return self.read(lambda tx: access_request(tx, SYSTEM, request_id))

    def order(self, order_id: UUID) -> Order:
        """An order as the mirror has it."""
        return self.read(lambda tx: access_order(tx, SYSTEM, order_id))

    def _time(self) -> None:
        self._stack.enter_context(clock.frozen(self.now))

    async def _introduce(self) -> dict[str, Actor]:
        """Everybody who may turn up."""
        person = next(one for one in PEOPLE if any(order.ref == self.order_ref for order in one.orders))
        other = next(one for one in PEOPLE if one is not person)
        db = self.app.db
        own = await db.run(SYSTEM, lambda tx: people.customer_by_ref(tx, DEMO.id, person.customer.ref))
        stranger = await db.run(SYSTEM, lambda tx: people.customer_by_ref(tx, DEMO.id, other.customer.ref))
        assert own
        assert stranger
        session = ids.uuid7()
        signed_in = partial(Actor, level=Level.SIGNED_IN, store_id=DEMO.id)
        return {
            "customer": signed_in(role=Role.CUSTOMER, id=own.id, session=session),
            "bot": signed_in(role=Role.BOT, id=own.id, session=session),
            "phone": Actor(role=Role.CUSTOMER, id=own.id, level=Level.PROVEN, store_id=DEMO.id, session=ids.uuid7()),
            "stranger": signed_in(role=Role.CUSTOMER, id=stranger.id, session=ids.uuid7()),
            "associate": await self._hired(Role.ASSOCIATE),
            "leader": await self._hired(Role.LEADER),
            "admin": await self._hired(Role.ADMIN),
            "warehouse": await self._hired(Role.WAREHOUSE),
            "system": SYSTEM,
        }

    async def _hired(self, role: Role) -> Actor:
        found = await self.app.db.run(
            SYSTEM, lambda tx: tx.value("select id from staff where role = %s order by id limit 1", [role])
        )
        return Actor(role=role, id=found, session=ids.uuid7())
