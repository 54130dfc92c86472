"""The returns centre: what can be sent back until when, what is on its way, and who acts next."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.carried import slot_words
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.actions.rules import Parcel as SentParcel
from madoguchi.core.carriers import queries as carriers
from madoguchi.core.carriers.consignments.queries import Consigned, access_consignment
from madoguchi.core.drafts.queries import drafts_of
from madoguchi.core.ledger.intents.queries import intents_of
from madoguchi.core.ledger.intents.rules import Intent
from madoguchi.core.policy.pack import Method
from madoguchi.core.requests.queries import access_request
from madoguchi.core.shop.queries import Order, access_order, orders_of
from madoguchi.front.counter.orders import OfferView, offer_view
from madoguchi.front.counter.page import page
from madoguchi.front.counter.refunds import RefundView, refund_views
from madoguchi.front.counter.return_sending import SENDABLE, Sending, carriers_code, sending
from madoguchi.front.counter.returned import ReturnLine, next_words, now, return_line
from madoguchi.front.counter.returning import until
from madoguchi.front.ui import documents, photos
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get
from madoguchi.front.ui.cards import StepView, parcel_steps
from madoguchi.front.ui.links import RETURN, action_url
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.calendar import Day, calendar
from madoguchi.kit.codes import code128, qr
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.files import disposition
from madoguchi.kit.i18n import Reader
from madoguchi.service.returns import queries, reading
from madoguchi.service.returns.folding import comes_to_nothing
from madoguchi.service.returns.going_on import paying
from madoguchi.service.returns.possible import NOTHING_LEFT, Possible, possible
from madoguchi.service.returns.queries import Parcel, Return
from madoguchi.service.returns.rules import ENDED, Doubt, ReturnState, Wish
from madoguchi.service.returns.sending import sent_back
from madoguchi.service.returns.units.rules import Unit

_LAST = {Wish.REFUND: "refunded", Wish.REPLACEMENT: "replaced", Wish.EXCHANGE: "exchanged"}
SLIP = "return.label"  # stands above, with the code
PICK_UP = "return.pickup"
TELL = "return.sent"
ADDRESS = "return.address"
EXCHANGE = "order.exchange"
_LOOKED_AT = 20  # newest orders


class LineView(msgspec.Struct, frozen=True):
    """A line that can be sent back until a day, or why not."""

    name: str
    text: str
    possible: bool


class OrderLines(msgspec.Struct, frozen=True):
    """An order with what of it can be sent back, or had in another variant."""

    number: str
    placed: date
    url: str
    exchange_url: str
    lines: tuple[LineView, ...]


class Unfinished(msgspec.Struct, frozen=True):
    """What was filled in and not sent."""

    number: str
    url: str
    end_url: str
    changed: str


class Centre(msgspec.Struct, frozen=True):
    """All of it."""

    returns: tuple[ReturnLine, ...]
    ended: tuple[ReturnLine, ...]
    unfinished: tuple[Unfinished, ...]
    orders: tuple[OrderLines, ...]


class BackView(msgspec.Struct, frozen=True):
    """A parcel in which goods go back to the customer, and its way."""

    title: str
    steps: tuple[StepView, ...]


class ReturnView(msgspec.Struct, frozen=True, kw_only=True):
    """One return: how far it is, who acts next, what was found, its slip while something is to be sent.

    `ways` are pages that are needed for what comes next.

    `photos` show why less is given than was promised, `back` is what goes back to the customer. `booking` is a
    collection at the door that is still to be arranged, `telling` where the number of a parcel of one's own is told.
    """

    number: str
    topics: str
    order_id: UUID | None
    title: str
    next: str
    ways: tuple[tuple[str, str], ...]
    who: str
    steps: tuple[StepView, ...]
    goods: tuple[tuple[str, int], ...]
    details: tuple[str, ...]
    photos: tuple[UUID, ...]
    back: tuple[BackView, ...]
    refunds: Sequence[RefundView]
    offers: tuple[OfferView, ...]
    sending: Sending | None
    booking: OfferView | None
    telling: OfferView | None
    asking: OfferView | None


@get("/returns", access=KNOWN_CUSTOMERS)
async def returns(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """What is on its way, what was begun, and what else could come back."""

    async def work(tx: Tx) -> Centre:
        actor = visitor.actor
        assert actor.id
        found = await queries.returns_of(tx, actor, actor.id)
        begun = await drafts_of(tx, actor.id, RETURN)
        orders = await orders_of(tx, actor.id, limit=_LOOKED_AT)
        return Centre(
            returns=tuple([await return_line(tx, one, visitor.reader) for one in found if one.state not in ENDED]),
            ended=tuple([await return_line(tx, one, visitor.reader) for one in found if one.state in ENDED]),
            unfinished=tuple(
                [
                    _unfinished(await access_order(tx, actor, one.order_id), one.changed_at, visitor.reader)
                    for one in begun
                ]
            ),
            orders=tuple(
                [
                    await _order(tx, services, actor, order, lines, visitor.reader)
                    async for order, lines in _returnable(tx, actor, orders)
                ]
            ),
        )

    found = await services.db.run(visitor.actor, work)
    return page(request, services, visitor, "returns.html", found=found, client_id=ids.uuid7())


@get("/returns/{return_id:uuid}", access=KNOWN_CUSTOMERS)
async def one(request: Asked, services: Services, visitor: Visitor, return_id: UUID) -> Response[str]:
    """One return, followed from the first day to the money."""
    found = await services.db.run(visitor.actor, lambda tx: _load(tx, services, visitor, return_id))
    return page(request, services, visitor, "return.html", found=found, client_id=ids.uuid7())


@get("/returns/{return_id:uuid}/code", access=KNOWN_CUSTOMERS)
async def code(request: Asked, services: Services, visitor: Visitor, return_id: UUID) -> Response[str]:
    """The codes, large enough for a counter's reader on a phone."""

    async def work(tx: Tx) -> tuple[Return, Consigned | None]:
        found = await queries.access_return(tx, visitor.actor, return_id)
        if found.number is None or found.state not in SENDABLE:
            raise Refused("return_no_label", 409)
        return found, await access_consignment(tx, visitor.actor, return_id)

    found, carried = await services.db.run(visitor.actor, work)
    assert found.number
    return page(
        request,
        services,
        visitor,
        "return_code.html",
        carrier=carried.carrier if carried else None,
        paperless=carriers_code(carried, visitor.reader),
        number=found.number,
        square=qr(found.number),
        bars=code128(found.number),
        back=f"/returns/{return_id}",
    )


