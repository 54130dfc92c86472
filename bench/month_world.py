"""The world of a simulated month: the program in process, its clock, and how anybody in it asks for something."""

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bench.common import progress
from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.carriers.port import CarrierUnavailable
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import Request, access_request
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import StoreOrder, StoreUnavailable
from madoguchi.core.shop.queries import access_order
from madoguchi.core.shop.verbs import add_store
from madoguchi.edge.payments.fake.provider import FakeProvider
from madoguchi.edge.payments.fake.rules import Temper
from madoguchi.edge.payments.fake.till import ShopTills
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.edge.stores.demo.world import seed as seed_world
from madoguchi.front.cli.doctor import INVARIANTS
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.jobs import Duty, Nothing, run_due
from madoguchi.service.refunds.port import ProviderUnavailable

BEGINS = datetime(2026, 3, 3, 1, tzinfo=UTC)  # the moment of the demo world
MONTH, QUIET = timedelta(days=30), timedelta(days=75)  # by then every label, wait and parcel has ended
BEAT = timedelta(hours=2)
_AWAY = (StoreUnavailable, CarrierUnavailable, ProviderUnavailable)
_TROUBLE = Faults(lost=0.02, timed_out=0.02, twice=0.02)
_TEMPER = Temper(pending=0.2, fails=0.01, fails_late=0.01, doubled=0.1, shuffled=True)

Story = AsyncGenerator[timedelta, None]  # gives how long it waits; the world has gone on when it continues


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and its customer; where it stood when the month began."""

    order_id: UUID
    customer: Actor
    delivered: bool
    sellers: bool


class Month:
    """The shop, those who act in it, and what came of everything they asked for."""

    def __init__(self, app: App, chance: random.Random) -> None:
        self.app = app
        self.chance = chance
        self.said: Counter[str] = Counter()
        self.broken: dict[str, dict[str, Sequence[str]]] = {}
        self.places: list[Place] = []
        self.staff: dict[Role, Actor] = {}
        duties = app.duties(None)
        self._prompt: Mapping[str, Duty] = {name: duty for name, duty in duties.items() if not duty.every}
        self._steady: Sequence[Duty] = [duty for duty in duties.values() if duty.every]
        self._beaten = BEGINS

    async def play(self, stories: Iterable[tuple[datetime, Story]], until: datetime) -> None:
        """Let the stories happen, each from its moment on, until then; what waits longer is left where it is."""
        waiting = [(at, number, story) for number, (at, story) in enumerate(stories)]
        heapq.heapify(waiting)
        while waiting and waiting[0][0] <= until:
            at, number, story = heapq.heappop(waiting)
            await self._pass_time(at)
            with clock.frozen(at):
                wait = await self._go_on(story)
            if wait is not None:
                heapq.heappush(waiting, (at + wait, number, story))
        await self._pass_time(until)
        for _, _, story in waiting:
            await story.aclose()

    async def wish(self, actor: Actor, action: str, **raw: Any) -> Request | None:
        """Have a change quoted and confirmed, now and then twice at once, and carried out; None where it is refused."""
        app = self.app
        try:
            quote = await app.db.run(actor, lambda tx: requests.quote(tx, app.catalogue, actor, action, raw))
            token = requests.confirmation_token(app.signer, actor, quote, clock.now())

            async def confirm(tx: Tx) -> Request:
                return await requests.confirm(tx, app.catalogue, app.signer, actor, quote.id, token)

            times = 2 if self.chance.random() < 0.1 else 1
            confirmed = await asyncio.gather(*(app.db.run(actor, confirm) for _ in range(times)))
        except Refused as refused:
            self.said[f"{action}: {refused.code}"] += 1
            return None
        if len({one.id for one in confirmed}) != 1:
            raise RuntimeError("one confirmation made two requests")
        await self.work()
        request = await app.db.run(SYSTEM, lambda tx: access_request(tx, SYSTEM, confirmed[0].id))
        self.said[f"{action}: {request.state}"] += 1
        return request

    async def act(self, role: Role, action: str, **raw: Any) -> bool:
        """Something that is done at once, by one of the shop's people; False where it is refused."""
        return await self._at_once(self.staff[role], action, raw)

    async def say(self, actor: Actor, action: str, **raw: Any) -> bool:
        """Something that is done at once, by a customer; False where it is refused."""
        return await self._at_once(actor, action, raw)

    async def work(self) -> None:
        """Do every job that is due."""
        while await run_due(self.app.db, self._prompt):
            pass

    async def order(self, place: Place) -> StoreOrder:
        """An order as it is known now."""
        return (await self.app.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, place.order_id))).document

    async def invariants(self) -> dict[str, Sequence[str]]:
        """The invariants that do not hold, with what is wrong."""
        found: dict[str, Sequence[str]] = {}
        for name, check in INVARIANTS:
            if wrong := await self.app.db.run(SYSTEM, check):
                found[name] = wrong[:10]
        return found

    async def _at_once(self, actor: Actor, action: str, raw: Mapping[str, Any]) -> bool:
        try:
            await self.app.db.run(actor, lambda tx: actions.run(tx, self.app.catalogue, actor, action, raw))
        except Refused as refused:
            self.said[f"{action}: {refused.code}"] += 1
            return False
        self.said[f"{action}: done"] += 1
        await self.work()
        return True

    async def _go_on(self, story: Story) -> timedelta | None:
        try:
            return await anext(story)
        except StopAsyncIteration:
            return None

    async def _pass_time(self, until: datetime) -> None:
        """What the program does by itself, beat by beat."""
        while self._beaten + BEAT <= until:
            self._beaten += BEAT
            with clock.frozen(self._beaten):
                for duty in self._steady:
                    with suppress(*_AWAY):  # it comes again with the next beat, as with a worker
                        await duty.handler(Nothing())
                await self.work()
            if self._beaten.hour == BEGINS.hour:
                progress(f"{self._beaten:%m-%d}: {sum(self.said.values())} acts")


