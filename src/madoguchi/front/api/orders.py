"""Orders of the customer, and what can be done with each."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import OrderCard
from madoguchi.core.ledger.queries import passed_on
from madoguchi.core.shop import port
from madoguchi.core.shop.port import Tender
from madoguchi.core.shop.queries import Order, access_order, orders_of
from madoguchi.front.api import paging
from madoguchi.front.api.offered import offered
from madoguchi.front.api.routes import KNOWN, Asked, Operation, answer, get, query
from madoguchi.front.api.structs import Address, FullOrder, OfferedAction, Page, Paging, Payment
from madoguchi.front.ui import told
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money

_TAG = "Orders"


@get("/orders", Operation(tag=_TAG, query=Paging, gives=Page[FullOrder]), KNOWN)
async def show_all(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """The customer's orders, newest first."""
    wish = query(request, Paging)
    actor = visitor.actor
    before = paging.read(wish.after, tuple[datetime, UUID])

    async def work(tx: Tx) -> Page[FullOrder]:
        assert actor.id
        rows = await orders_of(tx, actor.id, before=before, limit=wish.limit + 1)
        found = {row.id: await _told(tx, services, actor, row, visitor.reader) for row in rows[: wish.limit]}
        return paging.page(rows, wish.limit, lambda row: found[row.id], lambda row: (row.placed_at, row.id))

    return answer(await services.db.run(actor, work))


@get("/orders/{order_id:uuid}", Operation(tag=_TAG, gives=FullOrder, refuses=("not_found",)), KNOWN)
async def show(services: Services, visitor: Visitor, order_id: UUID) -> Response[bytes]:
    """One order, with its parcels."""
    actor = visitor.actor

    async def work(tx: Tx) -> FullOrder:
        return await _told(tx, services, actor, await access_order(tx, actor, order_id), visitor.reader)

    return answer(await services.db.run(actor, work))


@get("/orders/{order_id:uuid}/actions", Operation(tag=_TAG, gives=list[OfferedAction], refuses=("not_found",)), KNOWN)
async def offers(services: Services, visitor: Visitor, order_id: UUID) -> Response[bytes]:
    """What can be done with an order and its parcels now.

    With the fields that each action asks for and what can be chosen in them, and for the rest why not and what is
    possible instead.
    """
    actor = visitor.actor

    async def work(tx: Tx) -> list[OfferedAction]:
        order = await access_order(tx, actor, order_id)
        parcels = (Subject(About.PARCEL, order.id, parcel.ref) for parcel in order.document.shipments)
        things = (Subject(About.ORDER, order.id), *parcels)
        return await offered(tx, services.catalogue, actor, things, visitor.reader)

    return answer(await services.db.run(actor, work))


async def _told(tx: Tx, services: Services, actor: Actor, order: Order, reader: Reader) -> FullOrder:
    card = await actions.run(tx, services.catalogue, actor, "order.show", {"order_id": str(order.id)})
    assert isinstance(card, OrderCard)
    return FullOrder(
        **msgspec.structs.asdict(told.order(card, reader)),
        address=_address(order.document.address),
        payments=await _payments(tx, order),
    )


def _address(of: port.Address) -> Address:
    return Address(
        name=of.name,
        kana=of.kana,
        postal_code=of.postal_code,
        region=of.region,
        city=of.city,
        lines=of.lines,
        country=of.country,
        phone=of.phone,
    )


async def _payments(tx: Tx, order: Order) -> tuple[Payment, ...]:
    """Without what went to whoever got the order as a present, of which its customer does not hear."""
    others: Mapping[str, int] = {}
    if order.document.gift_code:
        async with tx.acting(SYSTEM):
            others = (await passed_on(tx, order.id)).money
    currency = order.document.currency
    return tuple(_payment(one, Money(others.get(one.ref, 0), currency)) for one in order.document.tenders)


def _payment(of: Tender, passed: Money) -> Payment:
    return Payment(
        method=of.method_ref,
        kind=of.kind,
        label=of.label,
        amount=told.money_of(of.amount),
        captured=told.money_of(of.captured),
        refunded=told.money_of(of.refunded - passed),
    )


ROUTES = [show_all, show, offers]
