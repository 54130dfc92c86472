"""Work coming to an associate: taking it, leaving it to others, being there."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.front.desk.board import case_url
from madoguchi.front.desk.pages import explain
from madoguchi.front.ui.access import STAFF_ONLY, post
from madoguchi.front.ui.forms import Nothing, form
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.replies import done
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused
from madoguchi.service.routing import verbs
from madoguchi.service.routing.rules import Presence


class Here(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether I take work."""

    state: Literal["available", "away"]


@post("/desk/offers/{item_id:uuid}/accept", access=STAFF_ONLY)
async def accept(
    request: Asked, services: Services, visitor: Visitor, item_id: UUID, case: UUID | None = None
) -> Response[Any]:
    """Take the work, offered or picked from the line; of two at once one gets it, the other is told who.

    `case` is the page on which that is told.
    """
    actor = visitor.actor
    await form(request, Nothing)
    try:
        case_id = await services.db.run(actor, lambda tx: verbs.accept(tx, actor, item_id))
    except Refused as refused:
        if case:
            return await explain(request, services, visitor, case, refused)
        raise
    return done(request, case_url(case_id), case=case_id)


@post("/desk/offers/{item_id:uuid}/decline", access=STAFF_ONLY)
async def decline(
    request: Asked, services: Services, visitor: Visitor, item_id: UUID, case: UUID | None = None
) -> Response[Any]:
    """Not me, not now; `case` is the page to stay on."""
    actor = visitor.actor
    await form(request, Nothing)
    await services.db.run(actor, lambda tx: verbs.decline(tx, actor, item_id))
    return done(request, _where(case))


@post("/desk/presence", access=STAFF_ONLY)
async def set_presence(request: Asked, services: Services, visitor: Visitor, case: UUID | None = None) -> Response[Any]:
    """Take work from now on, or none for a while; `case` is the page to stay on."""
    actor = visitor.actor
    wanted = Presence((await form(request, Here)).state)
    await services.db.run(actor, lambda tx: verbs.set_presence(tx, actor, wanted))
    return done(request, _where(case), state=wanted)


@post("/desk/heartbeat", access=STAFF_ONLY, by_itself=True)
async def heartbeat(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """The page is open, every fifteen seconds."""
    actor = visitor.actor
    await form(request, Nothing)
    await services.db.run(actor, lambda tx: verbs.heartbeat(tx, actor))
    return done(request, "/desk")


def _where(case_id: UUID | None) -> str:
    return case_url(case_id) if case_id else "/desk"
