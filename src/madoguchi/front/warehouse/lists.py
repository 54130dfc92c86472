"""What waits and what is expected, and where a scanned code leads."""

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.front.ui.access import WAREHOUSE, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.front.warehouse import views
from madoguchi.kit.db import Tx
from madoguchi.service.returns import warehouse


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scanner read, or somebody typed."""

    code: Annotated[str, msgspec.Meta(max_length=500)]


@get("/warehouse", access=WAREHOUSE)
async def show_queue(services: Services, visitor: Visitor) -> Response[Any]:
    """What is to be looked at, what was put aside, what is fetched for customers, and what is expected."""

    async def work(tx: Tx) -> dict[str, Any]:
        actor, reader = visitor.actor, visitor.reader
        return {
            "waiting": [views.row(line, reader) for line in await warehouse.waiting(tx, actor)],
            "going": [views.going(one, reader) for one in await warehouse.to_hand_over(tx, actor)],
            "expected": [views.row(line, reader) for line in await warehouse.expected(tx, actor)],
            "strays": [views.stray(one, reader) for one in await warehouse.strays(tx, actor)],
        }

    found = await services.db.run(visitor.actor, work)
    return page(services, visitor, "warehouse/queue.html", "/warehouse", **found)


@post("/warehouse/scans", access=WAREHOUSE)
async def scan(request: Asked, services: Services, visitor: Visitor) -> Redirect:
    """The return that the code is of; else the page on which the parcel is put aside."""
    told = await form(request, Code)
    found = await services.db.run(visitor.actor, lambda tx: warehouse.scan(tx, visitor.actor, told.code))
    if found.return_id and found.stray is None:
        return Redirect(views.return_url(found.return_id), status_code=303)
    return Redirect(f"/warehouse/strays/new?{urlencode({'code': told.code[: warehouse.LONGEST]})}", status_code=303)
