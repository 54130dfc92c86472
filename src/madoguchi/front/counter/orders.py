"""A customer's orders: where they are, what can be done now, and why not otherwise."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject, lead
from madoguchi.core.actions.verbs import Offer
from madoguchi.core.cases.reasons import REASONS
from madoguchi.core.ledger.advances.queries import advances_of_order
from madoguchi.core.ledger.intents.queries import intents_of_order
from madoguchi.core.requests.queries import Request, open_request_on
from madoguchi.core.shop.queries import Order, access_order, orders_of
from madoguchi.front.counter import finder, views
from madoguchi.front.counter.finder import Choice
from madoguchi.front.counter.page import page
from madoguchi.front.counter.refunds import AdvanceView, RefundView, advance_views, refund_views
from madoguchi.front.counter.returned import ReturnLine, return_line
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get
from madoguchi.front.ui.cards import OrderView
from madoguchi.front.ui.documents import DocumentView
from madoguchi.front.ui.documents import view as document_view
from madoguchi.front.ui.links import action_url
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.receipts.queries import receipts_of
from madoguchi.service.returns.queries import returns_of_order

_ON_A_PAGE = 10


class OfferView(msgspec.Struct, frozen=True):
    """An action on the order: a way to it, or why not and what else: `others` (label, url), and what to talk about."""

    label: str
    lead: str
    url: str
    why_not: str
    others: tuple[tuple[str, str], ...]
    instead: tuple[Choice, ...]


class OrderPage(msgspec.Struct, frozen=True):
    """An order with what can be done about it."""

    card: OrderView
    offers: tuple[OfferView, ...]
    change: Request | None
    refunds: Sequence[RefundView]
    advances: Sequence[AdvanceView]
    documents: Sequence[DocumentView]
    returns: Sequence[ReturnLine]


@get("/orders", access=KNOWN_CUSTOMERS)
async def orders(request: Asked, services: Services, visitor: Visitor, before: UUID | None = None) -> Response[str]:
    """Newest first, a page at a time."""

    async def work(tx: Tx) -> tuple[Sequence[OrderView], UUID | None]:
        assert visitor.actor.id
        last = await access_order(tx, visitor.actor, before) if before else None
        place = (last.placed_at, last.id) if last else None
        found = await orders_of(tx, visitor.actor.id, before=place, limit=_ON_A_PAGE + 1)
        shown = found[:_ON_A_PAGE]
        more = shown[-1].id if len(found) > _ON_A_PAGE else None
        return await views.order_views(tx, shown, visitor.reader), more

    cards, more = await services.db.run(visitor.actor, work)
    return page(
        request, services, visitor, "orders.html", orders=cards, more=more, first=before is None, client_id=ids.uuid7()
    )


@get("/orders/{order_id:uuid}", access=KNOWN_CUSTOMERS)
async def order(request: Asked, services: Services, visitor: Visitor, order_id: UUID) -> Response[str]:
    """One order."""

    async def work(tx: Tx) -> OrderPage:
        held = await access_order(tx, visitor.actor, order_id)
        offers = [
            offer
            for thing in _things(held)
            for offer in await actions.offers(tx, services.catalogue, visitor.actor, thing)
        ]
        (card,) = await views.order_views(tx, [held], visitor.reader)
        return OrderPage(
            card=card,
            offers=tuple(offer_view(offer, visitor.reader, offers) for offer in _sorted(offers, held)),
            change=await open_request_on(tx, order_id),
            advances=advance_views(await advances_of_order(tx, visitor.actor, order_id), visitor.reader),
            refunds=await refund_views(tx, await intents_of_order(tx, visitor.actor, order_id), visitor.reader),
            documents=[document_view(one, visitor.reader) for one in await receipts_of(tx, visitor.actor, order_id)],
            returns=[
                await return_line(tx, one, visitor.reader)
                for one in await returns_of_order(tx, visitor.actor, order_id)
            ],
        )

    found = await services.db.run(visitor.actor, work)
    return page(request, services, visitor, "order.html", found=found, client_id=ids.uuid7())


def _things(of: Order) -> Sequence[Subject]:
    """The order and its parcels."""
    parcels = [Subject(About.PARCEL, of.id, parcel.ref) for parcel in of.document.shipments]
    return [Subject(About.ORDER, of.id), *parcels]


def _sorted(offers: Sequence[Offer], of: Order) -> Sequence[Offer]:
    """What can be done with a parcel on its way comes first, since that is what people look its order up for."""
    coming = {parcel.ref for parcel in of.document.shipments if parcel.delivered_at is None}
    return sorted(offers, key=lambda one: one.refusal is not None or one.subject.ref not in coming)


def offer_view(offer: Offer, reader: Reader, beside: Sequence[Offer] = ()) -> OfferView:
    """An offer in the reader's words; `beside` are all that stand on the page."""
    refusal = offer.refusal
    named = [one for one in beside if refusal and one.action in refusal.alternatives and one.refusal is None]
    return OfferView(
        label=_name(offer, reader),
        lead="" if refusal else lead(offer.action, reader),
        url="" if refusal else action_url(offer.action, offer.subject),
        why_not=reader.t(f"errors.{refusal.code}", **refusal.parameters) if refusal else "",
        others=tuple((_name(one, reader), action_url(one.action, one.subject)) for one in named),
        instead=ways(refusal.alternatives, reader) if refusal else (),
    )


def _name(offer: Offer, reader: Reader) -> str:
    return reader.t(f"actions.{offer.action}.name")


def ways(alternatives: Sequence[str], reader: Reader) -> tuple[Choice, ...]:
    """Alternatives of a refusal as reasons to talk about."""
    return tuple(finder.choice(REASONS[id], reader) for id in alternatives if id in REASONS)
