"""Claims on the guarantee against one's own orders: until when an answer is due, the answer, how it ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile

from madoguchi.core.photos.queries import AT_ONCE
from madoguchi.core.threads.rules import Standing
from madoguchi.front.seller.views import Deadline, Row, deadline, thread_url
from madoguchi.front.ui import photos
from madoguchi.front.ui.access import SELLERS, get, post
from madoguchi.front.ui.forms import NEW, form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import done, raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import Reader
from madoguchi.service.guarantee import queries
from madoguchi.service.guarantee.answering import answer
from madoguchi.service.guarantee.queries import Goods, SellerClaim
from madoguchi.service.guarantee.rules import NOTE_LIMIT, SellerAnswer, State

HERE = "/seller/claims"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the seller says: the money goes back, or why not; with photos, as they were sent."""

    answer: SellerAnswer
    words: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    photos: dict[str, list[UploadFile]] = {}


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """A claim in the seller's words: `goods` it is about, `thread` where it was talked of before; `told` is what the
    customer says, `answered` what the seller said.

    `photos` and `shown` are the addresses of what either side shows.
    """

    url: str
    title: str
    standing: Deadline
    facts: Sequence[tuple[str, str]]
    goods: Sequence[str]
    thread: str
    told: str
    photos: Sequence[str]
    answered: str
    shown: Sequence[str]
    waits: bool
    limit: int = NOTE_LIMIT
    most_photos: int = AT_ONCE


@get(HERE, access=SELLERS)
async def show_claims(services: Services, visitor: Visitor) -> Response[Any]:
    """What is to be answered by its deadline, then the rest, the newest first."""
    return await _list(services, visitor)


@get("/seller/panels/claims", access=SELLERS, by_itself=True)
async def claims_again(services: Services, visitor: Visitor) -> Response[Any]:
    """The same, read again when something is new."""
    return await _list(services, visitor)


async def _list(services: Services, visitor: Visitor) -> Response[Any]:
    async def work(tx: Tx) -> list[Row]:
        found = await queries.claims_of_seller(tx, visitor.actor)
        return [_row(claim, tx.now, visitor.reader) for claim in found]

    rows = await services.db.run(visitor.actor, work)
    return page(services, visitor, "seller/claims.html", HERE, rows=rows)


@get(HERE + "/{claim_id:uuid}", access=SELLERS)
async def show_claim(services: Services, visitor: Visitor, claim_id: UUID) -> Response[Any]:
    """One claim."""
    return await _page(services, visitor, claim_id)


@post(HERE + "/{claim_id:uuid}/answers", access=SELLERS)
async def answer_claim(request: Asked, services: Services, visitor: Visitor, claim_id: UUID) -> Response[Any]:
    """Agree or refuse, once and before the deadline."""
    said = await form(request, Words)
    try:
        slow_down(services.limits.write, visitor.counted_as)
        await services.db.run(visitor.actor, lambda tx: queries.claim_for_seller(tx, visitor.actor, claim_id))
        sent = await photos.keep_all(services, visitor, said.photos.get(NEW, []))
        await services.db.run(
            visitor.actor, lambda tx: answer(tx, visitor.actor, claim_id, said.answer, said.words, sent)
        )
    except Refused as refused:
        raise_unshown(request, refused)
        return await _page(services, visitor, claim_id, refused=refused, given=said)
    return done(request, _url(claim_id))


@get(HERE + "/{claim_id:uuid}/photos/{photo_id:uuid}", access=SELLERS)
async def claim_photo(services: Services, visitor: Visitor, claim_id: UUID, photo_id: UUID) -> Response[bytes]:
    """A photo of a claim: what the customer chose to show, and the seller's own."""
    actor = visitor.actor
    held = await services.db.run(actor, lambda tx: queries.photo_for_seller(tx, actor, claim_id, photo_id))
    return await photos.send(services, held)


async def _page(
    services: Services,
    visitor: Visitor,
    claim_id: UUID,
    *,
    refused: Refused | None = None,
    given: Words | None = None,
) -> Response[Any]:
    async def work(tx: Tx) -> ClaimView:
        claim = await queries.seller_claim(tx, visitor.actor, claim_id)
        return _view(claim, await queries.goods(tx, claim), tx.now, visitor.reader)

    found = await services.db.run(visitor.actor, work)
    return page(services, visitor, "seller/claim.html", found.url, refused=refused, claim=found, given=given)


def _url(claim_id: UUID) -> str:
    return f"{HERE}/{claim_id}"


def _standing(claim: SellerClaim, now: datetime, reader: Reader) -> Deadline:
    if claim.state is State.WAITING_SELLER and claim.due_at:
        return deadline(Standing.OVERDUE if claim.due_at <= now else Standing.WAITING, claim.due_at, now, reader)
    tone = "wrong" if claim.counts else "waiting" if claim.state in {State.UNDER_REVIEW, State.APPEALED} else "plain"
    return Deadline(reader.t(f"seller.claim.state.{claim.state}"), tone)


def _row(claim: SellerClaim, now: datetime, reader: Reader) -> Row:
    standing = _standing(claim, now, reader)
    waits = claim.state is State.WAITING_SELLER
    return Row(
        url=_url(claim.id),
        title=reader.t(f"guarantee.ground.{claim.ground}"),
        text=f"{reader.t('seller.about.order', order=claim.order_ref)} {reader.money(claim.amount)}",
        meta=standing.words if waits else reader.date(claim.made_at),
        state=reader.t(f"seller.claim.state.{claim.state}"),
        tone=standing.tone,
    )


def _view(claim: SellerClaim, goods: Goods, now: datetime, reader: Reader) -> ClaimView:
    facts = [
        (reader.t("seller.claim.number"), claim.number),
        (reader.t("ui.order.number"), claim.order_ref),
        (reader.t(f"seller.claim.amount.{'shipping' if goods.with_shipping else 'goods'}"), reader.money(claim.amount)),
        (reader.t("seller.claim.made"), reader.datetime(claim.made_at)),
    ]
    if claim.counts is not None:
        counts = "yes" if claim.counts else "no"
        facts.append((reader.t("seller.claim.counts"), reader.t(f"seller.claim.counts.{counts}")))
    return ClaimView(
        url=_url(claim.id),
        title=reader.t(f"guarantee.ground.{claim.ground}"),
        standing=_standing(claim, now, reader),
        facts=facts,
        goods=[reader.t("claims.goods", name=name, n=units) for name, units in goods.lines],
        thread=thread_url(goods.case_id) if goods.case_id else "",
        told=claim.told,
        photos=_photos(claim, claim.photos),
        shown=_photos(claim, claim.seller_photos),
        answered=_answered(claim, reader),
        waits=claim.state is State.WAITING_SELLER,
    )


def _photos(claim: SellerClaim, ids: Sequence[UUID]) -> list[str]:
    return [f"{_url(claim.id)}/photos/{one}" for one in ids]


def _answered(claim: SellerClaim, reader: Reader) -> str:
    if claim.answer is None:
        return ""
    return "\n".join(filter(None, [reader.t(f"seller.claim.answer.{claim.answer}"), claim.seller_told]))
