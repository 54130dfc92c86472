"""A parcel is opened: which units were in it."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.actions import verbs as actions
from madoguchi.front.ui.access import WAREHOUSE, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.front.warehouse import views
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import warehouse

_PATH = "/warehouse/returns/{return_id:uuid}"


class Arrived(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was in the parcel: unit → what it was; "later" for what may come in another parcel."""

    units: dict[UUID, Literal["received", "short", "wrong_item", "later"]] = {}


@get(_PATH, access=WAREHOUSE)
async def show(services: Services, visitor: Visitor, return_id: UUID) -> Response[Any]:
    """What is expected, and what was found."""
    return await _page(services, visitor, return_id)


@post(_PATH, access=WAREHOUSE)
async def receive(request: Asked, services: Services, visitor: Visitor, return_id: UUID) -> Response[Any]:
    """Note what was in the parcel."""
    told = await form(request, Arrived)
    units = {str(unit): one for unit, one in told.units.items() if one != "later"}
    raw = {"return_id": str(return_id), "units": units}
    try:
        if not units:
            raise Refused("field_missing", field="units")
        await services.db.run(
            visitor.actor, lambda tx: actions.run(tx, services.catalogue, visitor.actor, "return.receive", raw)
        )
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(services, visitor, return_id, refused)
    return Redirect(views.return_url(return_id), status_code=303)


async def _page(services: Services, visitor: Visitor, return_id: UUID, refused: Refused | None = None) -> Response[Any]:
    found = await services.db.run(visitor.actor, lambda tx: warehouse.shown(tx, visitor.actor, return_id))
    view = views.return_view(found, visitor.reader)
    return page(services, visitor, "warehouse/return.html", view.url, refused=refused, of=view)
