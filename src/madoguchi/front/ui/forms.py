"""Forms as typed Structs: unknown fields refused, nothing larger than it may be."""

from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from madoguchi.kit.errors import Refused

S = TypeVar("S", bound=msgspec.Struct)
NEW = "new"  # the part of a field in which its new files are posted
NEW_FILES = f"[{NEW}]"


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form in which the press of its button says it all."""


async def form(request: Request[Any, Any, Any], kind: type[S]) -> S:
    """The posted form as a Struct (declare it with forbid_unknown_fields); the csrf field is left out."""
    return _convert(await posted(request), kind)


async def posted(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The posted form as it is, without the csrf field and without files that nobody chose.

    Photos of a field (`photos[new]`) come as a list. Refused("invalid_form") when another name stands twice.
    """
    data = await request.form()
    fields: dict[str, Any] = {}
    for name in data:
        values = data.getall(name)
        if name.endswith(NEW_FILES):
            _put(fields, name, [value for value in values if isinstance(value, UploadFile) and value.filename])
        elif len(values) > 1:
            raise Refused("invalid_form", detail=name)
        else:
            _put(fields, name, values[0])
    fields.pop("csrf", None)
    return fields


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    """A field as it is named; `units[7]` is the entry 7 of the mapping `units`."""
    whole, bracket, key = name.partition("[")
    if not bracket or not key.endswith("]"):
        fields[name] = value
        return
    mapping = fields.setdefault(whole, {})
    if not isinstance(mapping, dict):
        raise Refused("invalid_form", detail=name)
    mapping[key[:-1]] = value


def _convert(fields: dict[str, Any], kind: type[S]) -> S:
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Refused("invalid_form", detail=str(error)) from error
