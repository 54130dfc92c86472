"""The demo shop with its mirror and all that can be done; time passes when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from madoguchi.app import catalogue
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.intents.queries import intents_of_order, uncovered
from madoguchi.core.ledger.intents.rules import Intent
from madoguchi.core.ledger.rules import LineUnits
from madoguchi.core.requests.queries import Quote, Request, requests_of
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import Shipment
from madoguchi.core.shop.queries import access_order, orders_of
from madoguchi.kit import clock
from madoguchi.kit.db import Database
from madoguchi.kit.jobs import Nothing
from madoguchi.kit.security import Vault
from madoguchi.service.claims.jobs import Sweeper
from madoguchi.service.claims.queries import Claim, claim_of_request
from tests.service.orders.shop import SIGNER, Shop

PLACES = ["mail_box", "delivery_box", "drop_place", "household", "neighbours", "carrier_note"]


class Street(Shop):
    """Customers tell what went wrong."""

    async def parcel(self, ref: str) -> Shipment:
        """The first parcel of an order, as it is now."""
        _, order_id = await self.actor(ref)
        order = await self.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, order_id))
        return order.document.shipments[0]

    async def tell(self, ref: str, action: str, **more: Any) -> Quote:
        """Ask for something because of a parcel of an order."""
        actor, order_id = await self.actor(ref)
        parcel = await self.parcel(ref)
        return await self.quote(actor, order_id, action, parcel_ref=parcel.ref, **more)

    async def missing(self, ref: str, remedy: str = "resend", checked: list[str] | None = None) -> Quote:
        """The parcel was scanned as delivered and is not there."""
        return await self.tell(
            ref, "parcel.not_received", remedy=remedy, checked=PLACES if checked is None else checked
        )

    async def agree(self, ref: str, quote: Quote) -> Request:
        """Confirm, and let the worker work."""
        actor, _ = await self.actor(ref)
        request = await self.confirm(actor, quote)
        await self.work()
        return await self.settled(request)

    async def claim(self, request: Request) -> Claim:
        return await self.db.run(SYSTEM, lambda tx: claim_of_request(tx, request.id))

    async def held(self, ref: str) -> dict[str, LineUnits]:
        """The units of an order."""
        _, order_id = await self.actor(ref)
        return dict(await self.db.run(SYSTEM, lambda tx: ledger.lines(tx, order_id)))

    async def intents(self, ref: str) -> list[Intent]:
        """What is owed for an order."""
        _, order_id = await self.actor(ref)
        return list(await self.db.run(SYSTEM, lambda tx: intents_of_order(tx, SYSTEM, order_id)))

    async def orders(self, ref: str) -> list[str]:
        """The numbers of all orders of an order's customer."""
        await mirror.follow(self.db, self.store)
        owner = await self.owner(ref)
        found = await self.db.run(SYSTEM, lambda tx: orders_of(tx, owner, limit=100))
        return [order.store_ref for order in found]

    async def newest(self, ref: str) -> Request:
        """The newest wish of an order's customer."""
        owner = await self.owner(ref)
        return (await self.db.run(SYSTEM, lambda tx: requests_of(tx, owner)))[0]

    async def owner(self, ref: str) -> UUID:
        """Whose an order is."""
        actor, _ = await self.actor(ref)
        assert actor.id
        return actor.id

    async def sweep(self) -> None:
        """Take up what is due, and let the worker work."""
        await Sweeper(self.db, self.catalogue, SIGNER).sweep(Nothing())
        await self.work()

    @contextmanager
    def later(self, by: timedelta) -> Iterator[datetime]:
        """Some time after now."""
        with clock.frozen(clock.now() + by):
            yield clock.now()

    async def pass_on(self) -> None:
        """The shop does what its clock says, and the mirror follows."""
        await self.store.tick(clock.now())
        await mirror.follow(self.db, self.store)

    async def balanced(self) -> None:
        await self.healthy()
        assert await self.db.run(SYSTEM, uncovered) == []


@pytest.fixture
def street(shop_dbs: tuple[Database, Database]) -> Street:
    return Street(*shop_dbs, catalogue(Vault(bytes(32))))
