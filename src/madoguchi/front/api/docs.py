"""The documentation of API v1: the OpenAPI document, and a page of our own made from it, which loads nothing."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response import Redirect

from madoguchi.front.api import openapi
from madoguchi.front.api.operations import OPERATIONS
from madoguchi.front.api.reference import reference
from madoguchi.front.api.routes import V1
from madoguchi.front.ui import page as pages
from madoguchi.front.ui.access import EVERYONE, get
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import invisible


@get(f"{V1}/openapi.json", access=EVERYONE)
async def openapi_json() -> Response[bytes]:
    """The OpenAPI 3.1 document."""
    return Response(document(), media_type="application/json")


@get("/api/docs", access=EVERYONE)
async def page(request: Request[Any, Any, Any], services: Services, visitor: Visitor) -> Response[str]:
    """Every operation, every struct and every code on one page."""
    api = reference(OPERATIONS, visitor.reader)
    return pages.page(services, visitor, "api/docs.html", request.url.path, api=api, base=visitor.origin)


@get("/problems/{code:str}", access=EVERYONE)
async def problem(visitor: Visitor, code: str) -> Redirect:
    """Where the `type` of a problem document leads."""
    if not visitor.reader.has(f"errors.{code}"):
        raise invisible()
    return Redirect(f"/api/docs#{code}", status_code=303)


@cache
def document() -> bytes:
    """The OpenAPI document as it is served."""
    return msgspec.json.encode(openapi.document(OPERATIONS))


ROUTES = [openapi_json, page, problem]
