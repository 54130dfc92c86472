"""Cancelling an order by pages: what and why, then the slip to confirm."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.rules import LineUnits
from madoguchi.core.people import queries as people
from madoguchi.core.policy.rules import RulePack, pack
from madoguchi.core.requests import verbs as requests
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.front.counter import views
from madoguchi.front.counter.page import Asked, page, see_other, told
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get, post
from madoguchi.front.ui.cards import OrderView, item_name
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.orders.rules import decide

ACTION = "order.cancel"


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, and how many units of which line (field `units[<line>]`); without lines the whole order."""

    reason: str = ""
    units: dict[str, int] = {}


class LineView(msgspec.Struct, frozen=True):
    """A line one can pick units of, or why not."""

    ref: str
    name: str
    amount: Money
    free: int
    wanted: int
    why_not: str


class CancelPage(msgspec.Struct, frozen=True):
    """What can be cancelled of an order."""

    card: OrderView
    lines: tuple[LineView, ...]
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
        picks = (await _rules(tx, await access_order(tx, visitor.actor, order_id))).cancel_lines
        arguments = {"order_id": order_id, "lines": wanted if picks else None, "reason": wish.reason}
        return (await requests.quote(tx, services.catalogue, visitor.actor, ACTION, arguments)).id

    try:
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
        rules = await _rules(tx, order)
        (card,) = await views.order_views(tx, [order], visitor.reader)
        units = await ledger.lines(tx, order_id)
        return CancelPage(
            card=card,
            lines=_lines(rules, order, units, wish, visitor, tx),
            picks=rules.cancel_lines,
            reasons=rules.cancel_reasons,
        )

    found = await services.db.run(visitor.actor, work)
    return page(
        request,
        services,
        visitor,
        "cancel.html",
        status=refused.status if refused else 200,
        found=found,
        reason=wish.reason if wish else "",
        problem=_problem(refused, visitor) if refused else "",
        problem_field="reason" if refused and refused.code == "cancel_reason" else "lines",
    )


def _problem(refused: Refused, visitor: Visitor) -> str:
    """Why not; the reasons to choose from stand on the page, so they need not be listed by their codes."""
    return visitor.reader.t("counter.cancel.why.missing") if refused.code == "cancel_reason" else told(refused, visitor)


def _lines(
    rules: RulePack, order: Order, units: Mapping[str, LineUnits], wish: Wish | None, visitor: Visitor, tx: Tx
) -> tuple[LineView, ...]:
    """Every line with what can go of it now; all of that is picked at first."""
    whole_only = msgspec.structs.replace(rules, cancel_lines=True)
    found = []
    for line in order.document.lines:
        why_not, free = "", min(units[line.ref].free, line.quantity - line.cancelled - line.shipped)
        try:
            decide(whole_only, order.document, units, {line.ref: 1}, tx.now)
        except Refused as refused:
            why_not, free = told(refused, visitor), 0
        wanted = min(wish.units.get(line.ref, 0), free) if wish else free
        name = item_name(line.name, line.options, visitor.reader)
        found.append(LineView(line.ref, name, line.total, free, wanted, why_not))
    return tuple(found)


async def _rules(tx: Tx, order: Order) -> RulePack:
    return pack((await people.store(tx, order.store_id)).rule_pack)
