"""The first page: what is under way, what one most likely wants, and a person one tap away."""

from collections.abc import Sequence

import msgspec
from litestar import Response

from madoguchi.core.access.rules import Level
from madoguchi.core.cases.queries import cases_of
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.queries import orders_of
from madoguchi.front.counter import finder, views
from madoguchi.front.counter.page import page
from madoguchi.front.counter.returned import ReturnLine
from madoguchi.front.counter.under_way import under_way
from madoguchi.front.counter.views import CaseRow, Earlier
from madoguchi.front.ui.access import CUSTOMERS, get
from madoguchi.front.ui.cards import OrderView
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.service.notices import queries as notices

_ORDERS = 3
_LOOKED_AT = 10  # newest orders among which a late one is found
_CASES = 5


class Overview(msgspec.Struct, frozen=True):
    """What there is for a customer now; `guaranteed` whether the shop answers for its sellers."""

    earlier: Earlier | None = None
    under_way: Sequence[ReturnLine] = ()
    orders: Sequence[OrderView] = ()
    cases: Sequence[CaseRow] = ()
    unread: int = 0
    guaranteed: bool = False


async def overview(tx: Tx, visitor: Visitor) -> Overview:
    """A customer's running chat, what is under way, newest orders (late ones first), open cases and unread messages."""
    customer = visitor.actor.id
    if customer is None:
        return Overview()
    proven = visitor.actor.level >= Level.PROVEN
    orders = await orders_of(tx, customer, limit=_LOOKED_AT) if proven else ()
    shown = sorted(await views.order_views(tx, orders, visitor.reader), key=lambda order: order.tone != "risk")
    lines = await cases_of(tx, customer, open_only=True, limit=_CASES)
    return Overview(
        earlier=await views.earlier_chat(tx, customer, visitor.reader),
        under_way=await under_way(tx, visitor.actor, visitor.reader) if proven else (),
        orders=[_brief(order) for order in shown[:_ORDERS]],
        cases=await views.case_rows(tx, lines, visitor.reader),
        unread=await notices.unread(tx, customer),
        guaranteed=bool((await rules_of(tx, visitor.store_id)).guarantee.covers),
    )


def _brief(order: OrderView) -> OrderView:
    """Only of a late parcel everybody wants to know where it is."""
    return order if order.tone == "risk" else msgspec.structs.replace(order, steps=())


@get("/", access=CUSTOMERS)
async def home(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """The customer's own page, or the guest's."""
    found = await services.db.run(visitor.actor, lambda tx: overview(tx, visitor))
    return page(
        request,
        services,
        visitor,
        "home.html",
        found=found,
        proven=visitor.actor.level >= Level.PROVEN,
        choices=finder.likeliest(visitor.reader),
        client_id=ids.uuid7(),
    )


@get("/help", access=CUSTOMERS)
async def reasons(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """All reasons to write, by kind."""
    return page(request, services, visitor, "help.html", groups=finder.groups(visitor.reader), client_id=ids.uuid7())
