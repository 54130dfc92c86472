"""Presents that a customer got: the code on the slip in the parcel is shown once, and they can be sent back."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.gifts.queries import gifts_of
from madoguchi.core.gifts.rules import Gift
from madoguchi.front.counter import orders
from madoguchi.front.counter.orders import OfferView, offer_view
from madoguchi.front.counter.page import page, see_other
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get, post
from madoguchi.front.ui.fields import field_views, mistakes
from madoguchi.front.ui.forms import posted
from madoguchi.front.ui.links import action_url
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, sentence
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import gifting

REDEEM, RETURN = "gift.redeem", "gift.return"


class GiftView(msgspec.Struct, frozen=True):
    """A present: what is in it, and what can be done with it."""

    number: str
    goods: Sequence[tuple[str, int]]
    offers: Sequence[OfferView]


@get("/gifts", access=KNOWN_CUSTOMERS)
async def gifts(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """Where a code is typed in, and the presents whose codes were."""
    return await _page(request, services, visitor, None, None)


@post("/gifts", access=KNOWN_CUSTOMERS)
async def show(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """Show a code, and go on to what is sent back."""
    given, actor = await posted(request), visitor.actor

    async def work(tx: Tx) -> Gift:
        assert actor.id
        return await gifting.redeemed(tx, actor, actor.id, str(given.get("code", "")))

    try:
        slow_down(services.limits.write, visitor.counted_as)
        gift = await services.db.run(actor, work)
    except Refused as refused:
        return await _page(request, services, visitor, given, refused)
    return see_other(action_url(RETURN, Subject(About.GIFT, gift.id)))


async def _page(
    request: Asked, services: Services, visitor: Visitor, given: Mapping[str, Any] | None, refused: Refused | None
) -> Response[str]:
    found = await services.db.run(visitor.actor, lambda tx: _load(tx, services, visitor))
    fields = field_views(REDEEM, [gifting.CODE], visitor.reader, given, refused=refused)
    wrong = mistakes(fields, visitor.reader)
    alternatives: Sequence[str] = refused.parameters.get("alternatives", ()) if refused else ()
    return page(
        request,
        services,
        visitor,
        "gifts.html",
        refused=refused,
        fields=fields,
        wrong=wrong,
        problem=sentence(refused, visitor) if refused and not wrong else "",
        ways=orders.ways(alternatives, visitor.reader),
        gifts=found,
        client_id=ids.uuid7(),
    )


async def _load(tx: Tx, services: Services, visitor: Visitor) -> list[GiftView]:
    actor = visitor.actor
    assert actor.id
    return [await _view(tx, services, visitor, one) for one in await gifts_of(tx, actor, actor.id)]


async def _view(tx: Tx, services: Services, visitor: Visitor, gift: Gift) -> GiftView:
    goods = await gifting.shown(tx, gift)
    offers = await actions.offers(tx, services.catalogue, visitor.actor, Subject(About.GIFT, gift.id))
    shown = [offer_view(offer, visitor.reader) for offer in offers]
    return GiftView(gift.number, list(goods.lines.values()), shown)
