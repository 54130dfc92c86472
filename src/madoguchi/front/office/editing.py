"""The form: every value that can be changed. What is sent is kept as a draft, or shown again as it was typed."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.policy import queries, verbs
from madoguchi.core.policy.checks import Wrong
from madoguchi.core.policy.fields import Field, Kind, differences, fields
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.queries import Draft
from madoguchi.front.office import reading, words
from madoguchi.front.ui.access import ADMINS, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader


class Edited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was typed, by path, and the version the form was made from."""

    base: int
    values: dict[str, str]


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A value in the form. `options` are (word, label, chosen)."""

    id: str
    name: str
    kind: str
    label: str
    unit: str
    text: str
    options: Sequence[tuple[str, str, bool]]
    error: str
    required: bool


class Group(msgspec.Struct, frozen=True):
    """The boxes of one matter."""

    id: str
    title: str
    boxes: Sequence[Box]


@get("/office/rules/{pack:str}/edit", access=ADMINS)
async def show_form(services: Services, visitor: Visitor, pack: str) -> Response[Any]:
    """The draft if there is one, else the newest version."""

    async def work(tx: Tx) -> tuple[int, RulePack, Draft | None]:
        await queries.users(tx, pack)
        await queries.in_force(tx, pack, tx.now)
        if draft := await queries.draft_of(tx, visitor.actor, pack):
            return draft.base, draft.document, draft
        number = await verbs.newest(tx, pack)
        return number, await queries.rules(tx, pack, number), None

    base, document, draft = await services.db.run(visitor.actor, work)
    return _page(services, visitor, pack, base, document, draft=draft)


@post("/office/rules/{pack:str}/draft", access=ADMINS)
async def keep(request: Asked, services: Services, visitor: Visitor, pack: str) -> Response[Any]:
    """Keep what was typed as a draft and go on to its preview; what cannot be is said beside it."""
    edited = await form(request, Edited)
    slow_down(services.limits.write, visitor.counted_as)

    async def work(tx: Tx) -> tuple[RulePack, tuple[Wrong, ...]]:
        await queries.users(tx, pack)
        before = await queries.rules(tx, pack, edited.base)
        made, wrong = reading.read(before, edited.values)
        if not wrong and differences(before, made):
            await verbs.keep_draft(tx, visitor.actor, pack, edited.base, made)
        return (before, wrong) if wrong else (made, ())

    made, wrong = await services.db.run(visitor.actor, work)
    if wrong:
        return _page(services, visitor, pack, edited.base, made, typed=edited.values, wrong=wrong)
    return Redirect(f"/office/rules/{pack}/draft", status_code=303)


def _page(
    services: Services,
    visitor: Visitor,
    pack: str,
    base: int,
    document: RulePack,
    *,
    draft: Draft | None = None,
    typed: Mapping[str, str] | None = None,
    wrong: Sequence[Wrong] = (),
) -> Response[Any]:
    said = {one.path: words.wrong(one, visitor.reader) for one in wrong}
    return page(
        services,
        visitor,
        "office/edit.html",
        f"/office/rules/{pack}/edit",
        status=422 if wrong else 200,
        pack=pack,
        base=base,
        groups=_groups(document, typed, said, visitor.reader),
        errors=[(_id(path), text) for path, text in said.items()],
        draft=draft,
    )


def _groups(pack: RulePack, typed: Mapping[str, str] | None, said: Mapping[str, str], reader: Reader) -> list[Group]:
    found = fields(pack)
    return [
        Group(
            name,
            reader.t(f"policy.section.{name}"),
            [_box(field, pack, typed, said.get(field.path, ""), reader) for field in found if field.section == name],
        )
        for name in words.SECTIONS
    ]


def _box(field: Field, pack: RulePack, typed: Mapping[str, str] | None, error: str, reader: Reader) -> Box:
    text = typed.get(field.path, "") if typed is not None else reading.text(field, pack.currency)
    return Box(
        id=_id(field.path),
        name=f"values[{field.path}]",
        kind=field.kind,
        label=words.label(field, pack, reader),
        unit=_unit(field, pack.currency, reader),
        text=text,
        options=_options(field, typed, text, reader),
        error=error,
        required=not field.optional,
    )


def _unit(field: Field, currency: str, reader: Reader) -> str:
    """What stands behind the box."""
    if field.kind in {Kind.TEXT, Kind.YES_NO, Kind.CHOICE, Kind.CHOICES}:
        return ""
    return currency if field.kind is Kind.AMOUNT else reader.t(f"office.unit.{field.kind}")


def _options(field: Field, typed: Mapping[str, str] | None, text: str, reader: Reader) -> list[tuple[str, str, bool]]:
    match field.kind:
        case Kind.YES_NO:
            return [(word, reader.t(f"policy.value.{word}"), word == text) for word in ("yes", "no")]
        case Kind.CHOICE:
            return [(word, words.option(field, word, reader), word == text) for word in field.options]
        case Kind.CHOICES:
            now = {str(one) for one in field.value}
            chosen = now if typed is None else {word for word in field.options if f"{field.path}/{word}" in typed}
            return [(word, words.option(field, word, reader), word in chosen) for word in field.options]
        case _:
            return []


def _id(path: str) -> str:
    return path.replace("/", "-").replace(".", "-")
