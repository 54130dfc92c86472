"""An action of the catalogue as a page: what it asks for, then the slip to confirm. The same for every action."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.di import Provide

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.fields import lead as lead_of
from madoguchi.core.actions.rules import DocumentCard, Effect, Refusal, TextCard
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import find_quote
from madoguchi.core.shop.queries import access_order
from madoguchi.front.counter import first, orders, views
from madoguchi.front.counter.first import Known
from madoguchi.front.counter.page import page, see_other
from madoguchi.front.ui import documents, photos
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get, post
from madoguchi.front.ui.cards import OrderView
from madoguchi.front.ui.fields import field_views, filled_in_again, mistakes, told
from madoguchi.front.ui.forms import posted
from madoguchi.front.ui.links import thing_url
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, sentence
from madoguchi.front.ui.replies import raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible

PATHS = [
    "/orders/{order_id:uuid}/actions/{name:str}",
    "/orders/{order_id:uuid}/parcels/{parcel:str}/actions/{name:str}",
    "/subscriptions/{subscription:str}/actions/{name:str}",
    "/returns/{return_id:uuid}/actions/{name:str}",
    "/gifts/{gift_id:uuid}/actions/{name:str}",
    "/me/actions/{name:str}",
]


class Form(msgspec.Struct, frozen=True):
    """What an action asks for, or why it cannot be; `order` is the one it is about."""

    fields: tuple[Field, ...]
    why_not: Refusal | None
    order: OrderView | None


class Wanted(msgspec.Struct, frozen=True):
    """What a path asks for: the action, and the thing that it is done with."""

    action: Action
    subject: Subject


def _wanted(
    services: Services,
    visitor: Visitor,
    name: str,
    order_id: UUID | None = None,
    parcel: str = "",
    subscription: str = "",
    return_id: UUID | None = None,
    gift_id: UUID | None = None,
) -> Wanted:
    """Invisible where the action is not about such things."""
    action = actions.find(services.catalogue, visitor.actor, name)
    if return_id:
        subject = Subject(About.RETURN, return_id)
    elif gift_id:
        subject = Subject(About.GIFT, gift_id)
    elif order_id:
        subject = Subject(About.PARCEL if parcel else About.ORDER, order_id, parcel)
    else:
        assert visitor.actor.id
        subject = Subject(About.SUBSCRIPTION if subscription else About.CUSTOMER, visitor.actor.id, subscription)
    if action.about is not subject.about or action.offer is None:
        raise invisible()
    return Wanted(action, subject)


WANTED = {"wanted": Provide(_wanted, sync_to_thread=False)}


@get(PATHS, access=KNOWN_CUSTOMERS, dependencies=WANTED)
async def fill_in(
    request: Asked,
    services: Services,
    visitor: Visitor,
    wanted: Wanted,
    quote: UUID | None = None,
) -> Response[str]:
    """The form: with its defaults, or with what was filled in for a quote.

    With `chat` in the query, that chat is told how it ends.
    """
    actor, action, subject = visitor.actor, wanted.action, wanted.subject
    if action.effect is Effect.READ and action.form is None:
        return await _look(request, services, visitor, action, subject)
    held = await services.db.run(actor, lambda tx: find_quote(tx, actor, quote)) if quote else None
    return await _page(request, services, visitor, action, subject, held.arguments if held else None, None)


@post(PATHS, access=KNOWN_CUSTOMERS, dependencies=WANTED)
async def ask(
    request: Asked,
    services: Services,
    visitor: Visitor,
    wanted: Wanted,
    chat: UUID | None = None,
) -> Response[str]:
    """Do it where it does no harm; else quote it, and the slip to confirm is the next page."""
    actor, action, subject = visitor.actor, wanted.action, wanted.subject
    given = await posted(request)

    async def work(tx: Tx) -> str | list[str]:
        raw = subject.arguments | await told(tx, actor, action, subject, given)
        if action.effect is Effect.CHANGE:
            return f"/quotes/{(await requests.quote(tx, services.catalogue, actor, action.name, raw, case_id=chat)).id}"
        card = await actions.run(tx, services.catalogue, actor, action.name, raw)
        if isinstance(card, DocumentCard):
            return documents.page_url(card)
        if isinstance(card, TextCard) and card.case_id:
            return f"/chat/{card.case_id}"
        return [line.to(visitor.reader) for line in card.lines] if isinstance(card, TextCard) else []

    try:
        slow_down(services.limits.write, visitor.counted_as)
        if known := await first.told(request, services, visitor, action, subject, given):
            return known
        await photos.take(services, visitor, given)
        made = await services.db.run(actor, work)
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(request, services, visitor, action, subject, given, refused)
    if isinstance(made, str):
        return see_other(made)
    return page(
        request,
        services,
        visitor,
        "action_done.html",
        title=visitor.reader.t(f"actions.{action.name}.name"),
        lines=made,
        back=thing_url(subject),
    )


async def _look(
    request: Asked, services: Services, visitor: Visitor, action: Action, subject: Subject
) -> Response[str]:
    """What a look-up tells, at once; why not where it cannot be looked up."""

    async def work(tx: Tx) -> Known:
        card = await actions.run(tx, services.catalogue, visitor.actor, action.name, subject.arguments)
        return await first.known(tx, services, visitor, subject, card)

    try:
        known = await services.db.run(visitor.actor, work)
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(request, services, visitor, action, subject, None, refused)
    title = visitor.reader.t(f"actions.{action.name}.name")
    return page(request, services, visitor, "action_looked.html", title=title, known=known, back=thing_url(subject))


async def _page(
    request: Asked,
    services: Services,
    visitor: Visitor,
    action: Action,
    subject: Subject,
    values: Mapping[str, Any] | None,
    refused: Refused | None,
) -> Response[str]:
    reader, actor = visitor.reader, visitor.actor
    found = await services.db.run(actor, lambda tx: _load(tx, services, visitor, action, subject, values or {}))
    if refused and values:
        values = filled_in_again(found.fields, values)
    more = refused.parameters["field"] if refused and refused.code == "field_choose" else ""
    refused = None if more else refused
    shown = field_views(action.name, found.fields, reader, values, refused=refused, judged=not more)
    wrong = mistakes(shown, visitor.reader)
    at_field = refused is not None and "field" in refused.parameters
    alternatives: Sequence[str] = refused.parameters.get("alternatives", ()) if refused else ()
    return page(
        request,
        services,
        visitor,
        "action.html",
        refused=refused,
        title=reader.t(f"actions.{action.name}.name"),
        lead=lead_of(action.name, reader),
        fields=shown,
        wrong=wrong,
        problem=sentence(refused, visitor) if refused and not (at_field and wrong) else "",
        more=next((view for view in shown if view.name == more), None),
        why_not=reader.t(f"errors.{found.why_not.code}", **found.why_not.parameters) if found.why_not else "",
        ways=orders.ways(found.why_not.alternatives if found.why_not else alternatives, reader),
        order=found.order,
        changes=action.effect is Effect.CHANGE,
        asks_first=action.first is not None and not values,
        form_url=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
        back=thing_url(subject),
        client_id=ids.uuid7(),
    )


async def _load(
    tx: Tx, services: Services, visitor: Visitor, action: Action, subject: Subject, given: Mapping[str, Any]
) -> Form:
    actor, order = visitor.actor, None
    if subject.about in {About.ORDER, About.PARCEL}:
        (order,) = await views.order_views(tx, [await access_order(tx, actor, subject.id)], visitor.reader)
    return Form(
        fields=await first.fields(tx, services, visitor, action, subject, given),
        why_not=await action.offer(tx, actor, subject) if action.offer else None,
        order=order,
    )