@get("/returns/{return_id:uuid}/photos/{photo_id:uuid}", access=KNOWN_CUSTOMERS)
async def photo(services: Services, visitor: Visitor, return_id: UUID, photo_id: UUID) -> Response[bytes]:
    """What the warehouse found, as it shows it."""
    held = await services.db.run(visitor.actor, lambda tx: reading.photo(tx, visitor.actor, return_id, photo_id))
    return await photos.send(services, held)


@get("/returns/{return_id:uuid}/slip", access=documents.READERS)
async def slip(
    services: Services, visitor: Visitor, return_id: UUID, lang: Literal["ja", "en", "zh", "ko"] | None = None
) -> Response[bytes]:
    """The slip that goes into the parcel, as PDF; for the desk as well."""
    return await documents.return_slip(services, visitor, return_id, lang)


@get("/returns/{return_id:uuid}/calendar", access=KNOWN_CUSTOMERS)
async def day(services: Services, visitor: Visitor, return_id: UUID) -> Response[bytes]:
    """The last day on which it can be sent, for the customer's own calendar."""
    reader = visitor.reader
    found = await services.db.run(visitor.actor, lambda tx: queries.access_return(tx, visitor.actor, return_id))
    if found.number is None or found.state not in SENDABLE:
        raise Refused("return_no_label", 409)
    url = f"{services.settings.public_url}/returns/{return_id}"
    made = Day(
        uid=f"return-{found.id}",
        day=reader.local_day(found.send_until),
        title=reader.t("counter.returns.calendar.title", number=found.number),
        text=reader.t("counter.returns.calendar.text", order=found.named.to(reader)),
        url=url,
        told_at=found.agreed_at or found.made_at,
    )
    name = f"{reader.t('counter.returns.calendar.file')}_{found.number}.ics"
    return Response(
        calendar(made, reader.t("ui.brand")),
        media_type="text/calendar",
        headers={"content-disposition": disposition(name)},
    )


