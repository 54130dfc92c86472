"""A page as a shop would have it: its own words, one script tag for the widget, the shopper's token in it."""

import msgspec
from litestar import Response

from madoguchi.core.access.rules import SYSTEM, Level
from madoguchi.core.people import queries, tokens
from madoguchi.core.people.queries import Customer
from madoguchi.core.shop.port import Product, StoreUnavailable
from madoguchi.core.shop.queries import orders_of
from madoguchi.edge.stores.demo.catalogue import SELLERS
from madoguchi.edge.stores.demo.people import PEOPLE
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.ui.access import EVERYONE, get
from madoguchi.front.ui.cards import OrderView, order_view
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.orders.verbs import order_cards

WARES = ("KETTLE", "PLATE")  # the shop's own, and one of a marketplace seller
ORDERS = 3


class Bought(msgspec.Struct, frozen=True):
    """An order, and the token with which the shop sends its customer to the counter about it."""

    order: OrderView
    token: str


class Shopper(msgspec.Struct, frozen=True):
    """Who is signed in at the shop; each token is good for one use."""

    customer: Customer
    bought: tuple[Bought, ...]
    token: str
    asking: str


@get("/demo/shop", access=EVERYONE)
async def product(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """A product page (`ware`). `as` is who is signed in at the shop, else the customer of our own session."""
    wish = request.query_params.get("as", "")
    ref = request.query_params.get("ware", WARES[0])
    if ref not in WARES:
        raise invisible()
    shopper = await services.db.run(SYSTEM, lambda tx: _shopper(tx, services, visitor, wish))
    return page(
        services,
        visitor,
        "demo/shop.html",
        request.url.path,
        shop=DEMO.name,
        ware=await _ware(services, ref),
        wares=WARES,
        sellers=SELLERS,
        shopper=shopper,
        people=PEOPLE,
        base=visitor.origin,
    )


async def _ware(services: Services, ref: str) -> Product | None:
    try:
        return await services.stores[DEMO.id].get_product(ref)
    except StoreUnavailable:
        return None


async def _shopper(tx: Tx, services: Services, visitor: Visitor, wish: str) -> Shopper | None:
    customer = await _customer(tx, visitor, wish)
    if customer is None or customer.store_ref is None:
        return None
    ref, now, secret = customer.store_ref, clock.now(), services.shop_secrets(customer.store_id)

    def token() -> str:
        return tokens.issue(secret, customer.store_id, ref, now)

    cards = await order_cards(tx, await orders_of(tx, customer.id, limit=ORDERS))
    bought = tuple(Bought(order_view(card, visitor.reader), token()) for card in cards)
    return Shopper(customer, bought, token(), token())


async def _customer(tx: Tx, visitor: Visitor, wish: str) -> Customer | None:
    if wish:
        return await queries.customer_by_ref(tx, DEMO.id, wish)
    actor = visitor.actor
    if actor.is_staff or actor.id is None or actor.level < Level.SIGNED_IN:
        return None
    return await queries.access_customer(tx, actor, actor.id)


ROUTES = [product]
