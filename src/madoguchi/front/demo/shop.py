"""A page as a shop would have it: its own words, one script tag for the widget, the shopper's token in it."""

from litestar import Response

from madoguchi.core.access.rules import SYSTEM, Level
from madoguchi.core.people import queries, tokens
from madoguchi.core.people.queries import Customer
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.demo.page import Asked, page
from madoguchi.front.ui.access import EVERYONE, get
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money

KETTLE = Money(5480, "JPY")


@get("/demo/shop", access=EVERYONE)
async def product(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """The product page of the kettle; who is signed in here is signed in at the shop."""
    shopper = await services.db.run(SYSTEM, lambda tx: _shopper(tx, visitor))
    token = ""
    if shopper and shopper.store_ref:
        secret = services.shop_secrets(shopper.store_id)
        token = tokens.issue(secret, shopper.store_id, shopper.store_ref, clock.now())
    return page(
        request, services, visitor, "demo/shop.html", shop=DEMO.name, price=KETTLE, shopper=shopper, token=token
    )


async def _shopper(tx: Tx, visitor: Visitor) -> Customer | None:
    actor = visitor.actor
    if actor.is_staff or actor.id is None or actor.level < Level.SIGNED_IN:
        return None
    return await queries.access_customer(tx, actor, actor.id)


ROUTES = [product]
