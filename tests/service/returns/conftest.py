"""The demo shop, its customers who send things back, the carrier's news and the warehouse."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from madoguchi.app import catalogue
from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.actions import verbs as actions
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.approvals import verbs as approvals
from madoguchi.core.requests.execution import verbs as execution
from madoguchi.core.requests.jobs import Executor
from madoguchi.core.requests.queries import Quote, Request, RequestState, requests_of
from madoguchi.core.shop.port import TrackingState
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.kit import clock, ids, jobs
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from madoguchi.kit.jobs import Nothing
from madoguchi.kit.security import Vault
from madoguchi.service.claims import queries as claims
from madoguchi.service.returns import queries, verbs
from madoguchi.service.returns.jobs import Settler
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.restocking import Restocker
from madoguchi.service.returns.units.rules import Unit
from tests.service.claims.conftest import Street
from tests.service.orders.shop import SIGNER

CARRIER = "ヤマト運輸"


class Yard(Street):
    """Customers send things back, and the warehouse looks at them."""

    async def work(self, faults: Faults | None = None) -> None:
        """Let the worker do what is due, as often as something follows."""
        settler = Settler(self.db, self.catalogue, SIGNER)
        executor = Executor(self.db, self.catalogue, {"demo": DemoStore(self.store_db, "demo", faults)})
        duties = {
            verbs.SETTLE: jobs.Duty(settler.settle, verbs.Settle),
            verbs.RESTOCK: jobs.Duty(Restocker(self.db, {"demo": self.store}).restock, verbs.Settle),
            execution.EXECUTE: jobs.Duty(executor.execute, execution.Execute),
        }
        for _ in range(4):
            await jobs.run_due(self.db, duties)

    async def send_back(self, ref: str, **told: Any) -> Return:
        """Have a return of an order agreed to."""
        actor, order_id = await self.actor(ref)
        request = await self.agree(ref, await self.quote(actor, order_id, "order.return", **told))
        assert request.state is RequestState.DONE, request.outcome
        return await self.back(request.id)

    async def back(self, return_id: UUID) -> Return:
        """A return as it is now."""
        return await self.db.run(SYSTEM, lambda tx: queries.access_return(tx, SYSTEM, return_id))

    async def units(self, return_id: UUID) -> list[Unit]:
        """Its units."""
        return list(await self.db.run(SYSTEM, lambda tx: queries.units_of(tx, return_id)))

    async def on_its_way(self, of: Return, number: str = "440000000015", at: datetime | None = None) -> None:
        """A carrier has the parcel in hand."""
        when = at or clock.now()
        await self.db.run(SYSTEM, lambda tx: parcels.announced(tx, of.id, CARRIER, number))
        await self.db.run(SYSTEM, lambda tx: parcels.tracked(tx, CARRIER, number, TrackingState.IN_TRANSIT, when))
        await self.work()

    async def do(self, action: str, **arguments: Any) -> None:
        """Something that the warehouse does."""
        await self.acts(await self.worker(), action, **arguments)

    async def asks(self, actor: Actor, action: str, **raw: Any) -> Quote:
        """Have a change quoted that is not about an order."""
        return await self.db.run(actor, lambda tx: requests.quote(tx, self.catalogue, actor, action, raw))

    async def declines(self, actor: Actor, request_id: UUID, note: str) -> None:
        """Somebody does not agree to what waits for their word."""
        await self.db.run(actor, lambda tx: approvals.decline(tx, self.catalogue, actor, request_id, note))

    async def acts(self, actor: Actor, action: str, **arguments: Any) -> None:
        """Something that is done at once, and what follows from it."""
        await self.db.run(actor, lambda tx: actions.run(tx, self.catalogue, actor, action, arguments))
        await self.work()

    async def arrives(self, of: Return, **told: Any) -> None:
        """The warehouse has the parcel in hand."""
        await self.do("return.receive", return_id=of.id, **told)

    async def looked_at(self, of: Return, disposition: str = "restock", **told: Any) -> None:
        """The warehouse looks at every unit that is there, and finds it so."""
        for unit in await self.units(of.id):
            if unit.reception == "received" and unit.inspected_at is None:
                await self.do("return.inspect", return_id=of.id, unit_id=unit.id, disposition=disposition, **told)

    async def worker(self, role: Role = Role.WAREHOUSE) -> Actor:
        """Somebody of the warehouse, or another of the shop's people."""
        staff_id = await self.db.run(
            SYSTEM,
            lambda tx: add_staff(
                tx, email=f"{role}@example.jp", name="倉庫 一郎", role=role, locale="ja", languages=["ja"]
            ),
        )
        return Actor(role=role, id=staff_id, session=ids.uuid7(), name="倉庫 一郎")

    async def time_passes(self, by: timedelta) -> None:
        """What time alone changes."""
        with clock.frozen(clock.now() + by):
            await Settler(self.db, self.catalogue, SIGNER).sweep(Nothing())
            await self.work()

    async def in_order(self) -> None:
        """All books agree, and every state is what it must be."""
        await self.balanced()
        checks = (
            *(queries.misfolded, queries.uncounted, queries.unpaid, queries.left_lying, queries.given_for_nothing),
            *(queries.misbelieved, claims.misbelieved),
        )
        for check in checks:
            assert await self.db.run(SYSTEM, check) == []

    async def newest_of(self, actor: Actor) -> Request:
        """The newest wish of somebody."""
        assert actor.id
        owner = actor.id
        return (await self.db.run(SYSTEM, lambda tx: requests_of(tx, owner)))[0]

    async def newest_request(self, ref: str) -> Request:
        """The newest wish of an order's customer."""
        return await self.newest(ref)


@pytest.fixture
def yard(shop_dbs: tuple[Database, Database]) -> Yard:
    return Yard(*shop_dbs, catalogue(Vault(bytes(32))))
