"""What comes back, what is given back for it, and what is claimed on the guarantee: where each is."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Response

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Said
from madoguchi.core.ledger.intents.queries import intents_of
from madoguchi.core.ledger.intents.rules import Intent
from madoguchi.core.people.queries import store
from madoguchi.front.api import paging
from madoguchi.front.api.offered import offered
from madoguchi.front.api.routes import KNOWN, Asked, Operation, answer, get, query
from madoguchi.front.api.structs import (
    GuaranteeClaim,
    OfferedAction,
    Page,
    Paging,
    Refund,
    Return,
    ReturnParcel,
    ReturnUnit,
)
from madoguchi.front.ui import told
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.guarantee import queries as guarantee
from madoguchi.service.guarantee import reading as claims
from madoguchi.service.guarantee.rules import Claim
from madoguchi.service.refunds.words import sentences, shows_on
from madoguchi.service.returns import queries, reading

_RETURNS, _REFUNDS, _GUARANTEE = "Returns", "Refunds", "Guarantee"


@get("/returns", Operation(tag=_RETURNS, query=Paging, gives=Page[Return]), KNOWN)
async def returns(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """What the customer sends back or has sent back, newest first."""
    wish, actor = query(request, Paging), visitor.actor
    before = paging.read(wish.after, UUID)

    async def work(tx: Tx) -> Page[Return]:
        assert actor.id
        rows = await queries.returns_of(tx, actor, actor.id, wish.limit + 1, before=before)
        found = {row.id: await _return(tx, actor, row, visitor.reader) for row in rows[: wish.limit]}
        return paging.page(rows, wish.limit, lambda row: found[row.id], lambda row: row.id)

    return answer(await services.db.run(actor, work))


@get("/returns/{return_id:uuid}", Operation(tag=_RETURNS, gives=Return, refuses=("not_found",)), KNOWN)
async def one_return(services: Services, visitor: Visitor, return_id: UUID) -> Response[bytes]:
    """One return. The id is that of the request that opened it; `/returns/{return_id}/pdf` is its slip."""
    actor = visitor.actor

    async def work(tx: Tx) -> Return:
        return await _return(tx, actor, await queries.access_return(tx, actor, return_id), visitor.reader)

    return answer(await services.db.run(actor, work))


@get(
    "/returns/{return_id:uuid}/actions",
    Operation(tag=_RETURNS, gives=list[OfferedAction], refuses=("not_found",)),
    KNOWN,
)
async def offers(services: Services, visitor: Visitor, return_id: UUID) -> Response[bytes]:
    """What can be done about a return now, with the fields to fill in, and why not otherwise."""
    actor = visitor.actor

    async def work(tx: Tx) -> list[OfferedAction]:
        of = await queries.access_return(tx, actor, return_id)
        subject = Subject(About.RETURN, of.id, str(of.id))
        return await offered(tx, services.catalogue, actor, [subject], visitor.reader)

    return answer(await services.db.run(actor, work))


@get("/refunds", Operation(tag=_REFUNDS, gives=list[Refund]), KNOWN)
async def refunds(services: Services, visitor: Visitor) -> Response[bytes]:
    """The customer's last twenty refunds, newest first: how far each is, and until which day it should show."""
    actor = visitor.actor

    async def work(tx: Tx) -> list[Refund]:
        assert actor.id
        return [await _refund(tx, one, visitor.reader) for one in await intents_of(tx, actor, actor.id)]

    return answer(await services.db.run(actor, work))


@get("/guarantee-claims", Operation(tag=_GUARANTEE, gives=list[GuaranteeClaim]), KNOWN)
async def guarantee_claims(services: Services, visitor: Visitor) -> Response[bytes]:
    """The customer's last ten claims on the guarantee, newest first."""
    actor = visitor.actor
    found = await services.db.run(actor, lambda tx: guarantee.claims_of(tx, actor))
    return answer([_claim(one, visitor.reader) for one in found])


async def _return(tx: Tx, actor: Actor, of: queries.Return, reader: Reader) -> Return:
    units = await queries.units_of(tx, of.id)
    parcels = await queries.parcels_of(tx, of.id)
    return Return(
        id=of.id,
        number=of.number,
        order=of.told_order,
        order_number=of.called,
        state=of.state,
        wish=of.wish,
        reason=of.reason,
        method=of.method,
        send_until=of.send_until,
        opened_at=of.made_at,
        units=tuple(
            ReturnUnit(
                line=unit.line_ref,
                name=unit.name,
                reception=unit.reception,
                acceptance=unit.acceptance,
                percent=unit.given,
                settled_at=unit.settled_at,
            )
            for unit in units
        ),
        parcels=tuple(ReturnParcel(one.carrier, one.number, one.state, one.scanned_at) for one in parcels),
        text=_words(await reading.sentences(tx, of), reader),
    )


async def _refund(tx: Tx, of: Intent, reader: Reader) -> Refund:
    shop = await store(tx, of.store_id)
    return Refund(
        id=of.id,
        number=of.number,
        order=None if of.gift_id else of.order_id,
        request=of.request_id,
        amount=told.money_of(of.amount),
        destination=of.destination,
        state=of.state,
        shows_by=shows_on(of, tx.now, shop.time_zone, shop.country),
        text=_words(sentences(of, tx.now, shop.time_zone, shop.country), reader),
    )


def _claim(of: Claim, reader: Reader) -> GuaranteeClaim:
    return GuaranteeClaim(
        id=of.id,
        number=of.number,
        order=of.order_id,
        ground=of.ground,
        units=of.units,
        amount=told.money_of(of.amount),
        state=of.state,
        due_at=of.decide_by or of.due_at,
        appeal_until=of.appeal_until,
        opened_at=of.made_at,
        text=_words(claims.sentences(of), reader),
    )


def _words(lines: Sequence[Said], reader: Reader) -> tuple[str, ...]:
    return tuple(line.to(reader) for line in lines)


ROUTES = [returns, one_return, offers, refunds, guarantee_claims]