# --- lists


async def _returnable(tx: Tx, actor: Actor, orders: Sequence[Order]) -> AsyncIterator[tuple[Order, Sequence[Possible]]]:
    """Orders of which something was delivered and is still the customer's."""
    for order in orders:
        if any(line.delivered for line in order.document.lines):
            lines = await possible(tx, actor, order.id)
            if any(line.until or (line.why_not and line.why_not.code != NOTHING_LEFT) for line in lines):
                yield order, lines


def _unfinished(order: Order, changed_at: datetime, reader: Reader) -> Unfinished:
    here = f"/orders/{order.id}/return"
    return Unfinished(order.store_ref, here, f"{here}-draft/end", reader.datetime(changed_at))


async def _order(
    tx: Tx, services: Services, actor: Actor, order: Order, lines: Sequence[Possible], reader: Reader
) -> OrderLines:
    subject = Subject(About.ORDER, order.id)
    offered = services.catalogue.actions[EXCHANGE].offer
    assert offered
    shown = tuple(LineView(line.name, until(line, reader), line.until is not None) for line in lines)
    url = action_url(RETURN, subject) if any(line.possible for line in shown) else ""
    other = action_url(EXCHANGE, subject) if url and await offered(tx, actor, subject) is None else ""
    return OrderLines(order.store_ref, reader.local_day(order.placed_at), url, other, shown)


# --- one return


async def _load(tx: Tx, services: Services, visitor: Visitor, return_id: UUID) -> ReturnView:
    actor, reader = visitor.actor, visitor.reader
    of = await queries.access_return(tx, actor, return_id)
    units, parcels = await queries.units_of(tx, of.id), await queries.parcels_of(tx, of.id)
    intents = [one for one in await intents_of(tx, actor, of.customer_id) if await _is_for(tx, actor, one, of)]
    offers = await actions.offers(tx, services.catalogue, actor, Subject(About.RETURN, of.id))
    names = list(dict.fromkeys(unit.name for unit in units))
    pickups = await _pickups(tx, parcels, reader) if of.state in SENDABLE else []
    way = sending(of, await access_consignment(tx, actor, of.id), reader, booked=bool(pickups))
    to_book = way is not None and of.method is Method.PICKUP and not pickups
    pickup = next((one for one in offers if to_book and one.action == PICK_UP), None)
    booking = pickup if pickup and pickup.refusal is None else None
    if way and pickup and pickup.refusal:
        why = reader.t(f"errors.{pickup.refusal.code}", **pickup.refusal.parameters)
        way = msgspec.structs.replace(way, words=why)
    asking = next((one for one in offers if one.action == ADDRESS), None)
    telling = next((one for one in offers if way and one.action == TELL and one.refusal is None), None)
    above = (booking, telling, asking)
    words = now(of, units, parcels)
    unpaid = await paying(tx, of)
    if unpaid and words == ReturnState.SETTLED:
        words = "unpaid"
    then = unpaid.steps if unpaid else ()
    return ReturnView(
        number=of.number or "",
        topics=f"{of.subject},order:{of.told_order}" if of.told_order else of.subject,
        order_id=of.told_order,
        title=reader.t(f"counter.returns.now.{words}", day=reader.local_day(of.send_until)),
        next=" ".join([*(step.to(reader) for step in then), next_words(of, units, words, reader, money=bool(intents))]),
        ways=tuple((reader.t(f"notices.link.{name}"), url) for name, url in (unpaid.ways if unpaid else ())),
        who=reader.t(f"counter.returns.who.{_who(of, words)}"),
        steps=_steps(of, units, parcels, reader, unpaid=unpaid is not None),
        goods=tuple((name, sum(unit.name == name for unit in units)) for name in names),
        details=(*[line.to(reader) for line in (await reading.sentences(tx, of))[2:] if line not in then], *pickups),
        back=tuple([_back(one.parcel, reader) for one in await sent_back(tx, actor, units) if one.parcel]),
        photos=tuple(await queries.photos_of_less(tx, of.id)),
        refunds=await refund_views(tx, intents, reader),
        offers=tuple(offer_view(one, reader) for one in offers if one.action != SLIP and one not in above),
        sending=way,
        booking=offer_view(booking, reader) if booking else None,
        telling=offer_view(telling, reader) if telling else None,
        asking=offer_view(asking, reader) if asking else None,
    )


