"""The API's reference as the page shows it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from madoguchi.front.api import openapi
from madoguchi.kit.i18n import Reader, catalogue


class Field(msgspec.Struct, frozen=True):
    """A field: its type in words, and the struct it leads to ("" for none)."""

    name: str
    type: str
    struct: str
    about: str


class Struct(msgspec.Struct, frozen=True):
    """A struct with its fields."""

    name: str
    about: str
    fields: tuple[Field, ...]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """An operation. `takes` and `gives` are fields without a name, None for nothing."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    bearer: bool
    parameters: tuple[Field, ...]
    takes: Field | None
    gives: Field | None
    status: str
    codes: tuple[str, ...]


class Reference(msgspec.Struct, frozen=True):
    """Everything there is to say."""

    tags: tuple[tuple[str, tuple[Call, ...]], ...]
    structs: tuple[Struct, ...]
    codes: tuple[tuple[str, str], ...]


def reference(handlers: Sequence[HTTPRouteHandler], reader: Reader) -> Reference:
    """The reference; codes are told in the reader's language."""
    document = openapi.document(handlers)
    calls = [
        (found["tags"][0], _call(method.upper(), path, found))
        for path, methods in document["paths"].items()
        for method, found in methods.items()
    ]
    tags = dict.fromkeys(tag for tag, _ in calls)
    return Reference(
        tuple((tag, tuple(call for of, call in calls if of == tag)) for tag in tags),
        tuple(_struct(name, schema) for name, schema in document["components"]["schemas"].items()),
        tuple(_codes(reader)),
    )


def _call(method: str, path: str, found: Mapping[str, Any]) -> Call:
    status, good = next(iter(found["responses"].items()))
    refused = found["responses"]["default"]["description"].partition(": ")[2]
    return Call(
        id=found["operationId"],
        method=method,
        path=path,
        summary=found["summary"],
        about=found["description"],
        bearer="security" not in found,
        parameters=tuple(_field(one["name"], one["schema"]) for one in found["parameters"]),
        takes=_content(found.get("requestBody", {})),
        gives=_content(good),
        status=status,
        codes=tuple(refused.split(", ")),
    )


def _content(body: Mapping[str, Any]) -> Field | None:
    for media, of in body.get("content", {}).items():
        return _field(media, of["schema"])
    return None


def _struct(name: str, schema: Mapping[str, Any]) -> Struct:
    fields = tuple(_field(field, of) for field, of in schema.get("properties", {}).items())
    return Struct(name, schema.get("description", ""), fields)


def _field(name: str, schema: Mapping[str, Any]) -> Field:
    return Field(name, _words(schema), next(_structs(schema), ""), schema.get("description", ""))


def _words(schema: Mapping[str, Any]) -> str:
    """The type of a schema in a few words."""
    match schema:
        case {"$ref": str(reference)}:
            return reference.rpartition("/")[2]
        case {"anyOf": parts}:
            return " | ".join(_words(part) for part in parts)
        case {"enum": values}:
            return " | ".join(f'"{value}"' for value in values)
        case {"type": "array", "items": dict(items)}:
            return f"[{_words(items)}]"
        case {"type": "array", "prefixItems": items}:
            return f"[{', '.join(_words(item) for item in items)}]"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"{{…: {_words(values)}}}"
    return str(schema.get("format") or schema.get("type") or "any") + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    low = schema.get("minLength", schema.get("minimum"))
    high = schema.get("maxLength", schema.get("maximum"))
    default = f", {schema['default']}" if isinstance(schema.get("default"), int) else ""
    return (f" {'' if low is None else low}…{high}" if high is not None else "") + default


def _structs(schema: Any) -> Iterator[str]:
    """Names of the structs that a schema leads to."""
    match schema:
        case {"$ref": str(reference)}:
            yield reference.rpartition("/")[2]
        case dict():
            for part in schema.values():
                yield from _structs(part)
        case list():
            for part in schema:
                yield from _structs(part)


def _codes(reader: Reader) -> Iterator[tuple[str, str]]:
    texts = catalogue(reader.lang)
    for key in sorted(texts):
        if key.startswith("errors.") and not key.startswith("errors.title."):
            yield key.removeprefix("errors."), str(texts[key])
