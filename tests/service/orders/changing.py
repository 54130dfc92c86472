"""What tests of changes do over and over: look at an order, wish, confirm, let the worker work."""

from typing import Any
from uuid import UUID

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.rules import Refusal
from madoguchi.core.requests.queries import Quote, Request
from madoguchi.core.shop.port import StoreOrder
from tests.service.orders.shop import CATALOGUE, Shop


async def order_of(demo: Shop, ref: str) -> StoreOrder:
    """The order as the shop has it."""
    order = await demo.store.get_order(ref)
    assert order
    return order


async def quote(demo: Shop, ref: str, action: str, **more: Any) -> Quote:
    """What it would do."""
    actor, order_id = await demo.actor(ref)
    return await demo.quote(actor, order_id, action, **more)


async def done(demo: Shop, ref: str, action: str, **more: Any) -> Request:
    """Quoted, confirmed and worked on."""
    actor, order_id = await demo.actor(ref)
    request = await demo.confirm(actor, await demo.quote(actor, order_id, action, **more))
    await demo.work()
    return await demo.settled(request)


async def form(demo: Shop, ref: str, action: str) -> dict[str, Field]:
    """What the action asks for, by name."""
    actor, order_id = await demo.actor(ref)
    entry = CATALOGUE.actions[action]
    found = await demo.db.run(actor, lambda tx: actions.fields(tx, actor, entry, Subject(About.ORDER, order_id)))
    return {field.name: field for field in found}


async def offered(demo: Shop, ref: str, whose: tuple[Actor, UUID] | None = None) -> dict[str, Refusal | None]:
    """What can be done with the order by its customer (`whose`, where the order has no name), and why not otherwise."""
    actor, order_id = whose or await demo.actor(ref)
    subject = Subject(About.ORDER, order_id)
    found = await demo.db.run(actor, lambda tx: actions.offers(tx, CATALOGUE, actor, subject))
    return {offer.action: offer.refusal for offer in found}
