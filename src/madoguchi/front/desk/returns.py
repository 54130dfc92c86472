"""Returns on which a leader decides: what the warehouse left open, and what customers object to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Field, Subject, words
from madoguchi.core.people.queries import access_customer
from madoguchi.core.policy.queries import grounds_of
from madoguchi.core.requests.queries import access_request
from madoguchi.core.shop.port import StoreOrder
from madoguchi.core.shop.queries import access_order
from madoguchi.front.desk.board import case_url
from madoguchi.front.ui import photos
from madoguchi.front.ui.access import LEADERS, get, post
from madoguchi.front.ui.fields import FieldView, field_views, filled_in
from madoguchi.front.ui.forms import posted
from madoguchi.front.ui.grounds import GroundsView, grounds_view, law_sentences
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import done, raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from madoguchi.service.returns import queries, reading, warehouse
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.slips import named, unit_worths
from madoguchi.service.returns.units.rules import Unit

HERE = "/desk/returns"
REVIEW, MISSING = "return.review", "return.decide_missing"


class UnitView(msgspec.Struct, frozen=True, kw_only=True):
    """A unit: what it cost and what was given for it so far, what the warehouse found wrong and noted, and which laws
    had a part in what is given for it.
    """

    name: str
    money: str
    why: str
    note: str
    laws: Sequence[str]


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A return to decide on: whose, what the customer told (`facts`) and where it was talked of (`case`), what was
    found, what it is worth, why the customer objects, and the form.

    Without `fields` nothing of it was left open; `missing` is what can be done about a parcel that nobody found.
    """

    id: UUID
    number: str
    customer: str
    facts: Sequence[tuple[str, str]]
    case: str
    appeal: str
    lines: Sequence[str]
    units: Sequence[UnitView]
    photos: Sequence[UUID]
    grounds: Sequence[GroundsView]
    fields: Sequence[FieldView]
    missing: Sequence[tuple[str, str]]
    url: str


@get(HERE, access=LEADERS)
async def show(services: Services, visitor: Visitor, decided: UUID | None = None) -> Response[Any]:
    """All of them, the longest waiting first, and of the one that was `decided` just now that it was."""
    return await _page(services, visitor, decided=decided)


@post(HERE + "/{return_id:uuid}/review", access=LEADERS)
async def review(request: Asked, services: Services, visitor: Visitor, return_id: UUID) -> Response[Any]:
    """Decide on what was left open of one."""
    return await _decide(request, services, visitor, return_id, REVIEW)


@post(HERE + "/{return_id:uuid}/missing", access=LEADERS)
async def decide_missing(request: Asked, services: Services, visitor: Visitor, return_id: UUID) -> Response[Any]:
    """Decide on a parcel that nobody found."""
    return await _decide(request, services, visitor, return_id, MISSING)


async def _decide(request: Asked, services: Services, visitor: Visitor, return_id: UUID, action: str) -> Response[Any]:
    actor, catalogue = visitor.actor, services.catalogue
    subject, given = Subject(About.RETURN, return_id), await posted(request)

    async def work(tx: Tx) -> None:
        asked = await actions.fields(tx, actor, catalogue.actions[action], subject)
        await actions.run(tx, catalogue, actor, action, subject.arguments | filled_in(asked, given))

    try:
        await services.db.run(actor, work)
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(services, visitor, refused, return_id, given)
    return done(request, f"{HERE}?decided={return_id}")


@get(HERE + "/photos/{photo_id:uuid}", access=LEADERS)
async def photo(services: Services, visitor: Visitor, photo_id: UUID) -> Response[bytes]:
    """A photo that the warehouse took of returned goods."""
    held = await services.db.run(visitor.actor, lambda tx: warehouse.photo(tx, visitor.actor, photo_id))
    return await photos.send(services, held)


async def _page(
    services: Services,
    visitor: Visitor,
    refused: Refused | None = None,
    about: UUID | None = None,
    given: dict[str, Any] | None = None,
    *,
    decided: UUID | None = None,
) -> Response[Any]:
    async def work(tx: Tx) -> tuple[list[ReviewView], str]:
        found = await queries.to_decide(tx)
        views = [await _view(tx, services, visitor, one, given if one.id == about else None) for one in found]
        just = await queries.access_return(tx, visitor.actor, decided) if decided else None
        return views, visitor.reader.t("desk.returns.decided", number=just.number) if just else ""

    reviews, told = await services.db.run(visitor.actor, work)
    return page(services, visitor, "desk/returns.html", HERE, refused=refused, reviews=reviews, told=told)


async def _view(tx: Tx, services: Services, visitor: Visitor, of: Return, given: dict[str, Any] | None) -> ReviewView:
    actor, reader = visitor.actor, visitor.reader
    fields, missing = [await _asked(tx, services, actor, one, of) for one in (REVIEW, MISSING)]
    values = filled_in(fields, given) if given is not None else None
    units = await queries.units_of(tx, of.id)
    order = (await access_order(tx, actor, of.order_id)).document
    opened = await access_request(tx, actor, of.id)
    return ReviewView(
        id=of.id,
        number=of.number or "",
        customer=(await access_customer(tx, actor, of.customer_id)).name,
        facts=_facts(of, reader),
        case=case_url(opened.case_id) if opened.case_id else "",
        appeal=of.appeal or "",
        lines=[line.to(reader) for line in await reading.sentences(tx, of)],
        units=[_unit(unit, order, reader) for unit in units],
        photos=[one for unit in units for one in await warehouse.photos_of(tx, actor, unit.id)],
        grounds=[grounds_view(one, reader) for one in await grounds_of(tx, opened.quote_id)],
        fields=field_views(REVIEW, fields, reader, values, within=f"{of.id}-"),
        missing=[(one.value, words(one.label, reader)) for field in missing for one in field.options],
        url=f"{HERE}/{of.id}",
    )


def _facts(of: Return, reader: Reader) -> list[tuple[str, str]]:
    """What the customer told, and when."""
    t = reader.t
    return [
        (t("desk.returns.order"), of.order_ref),
        (t("returns.fact.reason"), t(f"returns.reason.{of.reason}")),
        *([(t("returns.fact.condition"), t(f"returns.condition.{of.condition}"))] if of.condition else []),
        (t("desk.returns.made"), reader.datetime(of.made_at)),
        (t("desk.returns.since"), reader.datetime(of.changed_at)),
    ]


async def _asked(tx: Tx, services: Services, actor: Actor, name: str, of: Return) -> Sequence[Field]:
    """What one of the two actions asks for; nothing where there is nothing to do by it."""
    action, subject = services.catalogue.actions[name], Subject(About.RETURN, of.id)
    assert action.offer
    if await action.offer(tx, actor, subject):
        return ()
    return await actions.fields(tx, actor, action, subject)


def _unit(unit: Unit, order: StoreOrder, reader: Reader) -> UnitView:
    line = next(line for line in order.lines if line.ref == unit.line_ref)
    (usual,) = unit_worths(line, 0, 1)
    worth, paid = Money(usual if unit.worth is None else unit.worth, order.currency), Money(unit.paid, order.currency)
    return UnitView(
        name=named(line),
        money=reader.t("desk.returns.unit", worth=worth, promised=unit.promised, paid=paid),
        why=reader.t("desk.returns.late") if unit.late else reader.t(f"returns.why.{unit.why}") if unit.why else "",
        note=unit.note,
        laws=law_sentences(unit.clauses, reader),
    )
