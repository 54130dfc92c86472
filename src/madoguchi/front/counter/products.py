"""A question about a product of a marketplace seller, before it is bought: where shops' product pages lead."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import About, Field, Subject
from madoguchi.core.actions.rules import TextCard
from madoguchi.front.counter.page import page, see_other
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get, post
from madoguchi.front.ui.fields import field_views, filled_in, mistakes
from madoguchi.front.ui.forms import posted
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, sentence
from madoguchi.front.ui.replies import raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.sellers.asking import sold

ASK = "product.ask"
FACTS = "product.facts"
PATH = "/products/{product:str}/question"


class Shown(msgspec.Struct, frozen=True):
    """The product, who sells it, what is known of it, and what is asked for."""

    product: str
    seller: str
    known: Sequence[str]
    fields: tuple[Field, ...]


@get(PATH, access=KNOWN_CUSTOMERS)
async def show(request: Asked, services: Services, visitor: Visitor, product: str) -> Response[str]:
    """The form."""
    return await _page(request, services, visitor, product, None, None)


@post(PATH, access=KNOWN_CUSTOMERS)
async def ask(request: Asked, services: Services, visitor: Visitor, product: str) -> Response[str]:
    """Ask, and go on in the conversation with the seller."""
    actor = visitor.actor
    action, subject = _action(services, visitor)
    given = await posted(request)

    async def work(tx: Tx) -> str:
        values = filled_in(await actions.fields(tx, actor, action, subject), given)
        raw = subject.arguments | {"product": product} | values
        card = await actions.run(tx, services.catalogue, actor, ASK, raw)
        assert isinstance(card, TextCard)
        return f"/chat/{card.case_id}"

    try:
        slow_down(services.limits.write, visitor.counted_as)
        return see_other(await services.db.run(actor, work))
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(request, services, visitor, product, given, refused)


def _action(services: Services, visitor: Visitor) -> tuple[Action, Subject]:
    assert visitor.actor.id
    return actions.find(services.catalogue, visitor.actor, ASK), Subject(About.CUSTOMER, visitor.actor.id)


async def _page(
    request: Asked,
    services: Services,
    visitor: Visitor,
    product: str,
    values: Mapping[str, Any] | None,
    refused: Refused | None,
) -> Response[str]:
    action, subject = _action(services, visitor)

    async def work(tx: Tx) -> Shown:
        of, seller = await sold(tx, visitor.store_id, product)
        raw = subject.arguments | {"product": of.ref}
        card = await actions.run(tx, services.catalogue, visitor.actor, FACTS, raw)
        known = [line.to(visitor.reader) for line in card.lines] if isinstance(card, TextCard) else []
        return Shown(of.name, seller.name, known, await actions.fields(tx, visitor.actor, action, subject))

    found = await services.db.run(visitor.actor, work)
    shown = field_views(ASK, found.fields, visitor.reader, values)
    wrong = mistakes(shown, visitor.reader)
    return page(
        request,
        services,
        visitor,
        "product.html",
        refused=refused,
        title=visitor.reader.t(f"actions.{ASK}.name"),
        product=found.product,
        seller=found.seller,
        known=found.known,
        fields=shown,
        wrong=wrong,
        problem=sentence(refused, visitor) if refused and not wrong else "",
    )