async def settle_in(app: App, customers: int, seed: int) -> None:
    """Fill the demo shop, mirror it, and put it and its payment provider behind bad lines."""
    with clock.frozen(BEGINS):
        await seed_world(app.store_db, BEGINS, size=customers, seed=seed)
        fields = (DEMO.id, DEMO.name, DEMO.currency, DEMO.time_zone, DEMO.country, DEMO.locale, DEMO.rule_pack)
        await app.db.run(SYSTEM, lambda tx: add_store(tx, *fields))
        await mirror.follow(app.db, DemoStore(app.store_db, DEMO.id))
    app.stores[DEMO.id] = DemoStore(app.store_db, DEMO.id, _TROUBLE)
    app.providers[DEMO.id] = FakeProvider(app.payments_db, ShopTills(app.stores), app.signer, _TROUBLE, _TEMPER)


async def inhabit(month: Month) -> None:
    """Find out whose which order is, and employ people."""

    async def look(tx: Tx) -> list[_Owned]:
        return await tx.all(
            _Owned,
            """select id, customer_id, state = 'delivered' as delivered,
                 document->'seller'->>'ref' is not null as sellers
               from orders where store_id = %s order by store_ref""",
            [DEMO.id],
        )

    for one in await month.app.db.run(SYSTEM, look):
        customer = _customer(one.customer_id)
        place = Place(order_id=one.id, customer=customer, delivered=one.delivered, sellers=one.sellers)
        month.places.append(place)
    for role in (Role.WAREHOUSE, Role.ASSOCIATE, Role.LEADER):
        staff_id = await month.app.db.run(SYSTEM, _employed(role))
        month.staff[role] = Actor(role=role, id=staff_id, session=ids.uuid7(), name=role)


class _Owned(msgspec.Struct, frozen=True):
    id: UUID
    customer_id: UUID
    delivered: bool
    sellers: bool


def _customer(customer_id: UUID) -> Actor:
    return Actor(role=Role.CUSTOMER, id=customer_id, level=Level.SIGNED_IN, store_id=DEMO.id, session=ids.uuid7())


def _employed(role: Role) -> Callable[[Tx], Awaitable[UUID]]:
    return lambda tx: add_staff(tx, email=f"{role}@month.example", name=role, role=role, locale="ja", languages=["ja"])
