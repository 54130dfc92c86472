"""Presents that the customer got, and what can be done with each."""

from uuid import UUID

from litestar import Response

from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.gifts.queries import access_gift, gifts_of
from madoguchi.front.api.offered import offered
from madoguchi.front.api.routes import KNOWN, Asked, Operation, answer, body, get, post
from madoguchi.front.api.structs import Gift, GiftGoods, NewGift, OfferedAction
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.service.returns import gifting

_TAG = "Gifts"


@post(
    "/gifts",
    Operation(
        tag=_TAG,
        takes=NewGift,
        gives=Gift,
        status=201,
        refuses=("gift_code_unknown", "gift_tries", "gift_own", "gift_taken", "too_fast"),
    ),
    KNOWN,
)
async def show_code(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """Show the code from the slip in the parcel of a present; the same code again gives the same gift.

    From then on `gift.return` can be quoted for it.
    """
    wish = await body(request, NewGift)
    slow_down(services.limits.write, visitor.counted_as)
    actor = visitor.actor

    async def work(tx: Tx) -> Gift:
        assert actor.id
        return _told(await gifting.shown(tx, await gifting.redeemed(tx, actor, actor.id, wish.code)))

    return answer(await services.db.run(actor, work), 201)


@get("/gifts", Operation(tag=_TAG, gives=list[Gift]), KNOWN)
async def show_all(services: Services, visitor: Visitor) -> Response[bytes]:
    """The presents whose codes the customer has shown, the last first."""
    actor = visitor.actor

    async def work(tx: Tx) -> list[Gift]:
        assert actor.id
        return [_told(await gifting.shown(tx, one)) for one in await gifts_of(tx, actor, actor.id)]

    return answer(await services.db.run(actor, work))


@get("/gifts/{gift_id:uuid}/actions", Operation(tag=_TAG, gives=list[OfferedAction], refuses=("not_found",)), KNOWN)
async def offers(services: Services, visitor: Visitor, gift_id: UUID) -> Response[bytes]:
    """What can be done with a present now, with the fields to fill in, and why not otherwise."""
    actor = visitor.actor

    async def work(tx: Tx) -> list[OfferedAction]:
        gift = await access_gift(tx, actor, gift_id)
        return await offered(tx, services.catalogue, actor, [Subject(About.GIFT, gift.id)], visitor.reader)

    return answer(await services.db.run(actor, work))


def _told(of: gifting.Goods) -> Gift:
    goods = tuple(GiftGoods(ref, name, units) for ref, (name, units) in of.lines.items())
    return Gift(id=of.gift.id, number=of.gift.number, goods=goods, shown_at=of.gift.redeemed_at)


ROUTES = [show_code, show_all, offers]
