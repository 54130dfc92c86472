"""What a route of the API declares about itself, and what every handler needs: body, query, answers."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from madoguchi.core.access.rules import Level
from madoguchi.front.ui import access
from madoguchi.front.ui.access import API, Access
from madoguchi.kit.errors import Refused

V1 = "/api/v1"
BODY_LIMIT = 64_000  # bytes of a JSON body; a message has at most 4,000 characters
OPEN = Access(Level.GUEST, csrf=False)
KNOWN = Access(Level.PROVEN, session=True, csrf=False)

Asked = Request[Any, Any, Any]
Route = Callable[[Callable[..., Any]], HTTPRouteHandler]
S = TypeVar("S", bound=msgspec.Struct)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What the documentation says of a route; the words are the handler's docstring.

    `takes` is the body, `query` the query, `gives` the answer; `refuses` are the codes of its own, beside those that
    every route may answer with. `media` is set where it is not JSON.
    """

    tag: str
    takes: Any = None
    query: type[msgspec.Struct] | None = None
    gives: Any = None
    status: int = 200
    media: str = "application/json"
    refuses: tuple[str, ...] = ()


def get(path: str, operation: Operation, of: Access = API) -> Route:
    """A reading route under V1."""
    return _declared(access.get, path, operation, of)


def post(path: str, operation: Operation, of: Access = API, *, upload: bool = False) -> Route:
    """A writing route under V1; an upload may be as large as the settings allow, else BODY_LIMIT holds."""
    limit = {} if upload else {"request_max_body_size": BODY_LIMIT}
    return _declared(access.post, path, operation, of, status_code=operation.status, **limit)


def _declared(method: Callable[..., Route], path: str, operation: Operation, of: Access, **more: Any) -> Route:
    return method(V1 + path, access=of, operation=operation, **more)


async def body(request: Asked, kind: type[S]) -> S:
    """The JSON body as a Struct. Unknown fields and keys that stand twice are refused."""
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise Refused("wrong_media_type", 415)
    raw = await request.body()
    try:
        found: S = _decoder(kind).decode(raw)
        json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise Refused("invalid_json", detail=str(error)) from error
    return found


def query(request: Asked, kind: type[S]) -> S:
    """The query as a Struct."""
    try:
        return msgspec.convert(_unique(list(request.query_params.multi_items())), kind, strict=False)
    except ValueError as error:
        raise Refused("invalid_query", detail=str(error)) from error


def answer(value: Any, status: int = 200) -> Response[bytes]:
    """The value as JSON."""
    return Response(msgspec.json.encode(value), media_type="application/json", status_code=status)


@cache
def _decoder(kind: type[S]) -> msgspec.json.Decoder[S]:
    return msgspec.json.Decoder(kind)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name stands twice")
    return found
