"""What went wrong, told the way the asker reads: a problem document (RFC 9457), a page, or a way to sign in."""

import logging
from typing import Any
from urllib.parse import quote

import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException
from litestar.response import Redirect
from psycopg_pool import PoolTimeout

from madoguchi.front.ui.page import page, sentence, waiting
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused, invisible

PROBLEM = "application/problem+json"
log = logging.getLogger(__name__)

_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
_HTTP_CODES = {
    400: "bad_request",
    401: "sign_in_needed",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "wrong_media_type",
    429: "too_fast",
}


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The response to an exception, whatever it was."""
    refused = as_refusal(error)
    visitor: Visitor = request.state.visitor
    if refused.code == "too_large":
        refused = Refused("too_large", 413, limit=visitor.reader.size(_most(request)))
    if _wants_json(request):
        return problem(refused, visitor, request.url.path)
    signs_in = refused.parameters.get("signs_in")
    if refused.status == 401 and signs_in and request.method == "GET":
        return Redirect(f"{signs_in}?next={quote(request.url.path)}", status_code=303)
    services: Services = request.state.services
    title = visitor.reader.t(_title(refused))
    return page(services, visitor, "error.html", request.url.path, refused=refused, code=refused.status, title=title)


def problem(refused: Refused, visitor: Visitor, path: str) -> Response[Any]:
    """A problem document; `type` names the code, which is part of the API."""
    body = {
        "type": f"/problems/{refused.code}",
        "title": visitor.reader.t(_title(refused)),
        "status": refused.status,
        "detail": sentence(refused, visitor),
        "code": refused.code,
    }
    if field := refused.parameters.get("field"):
        body["field"] = field
    alternatives = refused.parameters.get("alternatives")
    if alternatives:
        body["alternatives"] = list(alternatives)
    return Response(body, media_type=PROBLEM, status_code=refused.status, headers=waiting(refused))


def as_refusal(error: Exception) -> Refused:
    """Any exception as something that can be told; our own faults are logged."""
    match error:
        case Refused():
            return error
        case NotFoundException():
            return invisible()
        case HTTPException():
            code = _HTTP_CODES.get(error.status_code, "bad_request")
            return Refused(code, error.status_code if error.status_code in _HTTP_CODES else 400)
        case psycopg.DataError():
            return Refused("bad_request", 400)
        case _ if isinstance(error, _AWAY):
            log.warning("the database is away: %s", error)
            return Refused("unavailable", 503, retry_after=1)
        case _:
            log.error("a request failed", exc_info=error)
            return Refused("internal", 500)


def _most(request: Request[Any, Any, Any]) -> int:
    """How many bytes may be sent here; of an upload the photo counts, not the form around it."""
    most: int = request.state.services.settings.upload_limit
    return min(request.route_handler.resolve_request_max_body_size() or most, most)


def _title(refused: Refused) -> str:
    return f"errors.title.{refused.status if refused.status in {401, 403, 404, 409, 413, 429, 500, 503} else 422}"


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")
