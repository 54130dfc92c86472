"""What is known before an action is done, as a page between its first questions and the rest of its form."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import Field, Subject
from madoguchi.core.actions.rules import Card, TextCard
from madoguchi.core.actions.verbs import Offer
from madoguchi.front.counter.page import page
from madoguchi.front.ui.fields import FieldView, field_views, filled_in, filled_in_again
from madoguchi.front.ui.links import action_url, thing_url
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was told, what may help (label, url), and what is still asked for; `given` was filled in before."""

    lines: Sequence[str] = ()
    ways: Sequence[tuple[str, str]] = ()
    given: Mapping[str, Any] = {}
    fields: Sequence[FieldView] = ()


async def fields(
    tx: Tx, services: Services, visitor: Visitor, action: Action, subject: Subject, posted: Mapping[str, Any]
) -> tuple[Field, ...]:
    """What a page asks for: the questions by which it is looked up what is known, or, once more was filled in, all."""
    before = await _first(tx, services, visitor, action, subject, posted)
    if before is not None:
        return before
    every = await actions.fields(tx, visitor.actor, action, subject)
    given = {name: value for name, value in filled_in_again(every, posted).items() if name in posted}
    return await actions.fields(tx, visitor.actor, action, subject, given)


async def told(
    request: Asked, services: Services, visitor: Visitor, action: Action, subject: Subject, posted: Mapping[str, Any]
) -> Response[str] | None:
    """The page for a form that holds no more than its first questions; None for a whole one.

    Refused: as reading.read for what the look-up asks for.
    """
    found = await services.db.run(visitor.actor, lambda tx: _known(tx, services, visitor, action, subject, posted))
    if found is None:
        return None
    title = visitor.reader.t(f"actions.{action.name}.name")
    url = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return page(
        request, services, visitor, "action_first.html", title=title, known=found, form_url=url, back=thing_url(subject)
    )


async def _known(
    tx: Tx, services: Services, visitor: Visitor, action: Action, subject: Subject, posted: Mapping[str, Any]
) -> Known | None:
    before = await _first(tx, services, visitor, action, subject, posted)
    if before is None:
        return None
    given, card = await actions.beforehand(
        tx, services.catalogue, visitor.actor, action, subject, filled_in(before, posted)
    )
    rest = [field for field in await actions.fields(tx, visitor.actor, action, subject) if field.name not in given]
    found = await known(tx, services, visitor, subject, card)
    return msgspec.structs.replace(found, given=given, fields=field_views(action.name, rest, visitor.reader))


async def known(tx: Tx, services: Services, visitor: Visitor, subject: Subject, card: Card | None) -> Known:
    """What a look-up tells about a thing, and what it says may help."""
    if not isinstance(card, TextCard):
        return Known()
    offers = await actions.offers(tx, services.catalogue, visitor.actor, subject) if card.ways else ()
    return Known(lines=[line.to(visitor.reader) for line in card.lines], ways=_ways(offers, card.ways, visitor))


async def _first(
    tx: Tx, services: Services, visitor: Visitor, action: Action, subject: Subject, posted: Mapping[str, Any]
) -> tuple[Field, ...] | None:
    """The first questions, as long as nothing else was filled in."""
    look = services.catalogue.actions.get(action.first or "")
    found = await actions.fields(tx, visitor.actor, look, subject) if look else ()
    return found if look and posted.keys() <= {field.name for field in found} else None


def _ways(offers: Sequence[Offer], names: Sequence[str], visitor: Visitor) -> list[tuple[str, str]]:
    """Those of the named actions that are possible, the likeliest first."""
    possible = {offer.action: offer.subject for offer in offers if offer.refusal is None}
    return [
        (visitor.reader.t(f"actions.{name}.name"), action_url(name, possible[name]))
        for name in names
        if name in possible
    ]
