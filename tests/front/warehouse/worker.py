"""Somebody of the warehouse with a scanner and no scripts, and returns that are on their way to them."""

from typing import Any
from uuid import UUID, uuid4

from madoguchi.core.access.rules import SYSTEM, Actor, Level, Role
from madoguchi.core.people import queries as people
from madoguchi.core.people.staff.verbs import add_staff
from madoguchi.core.people.verbs import start_session
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import access_request
from madoguchi.core.shop.queries import order_id_of
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.ui.middleware import cookie_names
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Tx
from madoguchi.service.returns import queries
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.units.rules import Unit
from tests.front.counter.customer import Customer
from tests.web import Site


async def worker(site: Site, role: Role = Role.WAREHOUSE) -> Customer:
    """Somebody new of the warehouse, or of the shop's people, signed in."""
    email = f"{uuid4().hex}@madoguchi.example"

    async def hire(tx: Tx) -> str:
        staff_id = await add_staff(tx, email=email, name="倉田 颯太", role=role, locale="ja", languages=["ja"])
        return (await start_session(tx, store_id=DEMO.id, locale="ja", staff_id=staff_id)).token

    http = await site.client()
    http.cookies.set(cookie_names(secure=False).session, await site.services.db.run(SYSTEM, hire))
    return Customer(site, http)


async def sent_back(site: Site, order_ref: str, **told: Any) -> Return:
    """A return that was agreed to."""
    person = next(one for one in PEOPLE if order_ref in one.order_refs)

    async def ask(tx: Tx) -> UUID:
        customer = await people.customer_by_ref(tx, DEMO.id, person.customer.ref)
        order_id = await order_id_of(tx, DEMO.id, order_ref)
        assert customer
        actor = Actor(role=Role.CUSTOMER, id=customer.id, level=Level.SIGNED_IN, store_id=DEMO.id, session=ids.uuid7())
        async with tx.acting(actor):
            raw = {"order_id": str(order_id), **told}
            quote = await requests.quote(tx, site.app.catalogue, actor, "order.return", raw)
            token = requests.confirmation_token(site.app.signer, actor, quote, clock.now())
            return (await requests.confirm(tx, site.app.catalogue, site.app.signer, actor, quote.id, token)).id

    request_id = await site.app.db.run(SYSTEM, ask)
    await site.quiet()
    assert (await site.app.db.run(SYSTEM, lambda tx: access_request(tx, SYSTEM, request_id))).state == "done"
    return await back(site, request_id)


async def back(site: Site, return_id: UUID) -> Return:
    """A return as it is now."""
    return await site.app.db.run(SYSTEM, lambda tx: queries.access_return(tx, SYSTEM, return_id))


async def units(site: Site, return_id: UUID) -> list[Unit]:
    """Its units."""
    return list(await site.app.db.run(SYSTEM, lambda tx: queries.units_of(tx, return_id)))