def _back(of: SentParcel, reader: Reader) -> BackView:
    title = reader.t("counter.returns.back", carrier=of.carrier, number=of.number)
    return BackView(title, parcel_steps(of, reader))


async def _pickups(tx: Tx, parcels: Sequence[Parcel], reader: Reader) -> list[str]:
    """When what is not on its way yet is collected at the door."""
    waiting = [one for one in parcels if one.scanned_at is None]
    told = [await carriers.parcel(tx, one.carrier, one.number) for one in waiting]
    slots = [one.document.tracked.agreed.slot for one in told if one]
    return [reader.t("counter.returns.pickup", time=slot_words(s.day, s.band).to(reader)) for s in slots if s]


async def _is_for(tx: Tx, actor: Actor, intent: Intent, of: Return) -> bool:
    """Whether money was given back because of this return."""
    return (await access_request(tx, actor, intent.request_id)).subject == of.subject


def _who(of: Return, words: str) -> str:
    """Who acts next."""
    match words:
        case "address" | "unpaid" | Doubt.EXPECTED:
            return "customer"
        case "appealed" | "handed_over" | Doubt.MISSING | Doubt.WENT_BACK:
            return "shop"
        case "told":
            return "carrier"
    match of.state:
        case ReturnState.APPROVED:
            return "customer"
        case ReturnState.IN_TRANSIT:
            return "carrier"
    return "nobody" if of.state in ENDED else "shop"


def _steps(
    of: Return, units: Sequence[Unit], parcels: Sequence[Parcel], reader: Reader, *, unpaid: bool
) -> tuple[StepView, ...]:
    """The way of a return that is sent: when each station was reached, and where it is now; none where nothing is.

    While other goods are `unpaid`, they have not gone out.
    """
    if of.stage.value != "agreed" or of.state in {ReturnState.KEPT, ReturnState.CANCELLED, ReturnState.EXPIRED}:
        return ()
    ends = [unit.settled_at for unit in units if unit.settled_at]
    reached = {
        "agreed": of.agreed_at,
        "sent": min((one.scanned_at for one in parcels if one.scanned_at), default=None),
        "received": min((unit.received_at for unit in units if unit.received_at), default=None),
        "inspected": min((unit.inspected_at for unit in units if unit.inspected_at), default=None),
        _LAST[of.wish]: max(ends) if len(ends) == len(units) and not unpaid else None,
    }
    if of.state is ReturnState.LOST:  # nothing of it arrived
        reached = {name: at for name, at in reached.items() if name not in {"received", "inspected"}}
    *way, end = reached.values()
    last = len(way) - unpaid if of.state in ENDED else max((place for place, at in enumerate(way) if at), default=0)
    found = []
    for place, (name, at) in enumerate(reached.items()):
        early = place == len(way) and end  # given before the goods were here
        how = "done" if place <= last or early else "current" if place == last + 1 else "todo"
        found.append(StepView(reader.t(f"counter.returns.road.{name}"), how, reader.datetime(at) if at else "", ""))
    nothing = comes_to_nothing(units) and not any(unit.paid or unit.replaced for unit in units)
    return tuple(found[:-1] if nothing else found)
