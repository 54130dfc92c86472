"""The OpenAPI 3.1 document of API v1, made from what the routes declare."""

import inspect
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from madoguchi.front.api.routes import Operation
from madoguchi.front.api.structs import Problem, Upload
from madoguchi.front.ui.access import Access

_ABOUT = """What a shop's own pages and programs can do for its customers: chats, orders, changes with a quote and a
confirmation, inquiries and messages. Stable: fields and codes may be added, none is changed or taken away.

Every request but the first carries `Authorization: Bearer …` from `POST /api/v1/sessions`. Every refusal is a problem
document (RFC 9457) with a stable `code`; what belongs to somebody else is answered as what does not exist. Where one is
too fast the answer is 429 with `Retry-After` in seconds."""
_PATH_TYPES = {"uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}, "str": {"type": "string"}}
_PARAMETER = re.compile(r"{(\w+):(\w+)}")
_REFERENCE = "#/components/schemas/{name}"


def document(handlers: Sequence[HTTPRouteHandler]) -> dict[str, Any]:
    """The document for these routes."""
    types = [kind for handler in handlers for kind in _types(handler)]
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=_REFERENCE)
    by_type = dict(zip(map(str, types), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for handler in handlers:
        path = next(iter(handler.paths))
        method = next(iter(handler.http_methods)).lower()
        paths.setdefault(_PARAMETER.sub(r"{\1}", path), {})[method] = _operation(handler, path, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Madoguchi", "version": "1", "summary": "Public API v1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def declared(handler: HTTPRouteHandler) -> Operation:
    """What the route says of itself."""
    operation: Operation = handler.opt["operation"]
    return operation


def needs_bearer(handler: HTTPRouteHandler) -> bool:
    """Whether the route is for sessions only."""
    access: Access = handler.opt["access"]
    return access.session


def codes(handler: HTTPRouteHandler) -> list[str]:
    """The codes of all refusals that this operation may answer with."""
    of = declared(handler)
    found = list(of.refuses)
    if of.takes is not None:
        found += ["invalid_form" if of.takes is Upload else "invalid_json", "wrong_media_type", "too_large"]
    if of.query:
        found.append("invalid_query")
    if needs_bearer(handler):
        found.append("sign_in_needed")
    return list(dict.fromkeys([*found, "unavailable"]))


def _types(handler: HTTPRouteHandler) -> list[Any]:
    of = declared(handler)
    return [kind for kind in (of.takes, of.gives) if kind is not None and kind is not bytes]


def _operation(handler: HTTPRouteHandler, path: str, schemas: dict[str, Any]) -> dict[str, Any]:
    of = declared(handler)
    summary, _, description = inspect.cleandoc(handler.fn.__doc__ or "").partition("\n\n")
    found: dict[str, Any] = {
        "operationId": f"{handler.fn.__module__.rpartition('.')[2]}.{handler.fn.__name__.rstrip('_')}",
        "tags": [of.tag],
        "summary": summary.removesuffix("."),
        "description": description,
        "parameters": _path_parameters(path) + (_query_parameters(of.query) if of.query else []),
    }
    if of.takes is not None:
        media = "multipart/form-data" if of.takes is Upload else "application/json"
        found["requestBody"] = {"required": True, "content": {media: {"schema": schemas[str(of.takes)]}}}
    found["responses"] = _responses(handler, schemas)
    if not needs_bearer(handler):
        found["security"] = []
    return found


def _responses(handler: HTTPRouteHandler, schemas: dict[str, Any]) -> dict[str, Any]:
    of = declared(handler)
    good: dict[str, Any] = {"description": "Done"}
    if of.gives is not None:
        binary = {"type": "string", "contentEncoding": "binary"}
        good["content"] = {of.media: {"schema": schemas.get(str(of.gives), binary)}}
    return {
        str(of.status): good,
        "default": {
            "description": f"Refused: {', '.join(codes(handler))}",
            "content": {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(name="Problem")}}},
        },
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PATH_TYPES[kind]}
        for name, kind in _PARAMETER.findall(path)
    ]


def _query_parameters(kind: type[msgspec.Struct]) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([kind], ref_template=_REFERENCE)
    about = components[kind.__name__]
    return [
        {"name": name, "in": "query", "required": name in about["required"], "schema": schema}
        for name, schema in about["properties"].items()
    ]
