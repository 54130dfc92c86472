"""A unit is looked at: how it is, what becomes of it, and what is given for it, shown before it is noted."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from madoguchi.core.actions import verbs as actions
from madoguchi.core.policy.pack import ReturnReason
from madoguchi.front.ui import photos
from madoguchi.front.ui.access import WAREHOUSE, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.front.warehouse import views
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.service.returns import warehouse
from madoguchi.service.returns.inspecting import Found, InspectReturn
from madoguchi.service.returns.rules import Acceptance, Condition, Disposition, Grade, Why
from madoguchi.service.returns.warehouse import Preview

_PATH = "/warehouse/returns/{return_id:uuid}/units/{unit_id:uuid}"
_DISPOSITIONS = [one for one in Disposition if one is not Disposition.MISSING]  # of what is here
CHOICES = ("rule", "accepted", "reduced", "rejected", "manual")  # by the rules, or by whoever looks at it


class Findings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a unit is, and what somebody decided about it; grade, disposition, opened "" until somebody has looked.

    With `sure` it is noted, else first shown.
    """

    complete: Literal["yes", "no"] = "yes"
    opened: Literal["", "yes", "no"] = "no"
    works: Literal["yes", "no"] = "yes"
    grade: Literal["", "new", "good", "worn", "broken"] = ""
    disposition: Literal["", "restock", "resell", "repair", "discard", "back_to_customer", "missing"] = ""
    acceptance: Literal["rule", "accepted", "reduced", "rejected", "manual"] = "rule"
    percent: Annotated[str, msgspec.Meta(max_length=3)] = ""
    why: Literal["", "opened", "used", "incomplete", "damaged", "not_ours", "empty"] = ""
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    sure: Literal["", "yes"] = ""


class Posted(Findings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same with new photos, which are kept in any case; with `only_photos` nothing else is done yet."""

    photos: dict[Literal["new"], list[UploadFile]] = {}
    only_photos: Literal["", "yes"] = ""


@get(_PATH, access=WAREHOUSE)
async def show(services: Services, visitor: Visitor, return_id: UUID, unit_id: UUID) -> Response[Any]:
    """What to look for."""
    return await _page(services, visitor, return_id, unit_id, None)


@post(_PATH, access=WAREHOUSE)
async def inspect(
    request: Asked, services: Services, visitor: Visitor, return_id: UUID, unit_id: UUID
) -> Response[Any]:
    """Keep photos and show what it means for the customer; once that was agreed to, note it."""
    posted = await form(request, Posted)
    told = Findings(**{name: getattr(posted, name) for name in Findings.__struct_fields__})
    actor = visitor.actor
    try:
        await _keep(services, visitor, return_id, unit_id, posted.photos.get("new", []))
        if posted.only_photos:
            return await _page(services, visitor, return_id, unit_id, told)
        asked = _as_action(return_id, unit_id, told)
        if not told.sure:
            found = await services.db.run(actor, lambda tx: warehouse.preview(tx, actor, asked))
            return await _page(services, visitor, return_id, unit_id, told, preview=found)
        raw = msgspec.to_builtins(asked)
        await services.db.run(actor, lambda tx: actions.run(tx, services.catalogue, actor, "return.inspect", raw))
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(services, visitor, return_id, unit_id, told, refused=refused)
    return Redirect(views.return_url(return_id), status_code=303)


@get("/warehouse/photos/{photo_id:uuid}", access=WAREHOUSE)
async def photo(services: Services, visitor: Visitor, photo_id: UUID) -> Response[bytes]:
    """A photo that the warehouse took."""
    held = await services.db.run(visitor.actor, lambda tx: warehouse.photo(tx, visitor.actor, photo_id))
    return await photos.send(services, held)


async def _keep(
    services: Services, visitor: Visitor, return_id: UUID, unit_id: UUID, uploads: Sequence[UploadFile]
) -> None:
    """Photos of what was found, decoded and encoded anew."""
    if not uploads:
        return
    actor = visitor.actor
    await services.db.run(actor, lambda tx: warehouse.shown(tx, actor, return_id))
    for file in await photos.keep_all(services, visitor, uploads):
        await services.db.run(
            actor, partial(warehouse.add_photo, actor=actor, return_id=return_id, unit_id=unit_id, file=file)
        )


def _as_action(return_id: UUID, unit_id: UUID, told: Findings) -> InspectReturn:
    if told.percent and not told.percent.isdecimal():
        raise Refused("field_invalid", field="percent")
    if not told.grade:
        raise Refused("return_grade", field="grade")
    if not told.disposition:
        raise Refused("return_whither", field="disposition")
    return InspectReturn(
        return_id=return_id,
        unit_id=unit_id,
        found=Found(
            complete=told.complete == "yes",
            opened=told.opened == "yes",
            works=told.works == "yes",
            grade=Grade(told.grade),
        ),
        disposition=Disposition(told.disposition),
        acceptance=None if told.acceptance == "rule" else Acceptance(told.acceptance),
        percent=int(told.percent) if told.percent else None,
        why=Why(told.why) if told.why else None,
        note=told.note,
    )


def _as_told(of: warehouse.Shown) -> Findings:
    """What the customer says of it, to be agreed with or put right; what that does not tell is left open."""
    as_new = of.condition is Condition.UNOPENED
    opened = of.condition in {Condition.OPENED, Condition.USED, Condition.INCOMPLETE}
    return Findings(
        complete="no" if of.condition is Condition.INCOMPLETE else "yes",
        opened="yes" if opened else "no" if as_new else "",
        works="no" if of.reason is ReturnReason.DEFECTIVE else "yes",
        grade="new" if as_new else "worn" if of.condition is Condition.USED else "",
        disposition="restock" if as_new else "",
    )


async def _page(
    services: Services,
    visitor: Visitor,
    return_id: UUID,
    unit_id: UUID,
    typed: Findings | None,
    *,
    preview: Preview | None = None,
    refused: Refused | None = None,
) -> Response[Any]:
    actor, t = visitor.actor, visitor.reader.t

    async def work(tx: Tx) -> tuple[warehouse.Shown, list[UUID]]:
        return await warehouse.shown(tx, actor, return_id), list(await warehouse.photos_of(tx, actor, unit_id))

    found, taken = await services.db.run(actor, work)
    unit = next((one for one in found.units if one.id == unit_id), None)
    if unit is None:
        raise invisible()
    told = typed or _as_told(found)
    return page(
        services,
        visitor,
        "warehouse/unit.html",
        views.unit_url(return_id, unit_id),
        refused=refused,
        of=views.return_view(found, visitor.reader),
        unit=unit,
        told=told,
        given=msgspec.to_builtins(told),
        photos=taken,
        here=views.is_to_be_looked_at(unit),
        another=views.is_another(unit),
        verdict=t(f"warehouse.verdict.{preview.verdict.acceptance}", percent=preview.percent) if preview else "",
        amount=visitor.reader.money(preview.amount) if preview and preview.amount and preview.amount.amount else "",
        why=t(f"returns.why.{preview.verdict.why}") if preview and preview.verdict.why else "",
        max_bytes=services.settings.upload_limit,
        yes_no=[("yes", t("warehouse.yes")), ("no", t("warehouse.no"))],
        grades=[(one, t(f"warehouse.grade.{one}")) for one in Grade],
        dispositions=[(one, t(f"warehouse.disposition.{one}")) for one in _DISPOSITIONS],
        choices=[(one, t(f"warehouse.choice.{one}")) for one in CHOICES],
        whys=[("", t("warehouse.why.none")), *((one, t(f"returns.why.{one}")) for one in Why)],
    )
