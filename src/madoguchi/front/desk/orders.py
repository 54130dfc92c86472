"""Order actions on a customer's behalf, inside their case: what it would do, then the one confirmation."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.cases.queries import Case, access_case
from madoguchi.core.cases.verbs import describe
from madoguchi.core.requests import verbs
from madoguchi.core.requests.queries import Quote, Request
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.front.desk.board import case_url
from madoguchi.front.desk.pages import explain
from madoguchi.front.desk.quotes import access_asked
from madoguchi.front.desk.replies import WebRequest, done
from madoguchi.front.ui.access import STAFF_ONLY, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.front.ui.wishes import settled
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with which order; `line` limits it to what is left of one line."""

    action: str
    order_id: UUID
    line: str = ""


class Confirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of the slip that was shown."""

    token: str


@post("/desk/cases/{case_id:uuid}/quotes", access=STAFF_ONLY)
async def ask(request: WebRequest, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Quote an action on an order of the case's customer; nothing changes yet."""
    actor = visitor.actor
    wanted = await form(request, Ask)

    async def work(tx: Tx) -> Quote:
        case = await _held_case(tx, actor, case_id)
        order = await _order_of(tx, actor, case, wanted.order_id)
        arguments: dict[str, Any] = {"order_id": str(order.id)}
        if wanted.line:
            arguments["lines"] = {wanted.line: _left(order, wanted.line)}
        return await verbs.quote(
            tx, services.catalogue, actor, wanted.action, arguments, customer_id=case.customer_id, case_id=case.id
        )

    try:
        quote = await services.db.run(actor, work)
    except Refused as refused:
        return await explain(request, services, visitor, case_id, refused, pane="customer", order_id=wanted.order_id)
    return done(request, f"{case_url(case_id)}/quotes/{quote.id}", quote=quote.id)


@post("/desk/cases/{case_id:uuid}/quotes/{quote_id:uuid}/confirmation", access=STAFF_ONLY)
async def confirm(
    request: WebRequest, services: Services, visitor: Visitor, case_id: UUID, quote_id: UUID
) -> Response[Any]:
    """Do it, once; the timeline tells how it ended."""
    actor = visitor.actor
    given = await form(request, Confirm)

    async def work(tx: Tx) -> Request:
        asked = await access_asked(tx, actor, await _held_case(tx, actor, case_id), quote_id)
        made = await verbs.confirm(tx, services.catalogue, services.signer, actor, asked.quote.id, given.token)
        await describe(tx, case_id, reason=services.catalogue.actions[made.action].reason, order_id=made.order_id)
        return made

    try:
        made = await services.db.run(actor, work)
    except Refused as refused:
        return await explain(request, services, visitor, case_id, refused, pane="customer", quote_id=quote_id)
    wish = await settled(services, actor, made)
    return done(request, f"{case_url(case_id)}?order={wish.order_id}", wish=wish.id, state=wish.state)


async def _held_case(tx: Tx, actor: Actor, case_id: UUID) -> Case:
    """The case, which must be in the actor's hands; leaders may act in any."""
    case = await access_case(tx, actor, case_id)
    if case.assigned_to != actor.id and actor.role not in {Role.LEADER, Role.ADMIN}:
        raise Refused("not_assigned", 409)
    return case


async def _order_of(tx: Tx, actor: Actor, case: Case, order_id: UUID) -> Order:
    """An order of the case's own customer: staff may see every order, but act here for this one person."""
    order = await access_order(tx, actor, order_id)
    if order.customer_id != case.customer_id:
        raise invisible()
    return order


def _left(order: Order, ref: str) -> int:
    for line in order.document.lines:
        if line.ref == ref:
            return line.quantity - line.cancelled - line.shipped
    raise Refused("unknown_line")
