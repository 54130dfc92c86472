"""Parts of the page on their own, fetched again when something changed."""

from typing import Any
from uuid import UUID

from litestar import Response

from madoguchi.core.cases.queries import access_case
from madoguchi.front.desk import board, customer, room
from madoguchi.front.desk.board import Part
from madoguchi.front.desk.customer import Pane
from madoguchi.front.desk.room import Holding
from madoguchi.front.ui.access import STAFF_ONLY, get
from madoguchi.front.ui.page import page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx

PANELS = "/desk/panels"


@get(f"{PANELS}/inbox", access=STAFF_ONLY, by_itself=True)
async def inbox(services: Services, visitor: Visitor, case: UUID | None = None) -> Response[Any]:
    """Those in line; `case` is the one that is open."""
    return await _board(services, visitor, "inbox.html", case, Part.LINE, Part.COUNTS)


@get(f"{PANELS}/mine", access=STAFF_ONLY, by_itself=True)
async def mine(services: Services, visitor: Visitor, case: UUID | None = None) -> Response[Any]:
    """My own conversations."""
    return await _board(services, visitor, "mine.html", case, Part.MINE)


@get(f"{PANELS}/offer", access=STAFF_ONLY, by_itself=True)
async def offer(services: Services, visitor: Visitor, case: UUID | None = None) -> Response[Any]:
    """What I am asked to take."""
    return await _board(services, visitor, "offer.html", case, Part.OFFER)


@get(f"{PANELS}/presence", access=STAFF_ONLY, by_itself=True)
async def presence(services: Services, visitor: Visitor, case: UUID | None = None) -> Response[Any]:
    """Whether I take work."""
    return await _board(services, visitor, "presence.html", case, Part.PRESENCE)


@get(f"{PANELS}/approvals", access=STAFF_ONLY, by_itself=True)
async def approvals(services: Services, visitor: Visitor) -> Response[Any]:
    """The way to what waits for somebody to agree."""
    return await _board(services, visitor, "approvals_link.html", None, Part.APPROVALS)


@get(f"{PANELS}/day", access=STAFF_ONLY, by_itself=True)
async def day(services: Services, visitor: Visitor) -> Response[Any]:
    """How things stand, while no case is open."""
    return await _board(services, visitor, "standing.html", None, Part.PRESENCE, Part.COUNTS)


@get(f"{PANELS}/holding/{{case_id:uuid}}", access=STAFF_ONLY, by_itself=True)
async def show_holding(services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Who has the case."""
    actor = visitor.actor

    async def work(tx: Tx) -> Holding:
        return await room.holding(tx, actor, await access_case(tx, actor, case_id))

    held = await services.db.run(actor, work)
    view = room.holding_view(held, visitor.reader)
    return page(services, visitor, "desk/holding.html", board.case_url(case_id), holding=view)


@get(f"{PANELS}/customer/{{case_id:uuid}}", access=STAFF_ONLY, by_itself=True)
async def show_customer(
    services: Services, visitor: Visitor, case_id: UUID, order: UUID | None = None
) -> Response[Any]:
    """The right pane."""
    actor = visitor.actor

    async def work(tx: Tx) -> tuple[Pane, Holding]:
        case = await access_case(tx, actor, case_id)
        return await customer.load(tx, actor, services.catalogue, case, order), await room.holding(tx, actor, case)

    pane, held = await services.db.run(actor, work)
    return page(
        services,
        visitor,
        "desk/customer.html",
        board.case_url(case_id),
        customer=customer.view(pane, visitor.reader, acts=held.acts, writes=held.writable),
    )


async def _board(
    services: Services, visitor: Visitor, template: str, case_id: UUID | None, *parts: Part
) -> Response[Any]:
    actor = visitor.actor
    loaded = await services.db.run(actor, lambda tx: board.load(tx, actor, parts))
    path = board.case_url(case_id) if case_id else "/desk"
    return page(
        services, visitor, f"desk/{template}", path, board=board.view(loaded, visitor), open_case=str(case_id or "")
    )
