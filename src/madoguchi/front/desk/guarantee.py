"""Claims on the guarantee that people decide: what either side says, and a decision that somebody else agrees to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Refusal
from madoguchi.core.people.queries import access_customer
from madoguchi.core.people.sellers.queries import seller
from madoguchi.core.people.staff.queries import staff_names
from madoguchi.core.requests import verbs as requests
from madoguchi.core.requests.queries import RequestState, open_request_on
from madoguchi.front.desk.board import case_url
from madoguchi.front.desk.waiting import HERE as APPROVALS
from madoguchi.front.ui.access import STAFF_ONLY, get, post
from madoguchi.front.ui.fields import FieldView, field_views, filled_in
from madoguchi.front.ui.forms import posted
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import done, raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.guarantee import queries
from madoguchi.service.guarantee.queries import Goods
from madoguchi.service.guarantee.reading import sentences
from madoguchi.service.guarantee.rules import Claim, Side

HERE = "/desk/guarantee"
DECIDE = "guarantee.decide"
_SIDES = {Side.CUSTOMER: "guarantee.fact.customer", Side.SELLER: "guarantee.fact.seller"}


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """A claim to decide on: the goods, what either side says and shows, and the form, or why it cannot be decided now.

    `thread`: where both sides talked of it. `approvals`: where what was decided waits for somebody to agree.
    """

    id: UUID
    title: str
    due: str
    overdue: bool
    lines: Sequence[str]
    goods: Sequence[str]
    thread: str
    sides: Sequence[tuple[str, str, Sequence[str]]]
    fields: Sequence[FieldView]
    why_not: str
    approvals: str
    url: str


@get(HERE, access=STAFF_ONLY)
async def show(services: Services, visitor: Visitor) -> Response[Any]:
    """All of them, the most urgent first."""
    return await _page(services, visitor)


@post(HERE + "/{order_id:uuid}/decision", access=STAFF_ONLY)
async def decide(request: Asked, services: Services, visitor: Visitor, order_id: UUID) -> Response[Any]:
    """Decide on one, which somebody else has to agree to."""
    actor, catalogue = visitor.actor, services.catalogue
    subject, given = Subject(About.ORDER, order_id), await posted(request)

    async def work(tx: Tx) -> None:
        asked = await actions.fields(tx, actor, catalogue.actions[DECIDE], subject)
        quote = await requests.quote(tx, catalogue, actor, DECIDE, subject.arguments | filled_in(asked, given))
        token = requests.confirmation_token(services.signer, actor, quote, tx.now)
        await requests.confirm(tx, catalogue, services.signer, actor, quote.id, token)

    try:
        await services.db.run(actor, work)
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(services, visitor, refused, order_id, given)
    return done(request, HERE)


async def _page(
    services: Services,
    visitor: Visitor,
    refused: Refused | None = None,
    about: UUID | None = None,
    given: dict[str, Any] | None = None,
) -> Response[Any]:
    async def work(tx: Tx) -> list[ClaimView]:
        found = await queries.to_decide(tx, visitor.actor)
        return [await _view(tx, services, visitor, one, given if one.order_id == about else None) for one in found]

    claims = await services.db.run(visitor.actor, work)
    return page(services, visitor, "desk/guarantee.html", HERE, refused=refused, claims=claims)


async def _view(tx: Tx, services: Services, visitor: Visitor, of: Claim, given: dict[str, Any] | None) -> ClaimView:
    actor, reader, action = visitor.actor, visitor.reader, services.catalogue.actions[DECIDE]
    subject = Subject(About.ORDER, of.order_id)
    assert action.offer
    fields = await actions.fields(tx, actor, action, subject)
    values = filled_in(fields, given) if given is not None else None
    words = await queries.words_of(tx, actor, of.id)
    shown = {Side.CUSTOMER: _urls(of.photos), Side.SELLER: _urls(of.seller_photos)}
    sides = [
        (reader.t(label), words.get(side, ""), shown[side])
        for side, label in _SIDES.items()
        if side in words or shown[side]
    ]
    if of.appeal:
        sides.append((reader.t("guarantee.fact.appeal"), of.appeal, ()))
    late = of.decide_by is not None and of.decide_by <= tx.now
    goods = await queries.goods(tx, of)
    waits = await _waits(tx, visitor, of)
    names = (await access_customer(tx, actor, of.customer_id)).name, (await seller(tx, of.seller_id)).name
    return ClaimView(
        id=of.id,
        title=reader.t("desk.guarantee.who", number=of.number, customer=names[0], seller=names[1]),
        due=reader.t("desk.guarantee.overdue" if late else "desk.guarantee.due", time=of.decide_by),
        overdue=late,
        lines=[line.to(reader) for line in sentences(of) if line.key != "guarantee.status.seller"],
        goods=_goods(goods, visitor),
        thread=case_url(goods.case_id) if goods.case_id else "",
        sides=sides,
        fields=field_views(DECIDE, fields, reader, values, within=f"{of.id}-"),
        why_not=waits or _said(await action.offer(tx, actor, subject), visitor),
        approvals=APPROVALS if waits else "",
        url=f"{HERE}/{of.order_id}/decision",
    )


def _goods(goods: Goods, visitor: Visitor) -> list[str]:
    t = visitor.reader.t
    told = [t("claims.goods", name=name, n=units) for name, units in goods.lines]
    return [*told, t("desk.guarantee.returning", n=goods.returning)] if goods.returning else told


async def _waits(tx: Tx, visitor: Visitor, of: Claim) -> str:
    """For whom a decision waits that somebody asked to be agreed to; "" where there is none."""
    asked = await open_request_on(tx, of.order_id)
    if asked is None or asked.action != DECIDE or asked.state is not RequestState.NEEDS_APPROVAL:
        return ""
    names = await staff_names(tx, visitor.actor, [asked.actor_id] if asked.actor_id else [])
    by = names.get(asked.actor_id, "") if asked.actor_id else ""
    return visitor.reader.t("desk.guarantee.waits", by=by, at=asked.created_at)


def _urls(photos: Sequence[UUID]) -> Sequence[str]:
    return [f"/photos/{photo}" for photo in photos]


def _said(refusal: Refusal | None, visitor: Visitor) -> str:
    return visitor.reader.t(f"errors.{refusal.code}", **refusal.parameters) if refusal else ""
