"""Parcels that nobody can match: put aside with what was seen, until somebody finds out."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.front.ui.access import WAREHOUSE, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import warehouse

_NEW = "/warehouse/strays/new"


class Aside(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was scanned, what the parcel is like, and where it was put."""

    code: Annotated[str, msgspec.Meta(max_length=500)]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    place: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it was, and what became of it."""

    answer: Annotated[str, msgspec.Meta(max_length=500)] = ""


@get(_NEW, access=WAREHOUSE)
async def show(services: Services, visitor: Visitor, code: str = "") -> Response[Any]:
    """Why it cannot be matched, and what to write down."""
    return await _page(services, visitor, Aside(code[: warehouse.LONGEST]))


@post("/warehouse/strays", access=WAREHOUSE)
async def put_aside(request: Asked, services: Services, visitor: Visitor) -> Response[Any]:
    """Put it aside."""
    told = await form(request, Aside)
    actor = visitor.actor
    try:
        await services.db.run(actor, lambda tx: warehouse.put_aside(tx, actor, told.code, told.note, told.place))
    except Refused as refused:
        return await _page(services, visitor, told, refused)
    return Redirect("/warehouse#strays", status_code=303)


@post("/warehouse/strays/{stray_id:uuid}/answer", access=WAREHOUSE)
async def find_out(request: Asked, services: Services, visitor: Visitor, stray_id: UUID) -> Redirect:
    """Somebody knows what it was."""
    told = await form(request, Answer)
    actor = visitor.actor
    await services.db.run(actor, lambda tx: warehouse.find_out(tx, actor, stray_id, told.answer))
    return Redirect("/warehouse#strays", status_code=303)


async def _page(services: Services, visitor: Visitor, told: Aside, refused: Refused | None = None) -> Response[Any]:
    found = await services.db.run(visitor.actor, lambda tx: warehouse.scan(tx, visitor.actor, told.code))
    why = visitor.reader.t(f"warehouse.stray.{found.stray}.what") if found.stray else ""
    return page(
        services, visitor, "warehouse/stray.html", _NEW, refused=refused, told=told, why=why, known=found.return_id
    )
