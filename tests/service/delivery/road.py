"""The demo shop's parcels on the road: customers arrange, carriers answer, the clock moves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.rules import OrderCard, Refusal, TextCard
from madoguchi.core.carriers.consignments import verbs
from madoguchi.core.carriers.consignments.jobs import Announcer
from madoguchi.core.carriers.jobs import Follower
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.requests.jobs import Executor
from madoguchi.core.requests.queries import Quote, Request
from madoguchi.core.shop import mirror
from madoguchi.core.shop.queries import access_order
from madoguchi.edge.carriers.simulated.brands import BRANDS
from madoguchi.edge.carriers.simulated.carrier import SimulatedCarrier
from madoguchi.edge.carriers.simulated.handover import Shippers
from madoguchi.edge.carriers.simulated.rules import Temper
from madoguchi.kit import clock, jobs
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from madoguchi.kit.i18n import Reader
from madoguchi.kit.jobs import Nothing
from madoguchi.service.delivery.actions import ACTIONS as DELIVERY
from madoguchi.service.orders.actions import ACTIONS as ORDERS
from madoguchi.service.orders.verbs import order_cards
from tests.service.orders.shop import Shop

CATALOGUE = Catalogue([*ORDERS, *DELIVERY])
PARCEL = "S1"


class Road:
    """The shop, its carriers, and those who work on both."""

    def __init__(self, shop: Shop, carriers_db: Database) -> None:
        shop.catalogue = CATALOGUE
        self.shop = shop
        self.db = shop.db
        self.carriers_db = carriers_db
        self.shippers = Shippers({"demo": shop.store})
        self.carriers = self.made()
        self.told: list[tuple[str, str]] = []
        self.numbers: dict[UUID, tuple[str, str]] = {}

    def made(self, faults: Faults | None = None, temper: Temper | None = None) -> dict[str, SimulatedCarrier]:
        """The carriers, with these faults and this temper."""
        return {
            brand.name: SimulatedCarrier(self.carriers_db, brand, self.shippers.waybill, faults, temper)
            for brand in BRANDS.values()
        }

    async def follow(self) -> None:
        """What the job does: time passes for carriers and shop, and we hear of it."""

        async def heard(_: object, __: str, number: str, state: str, ___: datetime) -> None:
            self.told.append((number, state))

        for carrier in self.carriers.values():
            await carrier.tick(clock.now(), self.shippers.tell)
        await Follower(self.db, self.carriers, [heard]).follow(Nothing())
        await self.shop.store.tick(clock.now())
        await mirror.follow(self.db, self.shop.store)

    async def offered(self, ref: str) -> dict[str, Refusal | None]:
        """What can be arranged about the order's first parcel, and why not otherwise."""
        actor, order_id = await self.shop.actor(ref)
        subject = Subject(About.PARCEL, order_id, PARCEL)
        found = await self.db.run(actor, lambda tx: actions.offers(tx, CATALOGUE, actor, subject))
        return {offer.action: offer.refusal for offer in found}

    async def options(self, ref: str) -> tuple[list[str], tuple[str, ...]]:
        """What is told of everything that can be arranged, and by which actions."""
        actor, order_id = await self.shop.actor(ref)
        raw = {"order_id": str(order_id), "parcel_ref": PARCEL}
        card = await self.db.run(actor, lambda tx: actions.run(tx, CATALOGUE, actor, "delivery.options", raw))
        assert isinstance(card, TextCard)
        return [line.to(Reader("ja")) for line in card.lines], card.ways

    async def form(self, ref: str, action: str) -> dict[str, Field]:
        """What the action asks for, by name."""
        actor, order_id = await self.shop.actor(ref)
        subject = Subject(About.PARCEL, order_id, PARCEL)
        entry = CATALOGUE.actions[action]
        return {f.name: f for f in await self.db.run(actor, lambda tx: actions.fields(tx, actor, entry, subject))}

    async def quote(self, ref: str, action: str, whose: Actor | None = None, **more: Any) -> Quote:
        """What it would do."""
        actor, order_id = await self.shop.actor(ref)
        return await self.shop.quote(whose or actor, order_id, action, parcel_ref=PARCEL, **more)

    async def confirmed(self, ref: str, action: str, **more: Any) -> Request:
        """Quoted and confirmed."""
        actor, _ = await self.shop.actor(ref)
        return await self.shop.confirm(actor, await self.quote(ref, action, **more))

    async def work(self, faults: Faults | None = None, temper: Temper | None = None) -> None:
        """Let the worker do what is due."""
        executor = Executor(self.db, CATALOGUE, {"demo": self.shop.store}, self.made(faults, temper))
        await jobs.run_due(self.db, {execution.EXECUTE: jobs.Duty(executor.execute, execution.Execute)})

    async def announce(self, faults: Faults | None = None, temper: Temper | None = None) -> None:
        """Let the carriers be told what will come back, and what will not."""

        async def heard(_: object, id: UUID, carrier: str, number: str) -> None:
            self.numbers[id] = (carrier, number)

        announcer = Announcer(self.db, self.made(faults, temper), announced=heard, dispatched=heard)
        duties = {verbs.ANNOUNCE: announcer.announce, verbs.WITHDRAW: announcer.withdraw}
        await jobs.run_due(self.db, {name: jobs.Duty(duty, verbs.Announce) for name, duty in duties.items()})

    async def done(self, ref: str, action: str, **more: Any) -> Request:
        """Quoted, confirmed and worked on."""
        made = await self.confirmed(ref, action, **more)
        await self.work()
        return await self.shop.settled(made)

    async def card(self, ref: str) -> OrderCard:
        """The order as its customer sees it."""
        _, order_id = await self.shop.actor(ref)
        return await self._card(order_id)

    async def _card(self, order_id: UUID) -> OrderCard:
        async def read(tx: Any) -> OrderCard:
            return (await order_cards(tx, [await access_order(tx, SYSTEM, order_id)]))[0]

        return await self.db.run(SYSTEM, read)
