"""Cancelling an order by pages: what and why, then the slip to confirm."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.requests import verbs as requests
from madoguchi.core.shop.queries import access_order
from madoguchi.front.counter import views
from madoguchi.front.counter.page import page, see_other
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get, post
from madoguchi.front.ui.cards import OrderView
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, sentence
from madoguchi.front.ui.picks import PickView, pick_views
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.orders.verbs import cancellable

ACTION = "order.cancel"


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, and how many units of which line (field `units[<line>]`); without lines the whole order."""

    reason: str = ""
    units: dict[str, int] = {}


class CancelPage(msgspec.Struct, frozen=True):
    """What can be cancelled of an order."""

    card: OrderView
    lines: Sequence[PickView]
    picks: bool
    reasons: tuple[str, ...]


@get("/orders/{order_id:uuid}/cancel", access=KNOWN_CUSTOMERS)
async def choose(request: Asked, services: Services, visitor: Visitor, order_id: UUID) -> Response[str]:
    """Which lines, how many, and why."""
    return await _page(request, services, visitor, order_id, None, None)


@post("/orders/{order_id:uuid}/cancel", access=KNOWN_CUSTOMERS)
async def quote(request: Asked, services: Services, visitor: Visitor, order_id: UUID) -> Response[str]:
    """Ask what cancelling would do; the slip to confirm is the next page."""
    wish = await form(request, Wish)
    wanted = {ref: count for ref, count in wish.units.items() if count}

    async def work(tx: Tx) -> UUID:
        picks = (await cancellable(tx, await access_order(tx, visitor.actor, order_id))).picks
        arguments = {"order_id": order_id, "lines": wanted if picks else None, "reason": wish.reason}
        return (await requests.quote(tx, services.catalogue, visitor.actor, ACTION, arguments)).id

    try:
        slow_down(services.limits.write, visitor.counted_as)
        quote_id = await services.db.run(visitor.actor, work)
    except Refused as refused:
        if refused.status == 404:
            raise
        return await _page(request, services, visitor, order_id, wish, refused)
    return see_other(f"/quotes/{quote_id}")


async def _page(
    request: Asked, services: Services, visitor: Visitor, order_id: UUID, wish: Wish | None, refused: Refused | None
) -> Response[str]:
    async def work(tx: Tx) -> CancelPage:
        order = await access_order(tx, visitor.actor, order_id)
        (card,) = await views.order_views(tx, [order], visitor.reader)
        found = await cancellable(tx, order)
        lines = pick_views(found.lines, visitor.reader, wish.units if wish else None)
        return CancelPage(card=card, lines=lines, picks=found.picks, reasons=found.reasons)

    found = await services.db.run(visitor.actor, work)
    return page(
        request,
        services,
        visitor,
        "cancel.html",
        refused=refused,
        found=found,
        reason=wish.reason if wish else "",
        problem=_problem(refused, visitor) if refused else "",
        problem_field="reason" if refused and refused.parameters.get("field") == "reason" else "lines",
    )


def _problem(refused: Refused, visitor: Visitor) -> str:
    """Why not; the reasons to choose from stand on the page, so they need not be listed by their codes."""
    if refused.parameters.get("field") == "reason":
        return visitor.reader.t("counter.cancel.why.missing")
    return sentence(refused, visitor)
