"""Orders of the customer, and what can be done with each."""

from datetime import datetime
from uuid import UUID

from litestar import Response

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import OrderCard
from madoguchi.core.actions.verbs import Offer
from madoguchi.core.shop.queries import Order, access_order, orders_of
from madoguchi.front.api import paging
from madoguchi.front.api.routes import KNOWN, Asked, Operation, answer, get, query
from madoguchi.front.api.structs import OrderAction, Page, Paging
from madoguchi.front.api.words import refusal
from madoguchi.front.ui import told
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader

_TAG = "Orders"


@get("/orders", Operation(tag=_TAG, query=Paging, gives=Page[told.Order]), KNOWN)
async def show_all(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """The customer's orders, newest first."""
    wish = query(request, Paging)
    actor = visitor.actor
    before = paging.read(wish.after, tuple[datetime, UUID])

    async def work(tx: Tx) -> Page[told.Order]:
        assert actor.id
        rows = await orders_of(tx, actor.id, before=before, limit=wish.limit + 1)
        cards = {row.id: await _card(tx, services, actor, row) for row in rows[: wish.limit]}
        return paging.page(
            rows, wish.limit, lambda row: told.order(cards[row.id], visitor.reader), lambda row: (row.placed_at, row.id)
        )

    return answer(await services.db.run(actor, work))


@get("/orders/{order_id:uuid}", Operation(tag=_TAG, gives=told.Order, refuses=("not_found",)), KNOWN)
async def show(services: Services, visitor: Visitor, order_id: UUID) -> Response[bytes]:
    """One order, with its parcels."""
    actor = visitor.actor

    async def work(tx: Tx) -> OrderCard:
        return await _card(tx, services, actor, await access_order(tx, actor, order_id))

    return answer(told.order(await services.db.run(actor, work), visitor.reader))


@get("/orders/{order_id:uuid}/actions", Operation(tag=_TAG, gives=list[OrderAction], refuses=("not_found",)), KNOWN)
async def offers(services: Services, visitor: Visitor, order_id: UUID) -> Response[bytes]:
    """What can be done with an order now, and for the rest why not and what is possible instead."""
    actor = visitor.actor

    async def work(tx: Tx) -> list[OrderAction]:
        await access_order(tx, actor, order_id)
        found = await actions.offers(tx, services.catalogue, actor, Subject(About.ORDER, order_id))
        return [_offer(offer, visitor.reader) for offer in found]

    return answer(await services.db.run(actor, work))


async def _card(tx: Tx, services: Services, actor: Actor, order: Order) -> OrderCard:
    card = await actions.run(tx, services.catalogue, actor, "order.show", {"order_id": str(order.id)})
    assert isinstance(card, OrderCard)
    return card


def _offer(offer: Offer, reader: Reader) -> OrderAction:
    why = offer.refusal
    return OrderAction(
        action=offer.action,
        label=reader.t(f"actions.{offer.action}.name"),
        possible=why is None,
        refusal=refusal(why.code, reader, why.parameters, why.alternatives) if why else None,
    )


ROUTES = [show_all, show, offers]
